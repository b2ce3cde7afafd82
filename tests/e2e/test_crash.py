"""Faults in the middle of a run of the shipped program: killed at any moment, killed at every system call of the
append, and each of those calls failing in turn.

strace(1) injects a signal or an error at the Nth call of a kind. What must hold after each: the history is one JSON array
with every snapshot that was acknowledged, or what it was before; stdout is one document or the exit status says that there
is none; the next run works and leaves nothing lying about.
"""

import collections
import concurrent.futures
import errno
import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from conftest import Program

QUICK = {"sample_seconds": 0.1}
NO_ENGINE = "--no-docker"
AT_ONCE = 4
KILLED = (-9, 137)
ERRORS = ["ENOSPC", "EIO", "EDQUOT", "EROFS", "EINTR"]
FILE_CALLS = {"openat", "read", "pread64", "write", "fsync", "close", "rename", "renameat2", "link", "unlink", "readlink",
              "newfstatat", "fstat", "flock", "mkdir", "fchown", "lseek", "access", "faccessat2"}
# The steps of the append, each as the call that makes it, counted from where the temporary file is made.
STEPS = {"open": ("openat", 1), "write": ("write", 1), "fsync": ("fsync", 1), "close": ("close", 1), "rename": ("renameat2", 1),
         "fsync of the folder": ("fsync", 2)}


Situation = collections.namedtuple("Situation", "history readable is_damaged")  # bytes or None; the epochs in it


def epochs(history):
    return [snapshot["epoch"] for snapshot in json.loads(history)]


@pytest.fixture(scope="module")
def situations(tmp_path_factory):
    """What a run may find."""
    program = Program("asmo-monitor", tmp_path_factory.mktemp("before"))
    for _ in range(3):
        assert program(NO_ENGINE, config=QUICK).code == 0
    history = program.history.read_bytes()
    return {"a history": Situation(history, epochs(history), False), "no history": Situation(None, [], False),
            "a damaged history": Situation(history[:-100], epochs(history)[:2], True)}


def prepare(folder, history):
    """A monitor with a folder of its own that holds this history; how busy the machine is makes no line of its log."""
    folder.mkdir()
    program = Program("asmo-monitor", folder)
    program.history.parent.mkdir()
    no_alert = {"thresholds": {"%s_%s" % (what, how): None for what in ("cpu", "ram", "disk") for how in ("warning", "critical")}}
    program.config.write_text(json.dumps({"history_file": str(program.history), "log_file": str(program.log), **QUICK, **no_alert}))
    if history is not None:
        program.history.write_bytes(history)
    return program


def trace(program, *inject, of_all_files=False):
    """Runs it under strace, which sees and counts but what is done to the files of asmo, as how often /proc/stat is read
    depends on the moment: (exit status or minus a signal, stdout, lines of the trace)."""
    lines = program.folder / "trace"
    files = [program.folder, program.history.parent, program.history, Path(str(program.history) + ".lock"),
             Path(str(program.history) + ".tmp"), program.log.parent, program.log]
    of_files = [] if of_all_files else [word for file in files for word in ("-P", str(file))]
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # that, and strace, want to be the only tracer
    done = subprocess.run(["strace", "-qq", "-y", "-s", "256", "-o", str(lines), *of_files, *inject, str(program.path), "-c", str(program.config),
                           NO_ENGINE], cwd=str(program.folder), env={**os.environ, "ASAN_OPTIONS": sanitizer},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    return done.returncode, done.stdout, lines.read_text(errors="replace").splitlines()


def calls_since(lines, mark):
    """(call, its number in the whole run) of each call from the one on whose line in the trace matches `mark`."""
    numbers, found = collections.Counter(), []
    begun = False
    for line in lines:
        call = re.match(r"(\w+)\(", line)
        if call:
            numbers[call.group(1)] += 1
            begun = begun or re.search(mark, line)
            found += [(call.group(1), numbers[call.group(1)])] if begun else []
    assert found
    return found


def numbers_of(call, mark, lines):
    """The numbers in the whole run of the calls of that kind whose lines in the trace match `mark`."""
    return [number for number, line in enumerate([line for line in lines if line.startswith(call + "(")], 1) if re.search(mark, line)]


def check(program, situation, code, stdout, what):
    """Whether a fault did no harm; whether the run stored its snapshot. Then another run has to work."""
    before, readable, is_damaged = situation
    after = program.history.read_bytes() if program.history.exists() else None
    is_stored = after != before
    if is_stored:
        assert epochs(after)[:-1] == readable, what
    if code == 0:
        assert is_stored and json.loads(stdout)["success"] is True, what
    if is_damaged:
        assert before in [path.read_bytes() for path in program.history.parent.iterdir()], what

    assert program(NO_ENGINE, config=QUICK).code == 0, what
    assert epochs(program.history.read_bytes())[:len(readable)] == readable, what
    names = [path.name for path in program.history.parent.iterdir()]
    copies = [name for name in names if ".corrupt-" in name]
    assert len(copies) <= is_damaged * (1 + (code in KILLED)), what  # one that was killed before the exchange has left its own
    assert set(names) - set(copies) == {program.history.name, program.history.name + ".lock"}, what
    return is_stored


LARGE = 5 * 1000 * 1000  # bytes of a history whose append is a good part of the run


def large_history(readable_bytes, size=LARGE):
    entry = json.loads(readable_bytes)[-1]
    count = size // 100000
    return ("[\n%s\n]\n" % ",\n".join(json.dumps(dict(entry, epoch=entry["epoch"] - count + number, problems=["x" * 100000]))
                                      for number in range(count))).encode()


def in_parallel(function, rows):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(function, rows))


