"""Faults in the middle of a run: every system call that could matter is killed at, or fails, in turn.

strace(1) does it to the shipped program: a signal or an error at the Nth call of a kind. What must hold after each: the
history is one JSON array with every snapshot that was acknowledged, stdout is one document or the exit status says
that there is none, and the next run works and leaves nothing lying about.
"""

import collections
import json
import re
import subprocess

import pytest

CALLS = ["openat", "write", "fsync", "close", "rename", "unlink", "link", "flock", "pread64", "mkdir", "fchown", "lseek"]
ERRORS = ["ENOSPC", "EIO", "EDQUOT", "EROFS", "EINTR"]
CHANGING = ["openat", "write", "fsync", "close", "rename"]
QUICK = {"sample_seconds": 0.1}


def run(program, *inject):
    """Runs asmo-monitor under strace; (exit status or minus a signal, stdout, lines of the trace)."""
    trace = program.folder / "trace"
    done = subprocess.run(["strace", "-qq", "-s", "256", "-o", str(trace), "-e", "trace=" + ",".join(CALLS), *inject,
                           str(program.path), "-c", str(program.config), "--no-docker"], cwd=str(program.folder),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    return done.returncode, done.stdout, trace.read_text(errors="replace").splitlines()


def epochs(program):
    return [snapshot["epoch"] for snapshot in json.loads(program.history.read_text())]


def acknowledged(code, stdout):
    return code == 0 and json.loads(stdout)["success"] is True


def check(program, before, code, stdout, what):
    after = epochs(program)
    assert after[:len(before)] == before, what
    assert len(after) <= len(before) + 1, what
    if acknowledged(code, stdout):
        assert len(after) == len(before) + 1, what
    return after


@pytest.fixture
def prepared(asmo_monitor):
    """A history of two snapshots, and the calls that a run which works makes, from the config on: (call, number)."""
    for _ in range(2):
        assert asmo_monitor("--no-docker", config=QUICK).code == 0
    code, _, trace = run(asmo_monitor)
    assert code == 0
    calls, numbers, begun = [], collections.Counter(), False
    for line in trace:
        call = re.match(r"(\w+)\(", line)
        if call:
            numbers[call.group(1)] += 1
            begun = begun or "config.json" in line  # before that it is the dynamic linker
            calls += [(call.group(1), numbers[call.group(1)])] if begun else []
    return asmo_monitor, calls


def test_a_run_that_is_killed_at_any_call_loses_nothing(prepared):
    program, calls = prepared
    kills = 0
    for call, number in calls:
        before = epochs(program)
        what = "killed at %s number %d" % (call, number)
        code, stdout, _ = run(program, "-e", "inject=%s:signal=KILL:when=%d" % (call, number))
        check(program, before, code, stdout, what)
        kills += code < 0 or code == 137
    assert kills > 30
    assert program("--no-docker", config=QUICK).code == 0
    assert sorted(path.name for path in program.history.parent.iterdir()) == [
        program.history.name, program.history.name + ".lock"]


@pytest.mark.parametrize("error", ERRORS)
def test_a_call_that_fails_is_named_and_loses_nothing(prepared, error):
    program, calls = prepared
    failures = 0
    for call, number in calls:
        if call not in CHANGING:
            continue
        before = epochs(program)
        what = "%s number %d fails with %s" % (call, number, error)
        code, stdout, _ = run(program, "-e", "inject=%s:error=%s:when=%d" % (call, error, number))
        assert code in (0, 1, 2), what
        check(program, before, code, stdout, what)
        if call in ("fsync", "rename"):
            assert code == 1, what  # not on the disk for sure: not acknowledged
        if code == 1 and stdout:
            document = json.loads(stdout)
            assert document["success"] is False and document["error"], what
            failures += 1
    assert failures >= (3 if error == "EINTR" else 5)
    assert program("--no-docker", config=QUICK).code == 0
    assert not [path for path in program.history.parent.iterdir() if ".tmp" in path.name]
