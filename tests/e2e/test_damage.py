"""Whatever may have become of the history: the snapshots that can be read survive, the file is kept aside as it was, and
output, log and report say so. What is merely unusual, such as a clock that jumped, is no damage."""

import json
import os
import subprocess
import sys
import time

import pytest

import history as histories

QUICK = {"sample_seconds": 0.1}
NO_ENGINE = "--no-docker"
HOUR = 3600
GIB = 1 << 30
RSS_MAX_KB = 64 * 1024
IS_INSTRUMENTED = "ASMO_BIN_DIR" in os.environ  # a sanitizer needs memory of its own
TIME_MAX = 120  # seconds, for a gibibyte on a busy machine; it takes about one

NOW = round(time.time())
A, B, C = [histories.snapshot(NOW - hour * HOUR) for hour in (3, 2, 1)]
DAY = [histories.snapshot(NOW - hour * HOUR + HOUR / 2, [histories.container("web", restarts=24 - hour)]) for hour in range(24, 0, -1)]
DEEP = 100000


def line(snapshot):
    return json.dumps(snapshot, separators=(",", ":")).encode()


def lines(*entries):
    """A history as asmo writes it; an entry may be bytes as well."""
    return b"[\n" + b",\n".join(entry if isinstance(entry, bytes) else line(entry) for entry in entries) + b"\n]\n"


def indented(*snapshots):
    """As the Python version writes it."""
    return json.dumps(snapshots, indent=2).encode()