def usual_calls(folder, history, mark):
    """As calls_since, of two whole runs that made the same: on a busy machine one may make a few more."""
    seen = []
    for attempt in range(6):
        _, _, lines = trace(prepare(folder / ("whole-%d" % attempt), history))
        seen.append(calls_since(lines, mark))
        if seen[-1] in seen[:-1]:
            return seen[-1]
    pytest.fail("no two runs are alike: %r" % seen)


@pytest.mark.once  # what is killed can't say what it did to its memory
@pytest.mark.parametrize("name", ["a history", "no history", "a damaged history"])
def test_a_run_that_is_killed_at_any_call_of_the_append_loses_nothing(situations, tmp_path, name):
    situation = situations[name]
    calls = usual_calls(tmp_path, situation.history, r"\.lock\"")

    def kill(call):
        program = prepare(tmp_path / ("%s-%d" % call), situation.history)
        code, stdout, _ = trace(program, "-e", "trace=" + call[0], "-e", "inject=%s:signal=KILL:when=%d" % call)
        return code in KILLED, check(program, situation, code, stdout, "killed at %s number %d" % call)
    outcomes = in_parallel(kill, calls)
    print("killed at %d calls" % sum(killed for killed, _ in outcomes))
    # On a busy machine a call may be made once more or less often, as a lock is tried again.
    assert sum(killed for killed, _ in outcomes) >= len(calls) - 3 >= 20
    assert {stored for _, stored in outcomes} == {False, True}


def reason(error):
    return os.strerror(getattr(errno, error))


