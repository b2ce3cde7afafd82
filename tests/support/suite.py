#!/usr/bin/env python3
"""Runs the whole suite, or the parts that are named: several at a time, as most tests wait more than they compute.

    suite.py [PART...]

Each part's last words are shown when it ends, all of its output when it fails; it stays in build/test/PART.log. A test
that fails beside others runs once more when nothing else does: a machine that was too busy for it is no fault of the
program, and is said. What the parts are made of, but the fuzzers, has to be built before: see the Makefile.
"""

import collections
import concurrent.futures
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import engines

CHECKOUT = Path(__file__).resolve().parents[2]
LOGS = CHECKOUT / "build" / "test"
AT_ONCE = (os.cpu_count() or 1) + 2
PART_SECONDS = 1800  # longer is a hang
ALONE_MOST = 60  # more failures than that have another cause than a busy machine
# A program that has given up writing elsewhere could not write what gcov counted.
UNCONFINED = [sys.executable, "tests/support/fail_call.py", "landlock_create_ruleset", "ENOSYS"]
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"]
# It complains of Landlock's system calls, which it does not know; what it finds is the exit status as well.
VALGRIND_LOG = "--log-file=%s" % (LOGS / "valgrind-%p.txt")
# A run under valgrind takes a core for a second: these go through every stage. ASan looks at all files, and so does
# `make test-valgrind-all`.
UNDER_VALGRIND = ["tests/e2e/test_" + name for name in (
    "fake_engine.py", "png.py::test_of_several_servers_the_worst_are_shown_first",
    "report.py::test_a_day_looks_as_it_did")]
# With one of the real engines run the programs that ASan looks at.
ENGINE_OF_ASAN = "docker-26.1"

# `commands` run one behind the other, all of them even when one fails; `environment` comes on top of the caller's.
Part = collections.namedtuple("Part", "commands environment", defaults=({},))


def pytest(*options, files=("tests/e2e",)):
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", *options, *files]


def without_engine(but="engine"):
    return pytest("-n", str(AT_ONCE), "--dist", "loadfile", "-m", "not (%s)" % but)


def unit_tests(mode, *before):
    names = sorted(path.stem for path in (CHECKOUT / "tests" / "unit").glob("test_*.c"))
    return [[*before, "build/%s/tests/%s" % (mode, name)] for name in names]


def fuzz_targets():
    """They are built here, while other parts wait."""
    names = sorted(path.stem[len("fuzz_"):] for path in (CHECKOUT / "tests" / "fuzz").glob("fuzz_*.c"))
    build = ["make", "--no-print-directory", "-s", "-j", "2", "MODE=fuzz", "CC=clang", "fuzzers"]
    return [build] + [["tests/fuzz/run", name, "-runs=20000"] for name in names]


def on_engine(name):
    build = {"ASMO_BIN_DIR": "build/asan"} if name == ENGINE_OF_ASAN else {}
    return Part([pytest("-m", "engine")], {"ASMO_TEST_ENGINES": name, **build})


def under_valgrind(files):
    return Part([pytest("-n", str(AT_ONCE), "-m", "not (engine or once or not_under_valgrind)", files=files)],
                {"ASMO_BIN_DIR": "tests/support/valgrind", "ASMO_TEST_VALGRIND": " ".join(VALGRIND + [VALGRIND_LOG])})


def parts():
    """name -> Part, those that compute the longest first."""
    chosen = {"engine-" + name: on_engine(name) for name in engines.chosen()}
    return {
        "asan": Part([without_engine(but="engine or once")], {"ASMO_BIN_DIR": "build/asan"}),
        "programs": Part([without_engine()]),
        **chosen,
        "unit-valgrind": Part(unit_tests("release", *VALGRIND), {"ASMO_TEST_SLOWNESS": "100"}),
        "valgrind": under_valgrind(UNDER_VALGRIND),
        "fuzz": Part(fuzz_targets()),
        "unit-asan": Part(unit_tests("asan")),
        "unit": Part(unit_tests("release")),
    }


