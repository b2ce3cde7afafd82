"""The programs may be built with sanitizers, or run under valgrind."""

import os


def how_to_report():
    """The environment that says how these report: that is the caller's to say, also where a test sets all others."""
    return {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS") or key == "ASMO_TEST_VALGRIND"}