def assert_refused(program, situation, code, stdout, error, what):
    """The run says that it failed, and why, and changed nothing; the report still prints what was there."""
    assert code == 1, what
    document = json.loads(stdout)
    assert document["success"] is False and document["history"]["stored"] is False, what
    assert reason(error) in document["error"] and "cpu_percent" in document["summary"], what
    assert document["error"] in program.log.read_text(), what
    after = program.history.read_bytes() if program.history.exists() else None
    assert after == situation.history, what
    assert [path.name for path in program.history.parent.iterdir() if ".corrupt-" in path.name] == [], what
    report = subprocess.run([str(program.path.with_name("asmo-report")), "-c", str(program.config), "-f", "json"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    assert report.returncode == 0 and json.loads(report.stdout)["snapshots"] == len(situation.readable), what


@pytest.mark.parametrize("name", [pytest.param("a history", marks=pytest.mark.once), pytest.param("no history", marks=pytest.mark.once),
                                  "a damaged history"])
def test_a_step_of_the_append_that_fails_changes_nothing_and_is_named(situations, tmp_path, name):
    situation = situations[name]
    _, _, lines = trace(prepare(tmp_path / "whole", situation.history))
    calls = calls_since(lines, r"openat\(.*\.tmp\"")

    def fail(row):
        step, error = row
        call, count = STEPS[step]
        number = [number for kind, number in calls if kind == call][count - 1] if step != "rename" else 1
        program = prepare(tmp_path / (step + error), situation.history)
        rename = ["-e", "inject=rename:error=" + error] if step == "rename" else []  # what is tried then
        code, stdout, _ = trace(program, "-e", "inject=%s:error=%s:when=%d" % (call, error, number), *rename)
        what = "%s fails with %s" % (step, error)
        assert_refused(program, situation, code, stdout, error, what) if (step, error) != ("write", "EINTR") else None
        return what, check(program, situation, code, stdout, what)
    stored = [what for what, is_stored in in_parallel(fail, [(step, error) for step in STEPS for error in ERRORS]) if is_stored]
    assert stored == ["write fails with EINTR"]  # it is written again


@pytest.mark.once
def test_a_piece_of_a_long_history_that_cannot_be_written_is_not_left_out(situations, tmp_path):
    history = large_history(situations["a history"].history)
    situation = Situation(history, epochs(history), False)
    _, _, lines = trace(prepare(tmp_path / "whole", history))
    writes = numbers_of("write", r"\.tmp>", lines)
    assert len(writes) > 10

    def fail(number):
        program = prepare(tmp_path / str(number), history)
        code, stdout, _ = trace(program, "-e", "inject=write:error=EIO:when=%d" % number)
        assert_refused(program, situation, code, stdout, "EIO", "write number %d fails" % number)
        return check(program, situation, code, stdout, "write number %d fails" % number)
    assert in_parallel(fail, [writes[0], writes[len(writes) // 2], writes[-2]]) == [False] * 3


@pytest.mark.parametrize("name", [pytest.param("a history", marks=pytest.mark.once), "a damaged history"])
def test_whatever_call_fails_nothing_is_lost(situations, tmp_path, name):
    situation = situations[name]
    _, _, lines = trace(prepare(tmp_path / "whole", situation.history))
    calls = [call for call in calls_since(lines, r"\.lock\"") if call[0] in FILE_CALLS]

    def fail(call):
        program = prepare(tmp_path / ("%s-%d" % call), situation.history)
        code, stdout, _ = trace(program, "-e", "inject=%s:error=EIO:when=%d" % call)
        what = "%s number %d fails" % call
        if stdout and not json.loads(stdout)["success"]:
            assert_refused(program, situation, code, stdout, "EIO", what)
        return check(program, situation, code, stdout, what)
    outcomes = in_parallel(fail, calls)
    print("%d calls failed, %d runs stored their snapshot all the same" % (len(calls), outcomes.count(True)))
    assert outcomes.count(False) >= 8 and outcomes.count(True) >= 8


# What a file system says that knows neither hard links nor how to exchange two files.
PLAIN = ["-e", "inject=renameat2:error=EINVAL", "-e", "inject=link:error=EPERM"]


@pytest.mark.once
@pytest.mark.parametrize("name", ["a history", "no history", "a damaged history"])
def test_a_file_system_without_links_and_exchange_holds_a_history_as_well(situations, tmp_path, name):
    situation = situations[name]
    program = prepare(tmp_path / "whole", situation.history)
    code, stdout, lines = trace(program, *PLAIN)
    assert code == 0 and check(program, situation, code, stdout, name)
    calls = [call for call in calls_since(lines, r"openat\(.*\.tmp\"") if call[0] in FILE_CALLS - {"renameat2", "link"}]

    def kill(call):
        program = prepare(tmp_path / ("%s-%d" % call), situation.history)
        code, stdout, _ = trace(program, *PLAIN, "-e", "inject=%s:signal=KILL:when=%d" % call)
        return check(program, situation, code, stdout, "killed at %s number %d" % call)
    print("killed at %d calls" % len(calls))
    assert set(in_parallel(kill, calls)) == {False, True}


@pytest.mark.once
def test_without_links_a_damaged_history_is_replaced_only_when_its_copy_is_whole_and_on_the_disk(situations, tmp_path):
    history = large_history(situations["a history"].history, 10 * 100000)[:-100]
    situation = Situation(history, epochs(history[:history.rindex(b",\n")] + b"]"), True)
    program = prepare(tmp_path / "whole", history)
    code, stdout, lines = trace(program, *PLAIN, of_all_files=True)
    assert code == 0 and check(program, situation, code, stdout, "whole")
    steps = [line.split("(")[0] for line in lines if re.match(r"fsync\(\d+<.*\.corrupt-|rename\(", line)]
    assert steps == ["fsync", "rename"]

    def fail(row):
        call, number = row
        program = prepare(tmp_path / ("%s-%d" % row), history)
        code, stdout, _ = trace(program, *PLAIN, "-e", "inject=%s:error=EIO:when=%d" % row, of_all_files=True)
        assert_refused(program, situation, code, stdout, "EIO", "%s number %d fails" % row)
        return call, check(program, situation, code, stdout, "%s number %d fails" % row)
    rows = [(call, number) for call in ("write", "fsync") for number in numbers_of(call, r"\.corrupt-\d+>", lines)]
    assert set(in_parallel(fail, rows)) == {("write", False), ("fsync", False)} and len(rows) > 3


def test_the_new_history_may_stay_where_files_cannot_be_exchanged_but_is_not_acknowledged(situations, tmp_path):
    situation = situations["a history"]
    _, _, lines = trace(prepare(tmp_path / "whole", situation.history))
    number = [number for call, number in calls_since(lines, r"openat\(.*\.tmp\"") if call == "fsync"][1]
    program = prepare(tmp_path / "fails", situation.history)
    code, stdout, _ = trace(program, *PLAIN, "-e", "inject=fsync:error=EIO:when=%d" % number)
    assert code == 1 and json.loads(stdout)["success"] is False
    assert check(program, situation, code, stdout, "fsync of the folder fails")


def test_a_run_whose_lock_was_removed_replaces_nothing_that_another_stored(situations, tmp_path):
    program = prepare(tmp_path / "run", situations["a history"].history)
    lock = program.history.with_name(program.history.name + ".lock")
    temporary = program.history.with_name(program.history.name + ".tmp")
    slow = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-e", "inject=fsync:delay_enter=4s:when=1", str(program.path),
                             "-c", str(program.config), NO_ENGINE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not temporary.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    lock.unlink()
    outcome = program(NO_ENGINE, config=QUICK)
    stdout, _ = slow.communicate(timeout=60)
    assert outcome.code == 0 and outcome.json["history"]["snapshots"] == 4
    assert slow.returncode == 1 and "%s is not this run's any more" % temporary in json.loads(stdout)["error"]
    assert len(epochs(program.history.read_bytes())) == 4 and not temporary.exists()


KILLS = 300


def kill_at_moments(program, kills):
    """Lets the program run again and again, and kills it after a share of the time that it takes. The shares are spread evenly
    by the golden ratio. Returns (kills, kills within the append)."""
    whole, done, within = 1.0, 0, 0
    temporary = program.history.with_name(program.history.name + ".tmp")
    before = program.history.read_bytes()
    for attempt in range(4 * kills):
        begin = time.monotonic()
        process = subprocess.Popen([str(program.path), "-c", str(program.config), NO_ENGINE], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            stdout, _ = process.communicate(timeout=whole * (attempt * 0.618034 % 1) if attempt else 60)
            whole = time.monotonic() - begin
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, _ = process.communicate()
        after = program.history.read_bytes()
        if after != before:
            assert after.startswith(before[:-len(b"\n]\n")]) and epochs(after)
        if process.returncode == 0 or stdout.endswith(b"\n"):
            assert json.loads(stdout)["success"] is True and after != before
        if process.returncode < 0:
            done += 1
            within += temporary.exists()
            if temporary.exists() and done % 3 == 0:
                assert program(NO_ENGINE, config=QUICK).code == 0 and not temporary.exists()
        names = {path.name for path in program.history.parent.iterdir()}
        assert names - {temporary.name} == {program.history.name, program.history.name + ".lock"}
        before = program.history.read_bytes()
        if done == kills:
            return done, within
    raise AssertionError("only %d of %d runs were killed" % (done, 4 * kills))


@pytest.mark.once
def test_a_run_that_is_killed_at_any_moment_loses_nothing(situations, tmp_path):
    history = large_history(situations["a history"].history)
    programs = [prepare(tmp_path / str(number), history) for number in range(AT_ONCE)]
    for program in programs:
        assert program(NO_ENGINE, config=QUICK).code == 0  # makes the lock file
    outcomes = in_parallel(lambda program: kill_at_moments(program, KILLS // AT_ONCE), programs)
    assert sum(done for done, _ in outcomes) == KILLS
    assert sum(within for _, within in outcomes) >= KILLS // 20
    print("%d kills, %d of them within the append" % (KILLS, sum(within for _, within in outcomes)))