WHOLE = lines(A, B, C)
# What is there, and the epochs that must survive of it.
DAMAGED = {
    "empty": (b"", []),
    "a torn tail": (WHOLE[:-100], [A, B]),
    "torn behind a comma": (lines(A, B)[:-3] + b",\n", [A, B]),
    "torn before the closing bracket": (WHOLE[:-2], [A, B, C]),
    "torn within the first": (WHOLE[:50], []),
    "torn head": (WHOLE[100:], [B, C]),
    "all NUL": (b"\0" * len(WHOLE), []),
    "a NUL tail": (WHOLE[:-100] + b"\0" * 100, [A, B]),
    "NUL behind a whole one": (WHOLE + b"\0" * 4096, [A, B, C]),
    "a NUL page in the middle": (lines(A, b"\0" * 4096, C), [A, C]),
    "an object": (b'{"snapshots":' + lines(A, B) + b"}", [A, B]),
    "text": (b'"health"', []),
    "a number": (b"42", []),
    "null": (b"null", []),
    "true": (b"true", []),
    "an array of numbers": (b"[1,2,3]", []),
    "an array of arrays": (b"[[],[[]]]", []),
    "junk in the middle": (lines(A, b"%%% \xff\xfe { [ \" %%%", C), [A, C]),
    "a megabyte of junk in the middle": (lines(A, os.urandom(1 << 20).replace(b"{", b"("), C), [A, C]),
    "HTML": (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", []),
    "a conflict of versions": (b"[\n<<<<<<< HEAD\n" + line(A) + b"\n=======\n" + line(B) + b"\n>>>>>>> other\n]\n", [A, B]),
    "brackets without end": (b"[" * DEEP, []),
    "brackets within an entry": (lines(A, b'{"timestamp":"2026-01-11T10:00:00","x":' + b"[" * DEEP + b"]" * DEEP + b"}", C),
                                 [A, C]),
    "objects within an entry": (lines(A, b'{"timestamp":' * DEEP + b"1" + b"}" * DEEP, C), [A, C]),
    "text without end": (lines(A, b'{"timestamp":"' + b"x" * 100000), [A]),
    "a byte order mark": (b"\xef\xbb\xbf" + WHOLE, [A, B, C]),
    "UTF-16": (WHOLE.decode().encode("utf-16"), []),
    "twice one behind the other": (lines(A, B) + lines(C), [A, B, C]),
    "an indented one, torn": (indented(A, B, C)[:-200], [A, B]),
    "an indented one with junk": (indented(A, B, C).replace(b'"cpu_count": 8', b'"cpu_count": #', 1), [B, C]),
    "entries that are none": (lines(A, b"{}", b'{"timestamp":5}', b'{"timestamp":"yesterday"}', b"17", b'"x"', b"null",
                                    b'{"timestamp":null,"epoch":null}', b'{"timestamp":["2026-01-11T10:00:00"],"epoch":"7"}',
                                    C), [A, C]),
}


def write(program, contents):
    program.history.parent.mkdir(exist_ok=True)
    program.history.write_bytes(contents)


def stored(program):
    return json.loads(program.history.read_text())


def kept(program):
    return sorted(program.history.parent.glob(program.history.name + ".corrupt-*"))


def problems(report):
    return [problem["message"] for problem in report.json["problems"] if problem["subject"] == "history"]


@pytest.mark.parametrize("name", DAMAGED)
def test_what_can_be_read_of_a_damaged_history_survives_and_the_rest_is_kept(asmo_monitor, asmo_report, name):
    contents, readable = DAMAGED[name]
    write(asmo_monitor, contents)
    report = asmo_report("-f", "json", config=QUICK)
    assert report.code == 0 and report.json["snapshots"] == len(readable), report
    assert "is damaged" in problems(report)[0] and b"is damaged" in report.stderr
    assert asmo_monitor.history.read_bytes() == contents

    outcome = asmo_monitor(NO_ENGINE, config=QUICK)
    assert outcome.code == 0 and outcome.json["success"] is True, outcome
    assert stored(asmo_monitor)[:-1] == readable
    [aside] = kept(asmo_monitor)
    assert aside.read_bytes() == contents
    assert outcome.json["history"] == {"file": str(asmo_monitor.history), "snapshots": len(readable) + 1, "stored": True,
                                       "damaged_kept_as": str(aside), "salvaged": len(readable)}
    sentence = "the history was damaged: %d snapshots could be read, the old file is kept as %s" % (len(readable), aside)
    assert sentence.encode() in outcome.stderr and sentence in asmo_monitor.log.read_text()

    assert asmo_monitor(NO_ENGINE, config=QUICK).code == 0
    assert kept(asmo_monitor) == [aside] and len(stored(asmo_monitor)) == len(readable) + 2
    assert problems(asmo_report("-f", "json")) == []


def later(days, snapshot=C):
    return dict(snapshot, epoch=snapshot["epoch"] + days * 24 * HOUR)


def test_what_could_be_read_and_was_too_old_to_stay_is_not_counted_as_lost(asmo_monitor):
    write(asmo_monitor, json.dumps([later(-8), later(-9), A, B])[:-1].encode())
    outcome = asmo_monitor(NO_ENGINE, config=QUICK)
    assert outcome.json["history"]["snapshots"] == 3 and outcome.json["history"]["salvaged"] == 4
    assert b"the history was damaged: 4 snapshots could be read" in outcome.stderr


def earlier(hours, snapshot):
    return dict(snapshot, epoch=snapshot["epoch"] - hours * HOUR, uptime_seconds=snapshot["uptime_seconds"] - hours * HOUR)


MISFITS = [("containers", 5), ("cpu_percent", "x"), ("disks", {"a": 1}), ("alert", []), ("docker", True), ("load_average", "1"),
           ("problems", [1, {}]), ("server", 7)]
# No damage: what is there, and how many snapshots a report on the last day counts.
SOUND = {
    "line ends of DOS": (WHOLE.replace(b"\n", b"\r\n"), 3),
    "indented": (indented(A, B, C), 3),
    "in one line": (json.dumps([A, B, C]).encode(), 3),
    "sorted members": (json.dumps([A, B, C], sort_keys=True).encode(), 3),
    "no entry": (b"[]", 0),
    "out of order": (lines(*DAY[12:], *DAY[:12]), 24),
    "backwards": (lines(*reversed(DAY)), 24),
    "an older history behind the newer one": (lines(*DAY, *[earlier(24 + hours, DAY[0]) for hours in range(120)]), 24),
    "every entry twice": (lines(*[s for s in DAY for _ in range(2)]), 24),
    "one time for all": (lines(*[dict(s, epoch=C["epoch"]) for s in (A, B, C)]), 3),
    "a clock that ran ahead once": (lines(*DAY[:12], later(365), *DAY[12:]), 24),
    "a clock that ran ahead at first": (lines(later(365), *DAY), 24),
    "a clock that ran ahead at last": (lines(*DAY, later(365)), 24),
    "a clock that stood in 1970": (lines(*DAY[:12], dict(C, epoch=17.5), *DAY[12:]), 24),
    "all from the future": (lines(later(40, A), later(40, B), later(40, C)), 0),
    "a time without end": (lines(A, line(B).replace(b'"epoch":%d' % B["epoch"], b'"epoch":1e999'), C), 3),
    "members of another type": (lines(A, *[dict(B, epoch=B["epoch"] + i, **{name: value}) for i, (name, value) in enumerate(MISFITS)], C), 10),
}
OUT_OF_RETENTION = {"a clock that stood in 1970"}


@pytest.mark.parametrize("name", SOUND)
def test_an_unusual_history_is_no_damage_and_nothing_of_it_is_dropped(asmo_monitor, asmo_report, name):
    contents, counted = SOUND[name]
    before = [snapshot["epoch"] for snapshot in json.loads(contents)]
    write(asmo_monitor, contents)
    report = asmo_report("-f", "json", config=QUICK)
    assert report.code == 0 and report.json["snapshots"] == counted and problems(report) == [], report
    if counted >= 24:
        assert not [p for p in report.json["problems"] if p["subject"] == "monitor"], report
        assert report.json["expected_snapshots"] == counted
        assert report.json["containers"][0]["restarts"] == 23 and report.json["containers"][0]["uptime_percent"] == 100

    for run in (1, 2):
        outcome = asmo_monitor(NO_ENGINE, config=QUICK)
        assert outcome.code == 0 and "salvaged" not in outcome.json["history"], outcome
        after = [snapshot["epoch"] for snapshot in stored(asmo_monitor)]
        assert after[:-run] == [epoch for epoch in before if epoch > 100 or name not in OUT_OF_RETENTION]
    assert kept(asmo_monitor) == []
    assert asmo_report("-f", "json").json["snapshots"] == counted + 2


# A process begins with the peak of the one that it was forked from, so a small one has to stand between.
MEASURE = """
import os, sys
_, status, usage = os.wait4(os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measured(program, *args):
    """Runs it: the document that it prints, and the most memory that it held in KiB."""
    command = ["timeout", "-s", "KILL", str(TIME_MAX), str(program.path), "-c", str(program.config), *args]
    done = subprocess.run([sys.executable, "-S", "-c", MEASURE, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done
    return json.loads(done.stdout), int(done.stderr.split()[-1])


# A gibibyte: what it begins and ends with around a hole that reads as NUL, and what survives.
LARGE = {
    "all NUL": (b"", b"", []),
    "snapshots, then NUL": (lines(A, B)[:-3], b"", [A, B]),
    "NUL between snapshots": (lines(A, B)[:-3] + b",\n", line(C) + b"\n]\n", [A, B, C]),
    "text without end": (b'[\n{"timestamp":"', line(C) + b"\n]\n", [C]),
}


@pytest.mark.not_under_valgrind("it is about the memory that the program takes")
@pytest.mark.parametrize("name", LARGE)
def test_a_history_of_a_gigabyte_takes_little_memory(asmo_monitor, asmo_report, name):
    head, tail, readable = LARGE[name]
    assert asmo_monitor(NO_ENGINE, "-n", config=QUICK).code == 0
    write(asmo_monitor, head)
    with open(asmo_monitor.history, "r+b") as history:
        history.truncate(GIB - len(tail))
        history.seek(0, os.SEEK_END)
        history.write(tail)
    inode = asmo_monitor.history.stat().st_ino
    report, report_kb = measured(asmo_report, "-f", "json")
    outcome, monitor_kb = measured(asmo_monitor, NO_ENGINE)
    assert report["snapshots"] == outcome["history"]["salvaged"] == len(readable)
    assert IS_INSTRUMENTED or max(report_kb, monitor_kb) <= RSS_MAX_KB
    assert stored(asmo_monitor)[:-1] == readable
    [aside] = kept(asmo_monitor)
    assert (aside.stat().st_ino, aside.stat().st_size) == (inode, GIB)
    aside.unlink()