def other_parts():
    """Not of `make test`."""
    return {
        "coverage": Part([UNCONFINED + without_engine()], {"ASMO_BIN_DIR": "build/coverage"}),
        "asan-all": Part([without_engine()], {"ASMO_BIN_DIR": "build/asan"}),
        "valgrind-all": under_valgrind(["tests/e2e"]),
        "unit-coverage": Part(unit_tests("coverage", *UNCONFINED)),
    }


def run(name, part):
    """Whether all of it passed; the output is in its log."""
    environment = {**os.environ, **part.environment}
    if "ASMO_BIN_DIR" in part.environment:
        environment["ASMO_BIN_DIR"] = str(CHECKOUT / part.environment["ASMO_BIN_DIR"])
    end, passed = time.monotonic() + PART_SECONDS, bool(part.commands)
    with open(LOGS / (name + ".log"), "wb") as log:
        for command in part.commands:
            child = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                code = child.wait(max(1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.terminate()
                code = "hangs after %d s" % PART_SECONDS
                child.wait()
            if code:
                log.write(("%s: %s\n" % (" ".join(command), code)).encode())
                passed = False
    return passed


def run_alone(name, part):
    """The tests of pytest's that failed, once more; (passed, failed), or None where that makes no sense."""
    text = (LOGS / (name + ".log")).read_text(errors="replace")
    tests = sorted(set(re.findall(r"^(?:FAILED|ERROR) (\S+\.py::.*?)(?: - .*)?$", text, re.MULTILINE)))
    if not tests or len(tests) > ALONE_MOST or tally(text, False)[1] != len(tests):
        return None
    print("%-20s once more, alone: %s" % (name, ", ".join(tests)), flush=True)
    again = Part([pytest(files=tests)], part.environment)
    all_passed = run(name + "-alone", again)
    return tell(name + "-alone", all_passed, 0)


def tally(text, all_passed):
    """(passed, failed) of a log of pytest, cmocka or tests/fuzz/run. What failed without a count is one."""
    passed = sum(int(n) for n in re.findall(r"^\[  PASSED  \] (\d+) test", text, re.MULTILINE))
    failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] (\d+) test", text, re.MULTILINE))
    passed += len(re.findall(r" runs, nothing found$", text, re.MULTILINE))
    for summary in re.findall(r"^(?=.* in [\d.]+s)(?:\d+ \w+(?:, )?)+ in [\d.]+s.*$", text, re.MULTILINE):
        passed += sum(int(n) for n in re.findall(r"(\d+) passed", summary))
        failed += sum(int(n) for n in re.findall(r"(\d+) (?:failed|error)", summary))
    return passed, failed if all_passed or failed else 1


def tell(name, all_passed, seconds):
    text = (LOGS / (name + ".log")).read_text(errors="replace")
    passed, failed = tally(text, all_passed)
    if not all_passed:
        print("======== %s\n%s" % (name, text))
    notes = re.findall(r"^\d+ x .*$", text, re.MULTILINE)  # what pytest left out, and why
    for line in notes:
        print("%-20s not tested: %s" % (name, line))
    print("%-20s %4d passed, %d failed in %.0f s" % (name, passed, failed, seconds), flush=True)
    return passed, failed


def main():
    table = parts()
    names = sys.argv[1:] or list(table)
    table.update(other_parts())
    unknown = [name for name in names if name not in table]
    if unknown:
        sys.exit("suite.py: unknown: %s; there are %s" % (", ".join(unknown), ", ".join(table)))
    LOGS.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    start, broken = time.monotonic(), []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        def timed(name):
            begin = time.monotonic()
            return name, run(name, table[name]), time.monotonic() - begin

        for done in concurrent.futures.as_completed([pool.submit(timed, name) for name in names]):
            name, all_passed, seconds = done.result()
            counts = tell(name, all_passed, seconds)
            passed, failed = passed + counts[0], failed + counts[1]
            if not all_passed:
                broken.append(name)
    for name in broken:
        counts = run_alone(name, table[name])
        if counts:
            passed, failed = passed + counts[0], failed - counts[0]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("%.0f s, %.0f s of CPU time" % (time.monotonic() - start, used.ru_utime + used.ru_stime))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
