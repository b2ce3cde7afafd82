"""The history of the shipped programs on bad ground: a disk that is full, many runs at once, a lock that is never freed,
links, folders and files that are not the user's, and whatever may have become of the file itself."""

import fcntl
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import history as histories
from conftest import Program

QUICK = {"sample_seconds": 0.1}
NO_ENGINE = "--no-docker"
HOUR = 3600
NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system, or act as another user")


def hours_ago(*hours):
    return [histories.snapshot(round(time.time()) - hour * HOUR + 60) for hour in hours]


def in_lines(snapshots, separator=",\n"):
    return ("[\n" + separator.join(json.dumps(s, separators=(",", ":")) for s in snapshots) + "\n]\n").encode()


def epochs(program):
    return [snapshot["epoch"] for snapshot in json.loads(program.history.read_text())]


def names(program):
    return sorted(path.name[len(program.history.name):] for path in program.history.parent.iterdir()
                  if path.name.startswith(program.history.name))


def assert_refused(outcome, program, expected, before):
    """The run says that it failed, and why, in one document, on stderr and in the log; what was there is as it was."""
    assert outcome.code == 1, outcome
    assert outcome.json["success"] is False and outcome.json["history"]["stored"] is False
    assert expected in outcome.json["error"] and outcome.json["summary"]["cpu_percent"] is not None
    assert outcome.json["error"].encode() in outcome.stderr
    assert outcome.json["error"] in program.log.read_text()
    assert before is None or program.history.read_bytes() == before


# A disk that is full

@pytest.fixture
def small_disk(asmo_monitor):
    """Puts the history of the test on a disk of a megabyte."""
    folder = asmo_monitor.history.parent
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(folder)], stderr=subprocess.PIPE,
                          check=False)
    if done.returncode:
        pytest.skip("no file system can be mounted here: " + done.stderr.decode().strip())
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder, room):
    """Leaves so many bytes."""
    with open(folder / "filler", "wb") as filler:
        while True:
            free = os.statvfs(folder)
            free = free.f_bavail * free.f_frsize
            if free <= room:
                return
            filler.write(b"x" * min(free - room, 4096))
            filler.flush()


