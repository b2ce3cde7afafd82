"""Fixtures of the end-to-end tests: the shipped programs against real container engines.

    ASMO_TEST_ENGINES   which engines, comma separated, or "all" (default: engines.DEFAULT)
    ASMO_TEST_REQUIRE   "all" turns every skip into a failure: for a machine that is meant to have everything
    ASMO_BIN_DIR        where the programs are (default: bin/ of the checkout)

Markers: `once`; `engine`, and `once` where there is a browser, by themselves; not_under_valgrind("why").
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "support"))

import builds  # noqa: E402 (found by the line above)
import engines  # noqa: E402
import zoo as zoo_module  # noqa: E402

# strace(1) would trace valgrind, and kill it, at calls that are its own.
TRACED = {"test_crash.py", "test_files.py"}
REQUIRE_ALL = os.environ.get("ASMO_TEST_REQUIRE") == "all"


def _chosen_engines():
    try:
        return engines.chosen()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_configure(config):
    config.addinivalue_line("markers", "engine: needs a real container engine")
    config.addinivalue_line("markers", "once: with one build of the programs is enough: it looks at others, such as a browser, or is more of what others look at")
    config.addinivalue_line("markers", "not_under_valgrind(why): measures or traces the program itself")


def pytest_collection_modifyitems(items):
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "engine" in fixtures:
            item.add_marker("engine")
        if {"chromium", "without_cairo"} & set(fixtures):
            item.add_marker("once")
        if "public_monitor" in fixtures:
            item.add_marker(pytest.mark.not_under_valgrind("other users run a copy of the program itself"))
        if item.path.name in TRACED:
            item.add_marker(pytest.mark.not_under_valgrind("it is traced"))


@pytest.fixture(scope="session", params=_chosen_engines())
def engine(request):
    """A running engines.Engine. pytest sorts the tests by it, so each engine is started once, one at a time."""
    try:
        started = engines.start(request.param)
    except engines.Unavailable as reason:
        pytest.skip("%s: %s" % (request.param, reason))
    with started:
        yield started


@pytest.fixture(scope="session")
def zoo(engine):
    """The containers of zoo.py on `engine`: name -> zoo.Animal. They are everyone's: change nothing about them."""
    return zoo_module.make(engine)


class Outcome:
    """What a program did: `.code .stdout .stderr` (both bytes), `.seconds`, and `.json`."""

    def __init__(self, command, done, seconds):
        self.command = command
        self.code = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr
        self.seconds = seconds

    @property
    def json(self):
        """The one JSON document that stdout has to be, whole, in UTF-8, without NaN and without a key given twice."""
        try:
            return json.loads(self.stdout.decode("utf-8"), parse_constant=_refuse_constant,
                              object_pairs_hook=_refuse_duplicates)
        except ValueError as error:
            raise AssertionError("stdout is not one JSON document (%s)\n%r" % (error, self)) from None

    def __repr__(self):
        return "%s\nexit %d after %.2f s\nstdout: %s\nstderr: %s" % (
            " ".join(self.command), self.code, self.seconds,
            self.stdout.decode(errors="backslashreplace"), self.stderr.decode(errors="backslashreplace"))


def _refuse_constant(name):
    raise ValueError("%s is not JSON" % name)


def _refuse_duplicates(pairs):
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError("given twice: %s" % ", ".join(sorted(twice)))
    return dict(pairs)


class Program:
    """Runs one of the programs with a config, a history and a log of the test's own.

    Call it with command line arguments; by keyword: `engine` (which one to watch; without it, what the arguments
    say), `config` (a dict, over the default one; or text, as the whole file), `env` (over an otherwise almost empty
    environment), `timeout`.
    The files are there to look at and to tamper with: `.config`, `.history`, `.log` (paths).
    """

    def __init__(self, name, folder):
        self.path = Path(os.environ.get("ASMO_BIN_DIR") or CHECKOUT / "bin").resolve() / name
        self.folder = folder
        self.config = folder / "config.json"
        self.history = folder / "data" / "health_history.json"
        self.log = folder / "logs" / "asmo.log"

    def __call__(self, *args, engine=None, config=None, env=None, timeout=300):
        if not self.path.exists():
            pytest.fail("%s is not built: run make" % self.path)
        self.history.parent.mkdir(exist_ok=True)
        self.log.parent.mkdir(exist_ok=True)
        if not isinstance(config, str):
            settings = {"server_name": "e2e", "history_file": str(self.history), "log_file": str(self.log)}
            settings.update(config or {})
            config = json.dumps(settings)
        self.config.write_text(config)
        command = [str(self.path), "-c", str(self.config)]
        if engine:
            command += ["--docker-host", "unix://" + engine.socket]
        command += [str(argument) for argument in args]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C", **builds.how_to_report(), **(env or {})}
        begin = time.monotonic()
        done = subprocess.run(command, cwd=str(self.folder), env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, check=False)
        return Outcome(command, done, time.monotonic() - begin)


@pytest.fixture
def asmo_monitor(tmp_path):
    return Program("asmo-monitor", tmp_path)


@pytest.fixture
def asmo_report(tmp_path):
    """Shares its files with the asmo_monitor of the same test."""
    return Program("asmo-report", tmp_path)


_skipped = {}


def _refuse_skip(report):
    """Where nothing may be skipped, makes it a failure."""
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = "%s\n(a skip is a failure with ASMO_TEST_REQUIRE=all)" % _reason(report)


def _reason(report):
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason[len("Skipped: "):] if reason.startswith("Skipped: ") else reason


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    _refuse_skip((yield).get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report():
    _refuse_skip((yield).get_result())


def pytest_runtest_logreport(report):
    """In the process that prints the summary, also when others run the tests."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.setdefault(_reason(report), []).append(report.nodeid)


def pytest_terminal_summary(terminalreporter):
    if _skipped:
        terminalreporter.section("NOT TESTED HERE")
        for reason, tests in _skipped.items():
            terminalreporter.write_line("%d x %s" % (len(tests), reason))
