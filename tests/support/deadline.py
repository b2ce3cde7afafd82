"""Waiting, always with an end."""

import time


class TooLate(Exception):
    """What was waited for did not come in time."""


def wait_for(what, condition, seconds, pause=0.05):
    """Calls `condition` until it gives something true, and returns that; TooLate names `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TooLate("waited %g s in vain for %s" % (seconds, what))
        time.sleep(pause)