@needs_root
@pytest.mark.parametrize("is_damaged", [False, True])
def test_on_a_full_disk_nothing_is_lost_and_the_run_says_why(asmo_monitor, asmo_report, small_disk, is_damaged):
    before = in_lines(hours_ago(*range(300, 0, -1)))[:-20 if is_damaged else None]
    assert 200000 < len(before) < 400000
    outcomes = {}
    for room in (0, 4096, 40960, len(before) // 2, len(before) - 4096, len(before) + 16384):
        asmo_monitor.history.write_bytes(before)
        fill(small_disk, room)
        outcome = asmo_monitor(NO_ENGINE, config={**QUICK, "retention_days": 30})
        outcomes[room] = outcome.code
        if outcome.code:
            assert_refused(outcome, asmo_monitor, "No space left on device", before)
            assert names(asmo_monitor) in ([""], ["", ".lock"])
            report = asmo_report("-f", "json")
            assert report.code == 0 and report.json["snapshots"] == 24 - is_damaged
        (small_disk / "filler").unlink()
    assert list(outcomes.values()) == [1, 1, 1, 1, 1, 0]
    for path in small_disk.glob(asmo_monitor.history.name + ".corrupt-*"):
        assert path.read_bytes() == before
        path.unlink()
    asmo_monitor.history.write_bytes(before)
    assert asmo_monitor(NO_ENGINE, config={**QUICK, "retention_days": 30}).code == 0
    assert len(epochs(asmo_monitor)) == 301 - is_damaged


@needs_root
def test_on_a_disk_that_is_read_only_the_run_says_so(asmo_monitor, small_disk):
    before = in_lines(hours_ago(2, 1))
    asmo_monitor.history.write_bytes(before)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    outcome = asmo_monitor(NO_ENGINE, config=QUICK)
    assert_refused(outcome, asmo_monitor, "Read-only file system", before)


@pytest.mark.not_under_valgrind("the limit is valgrind's as well")
@pytest.mark.parametrize("limit", [0, 100, 4096, 20000])
def test_a_write_that_is_cut_short_by_a_limit_changes_nothing(asmo_monitor, limit):
    before = in_lines(hours_ago(*range(24, 0, -1)))
    assert asmo_monitor(NO_ENGINE, "-n", config=QUICK).code == 0
    asmo_monitor.history.write_bytes(before)
    done = subprocess.run([str(asmo_monitor.path), "-c", str(asmo_monitor.config), NO_ENGINE], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert done.returncode == 1 and "File too large" in json.loads(done.stdout)["error"]
    assert asmo_monitor.history.read_bytes() == before and names(asmo_monitor) == ["", ".lock"]


# Many at once


@pytest.mark.not_under_valgrind("forty of it at once take minutes")
def test_forty_runs_started_together_store_forty_snapshots(asmo_monitor):
    assert asmo_monitor(NO_ENGINE, "-n", config=QUICK).code == 0
    asmo_monitor.history.write_bytes(in_lines(hours_ago(*range(24, 0, -1))))
    before = epochs(asmo_monitor)
    runs = [subprocess.Popen([str(asmo_monitor.path), "-c", str(asmo_monitor.config), NO_ENGINE], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(40)]
    said = [(*run.communicate(timeout=60), run.returncode) for run in runs]
    assert [row for row in said if row[2] != 0] == []
    documents = [json.loads(stdout) for stdout, _, _ in said]
    stored = json.loads(asmo_monitor.history.read_text())
    assert [s["epoch"] for s in stored[:24]] == before
    assert sorted(d["summary"]["timestamp"] for d in documents) == sorted(s["timestamp"] for s in stored[24:])
    assert sorted(d["history"]["snapshots"] for d in documents) == list(range(25, 65))  # each saw what was stored before it
    assert names(asmo_monitor) == ["", ".lock"]


def test_a_lock_that_is_never_freed_is_waited_for_and_then_named(asmo_monitor):
    assert asmo_monitor(NO_ENGINE, config=QUICK).code == 0
    before = asmo_monitor.history.read_bytes()
    lock = asmo_monitor.history.with_name(asmo_monitor.history.name + ".lock")
    with open(lock, "r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        outcome = asmo_monitor(NO_ENGINE, config=QUICK)
    assert_refused(outcome, asmo_monitor, "another run holds the lock %s and did not free it in time" % lock, before)
    assert outcome.seconds > 5
    assert asmo_monitor(NO_ENGINE, config=QUICK).code == 0 and len(epochs(asmo_monitor)) == 2


# Links

def test_a_linked_history_stays_a_link_and_what_it_points_to_is_replaced(asmo_monitor, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    asmo_monitor.history.parent.mkdir()
    (other / "real.json").write_bytes(in_lines(hours_ago(1)))
    (other / "link.json").symlink_to("real.json")
    asmo_monitor.history.symlink_to("../other/link.json")
    assert asmo_monitor(NO_ENGINE, config=QUICK).code == 0
    assert os.readlink(asmo_monitor.history) == "../other/link.json" and os.readlink(other / "link.json") == "real.json"
    assert len(epochs(asmo_monitor)) == 2 and len(json.loads((other / "real.json").read_text())) == 2
    assert sorted(path.name for path in other.iterdir()) == ["link.json", "real.json", "real.json.lock"]


@pytest.mark.parametrize("target", ["../other/real.json", "/other/real.json"])
def test_a_link_to_a_history_that_is_yet_to_be_made_stays_a_link(asmo_monitor, tmp_path, target):
    (tmp_path / "other").mkdir()
    asmo_monitor.history.parent.mkdir()
    asmo_monitor.history.symlink_to(str(tmp_path) + target if target[0] == "/" else target)
    assert asmo_monitor(NO_ENGINE, config=QUICK).code == 0
    assert asmo_monitor.history.is_symlink()
    assert len(json.loads((tmp_path / "other" / "real.json").read_text())) == 1


@pytest.mark.parametrize("target, expected", [
    ("../nowhere/real.json", "nowhere/real.json.lock cannot be opened: No such file or directory"),
    ("health_history.json", "cannot be found: Too many levels of symbolic links"),
    ("../logs", "is not a file"),
])
def test_a_link_that_leads_nowhere_is_named_and_kept(asmo_monitor, target, expected):
    asmo_monitor.history.parent.mkdir()
    asmo_monitor.history.symlink_to(target)
    assert_refused(asmo_monitor(NO_ENGINE, config=QUICK), asmo_monitor, expected, None)
    assert os.readlink(asmo_monitor.history) == target


# Another user's

@pytest.fixture
def public_monitor():
    """A monitor that any user can run, in a folder that any user can reach; its history and log are nobody's."""
    folder = Path(tempfile.mkdtemp(prefix="asmo-public-"))
    folder.chmod(0o755)
    program = Program("asmo-monitor", folder)
    for name in ("asmo-monitor", "asmo-report"):
        shutil.copy(program.path.with_name(name), folder / name)
    program.path = folder / "asmo-monitor"
    for made in (program.history.parent, program.log.parent):
        made.mkdir()
        os.chown(made, NOBODY, NOBODY)
    program(NO_ENGINE, "-n", config=QUICK)
    program.config.chmod(0o644)
    yield program
    shutil.rmtree(folder)


def as_nobody(program, name="asmo-monitor", *args):
    command = [str(program.folder / name), "-c", str(program.config), *args]
    done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          check=False, user=NOBODY, group=NOBODY, extra_groups=[])
    return done


def nobodys(program, contents, mode=0o600):
    program.history.write_bytes(contents)
    os.chown(program.history, NOBODY, NOBODY)
    program.history.chmod(mode)


@needs_root
def test_a_history_of_another_user_stays_theirs_when_root_writes_it(public_monitor):
    nobodys(public_monitor, in_lines(hours_ago(1)))
    assert public_monitor(NO_ENGINE, config=QUICK).code == 0
    status = public_monitor.history.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (NOBODY, NOBODY, 0o600)
    public_monitor.log.unlink()  # root's, if root was the first to write it
    public_monitor.config.chmod(0o644)
    done = as_nobody(public_monitor)
    assert done.returncode == 0, done.stdout
    assert len(epochs(public_monitor)) == 3


@needs_root
@pytest.mark.parametrize("name, change, expected", [
    ("a folder that may not be written to", lambda p: p.history.parent.chmod(0o555), "lock cannot be opened: Permission denied"),
    ("the same with a lock", lambda p: (p.history.with_name(p.history.name + ".lock").write_text(""),
                                        os.chown(p.history.with_name(p.history.name + ".lock"), NOBODY, NOBODY),
                                        p.history.parent.chmod(0o555)), "tmp cannot be created: Permission denied"),
    ("a history that may not be read", lambda p: p.history.chmod(0), "cannot be opened: Permission denied"),
    ("root's history", lambda p: os.chown(p.history, 0, 0), "health_history.json cannot be opened: Permission denied"),
    ("a folder that may not be entered", lambda p: p.history.parent.chmod(0), "cannot be found: Permission denied"),
])
def test_a_user_who_may_not_is_told_so(public_monitor, name, change, expected):
    before = in_lines(hours_ago(1))
    nobodys(public_monitor, before)
    change(public_monitor)
    done = as_nobody(public_monitor, "asmo-monitor", NO_ENGINE)
    document = json.loads(done.stdout)
    assert done.returncode == 1 and document["success"] is False, name
    assert expected in document["error"] and document["error"].encode() in done.stderr, name
    assert document["error"] in public_monitor.log.read_text()
    assert public_monitor.history.read_bytes() == before and ".tmp" not in names(public_monitor)


@needs_root
def test_a_report_on_a_history_that_may_not_be_read_is_an_error_and_no_empty_report(public_monitor):
    nobodys(public_monitor, in_lines(hours_ago(1)), 0)
    done = as_nobody(public_monitor, "asmo-report")
    assert done.returncode == 1 and done.stdout == b""
    assert b"health_history.json cannot be opened: Permission denied" in done.stderr
