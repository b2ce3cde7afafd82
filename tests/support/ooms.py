"""The kernel counts its kills for want of memory for the whole machine, so one test at a time makes it kill."""

import contextlib
import fcntl
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "build" / "ooms.lock"


@contextlib.contextmanager
def alone():
    """Nobody else runs out of memory meanwhile, also in the suite's other parts."""
    LOCK.parent.mkdir(exist_ok=True)
    with open(LOCK, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
