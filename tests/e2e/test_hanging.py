"""asmo-monitor where file systems or a name server do not answer: real FUSE mounts whose server is stopped, or hears
the question and says nothing, and a resolver that asks such a one. All in namespaces of their own."""

import fcntl
import json
import os
import signal
import subprocess

import pytest

import children
from fake_engine import FakeEngine, hang
from mounts import PrivateMounts, stop, why_not

ODD_NAMES = ["with space", "line\nfeed", "tab\there", "back\\slash", "\\040", "h#sh", "d\u00e9j\u00e0 vu", "-rf", "*"]


@pytest.fixture
def mounts():
    if why_not():
        pytest.skip(why_not())
    with PrivateMounts() as mounts:
        yield mounts


def run_inside(program, namespaces, folder):
    """Has the program run where the mounts are."""
    script = folder / "inside"
    script.write_text('#!/bin/sh\nexec %s "$@"\n' % " ".join(namespaces.inside(program.path)))
    script.chmod(0o755)
    program.path = script


@pytest.fixture
def monitor(asmo_monitor, mounts, tmp_path):
    run_inside(asmo_monitor, mounts, tmp_path)
    return asmo_monitor


def folder(tmp_path, name):
    made = tmp_path / "disks" / name
    made.mkdir(parents=True)
    return made


def disks_of(monitor):
    snapshot = json.loads(monitor.history.read_text())[-1]
    assert snapshot["ram_percent"] is not None and snapshot["cpu_percent"] is not None
    return {disk["mount"]: disk for disk in snapshot["disks"]}


def hangs(point):
    return "Disk %s did not answer within 3 s" % point


def test_a_disk_whose_server_is_stopped_is_critical_and_the_others_are_measured(monitor, mounts, tmp_path):
    dead, alive = folder(tmp_path, "dead"), folder(tmp_path, "alive")
    stopped = mounts.bind(folder(tmp_path, "a"), dead)
    mounts.bind(folder(tmp_path, "b"), alive)
    mark = children.mark()
    stop(stopped)

    outcome = monitor("--no-docker", env=mark)
    assert outcome.code == 0 and outcome.json["critical_alert"] is True, outcome
    assert hangs(dead) in outcome.json["alert"]["critical_issues"]
    assert 3 <= outcome.json["summary"]["duration_seconds"] < 10
    disks = disks_of(monitor)
    assert disks[str(dead)]["problem"] == "did not answer within 3 s" and disks[str(dead)]["used_percent"] is None
    real = os.statvfs(tmp_path)
    assert disks[str(alive)]["problem"] is None
    assert disks[str(alive)]["total_gb"] == pytest.approx(real.f_blocks * real.f_frsize / 2 ** 30, abs=0.06)
    assert children.left_behind(mark) == []

    os.kill(stopped.pid, signal.SIGCONT)
    outcome = monitor("--no-docker")
    assert hangs(dead) not in outcome.json["alert"]["critical_issues"]
    assert disks_of(monitor)[str(dead)]["problem"] is None


def test_a_hundred_and_fifty_disks_that_cannot_even_be_given_up_cost_no_more_time_than_one(monitor, mounts, tmp_path):
    points = [folder(tmp_path, name) for name in ODD_NAMES + ["disk%d" % i for i in range(150 - len(ODD_NAMES))]]
    mounts.hear_and_be_silent(points)
    assert {str(point) for point in points} <= set(mounts.points())
    mark = children.mark()

    outcome = monitor("--no-docker", env=mark)
    assert outcome.code == 0, outcome
    assert outcome.json["summary"]["duration_seconds"] < 12  # a tenth of a second for each would be 15 and more
    for point in points:
        shown = " ".join(str(point).split())  # white space of any kind is shown as a space
        assert hangs(shown) in outcome.json["alert"]["critical_issues"]
        assert disks_of(monitor)[shown]["problem"] == "did not answer within 3 s"
    # The kernel lets none of those that asked go, not even killed. They hold nothing of ours, so nobody waits for
    # them, and they end with the mount. On a busy machine one may not have asked yet when it was given up.
    assert len(points) // 2 < len(children.left_behind(mark, seconds=0)) <= len(points)
    mounts.__exit__()
    assert children.left_behind(mark) == []


def test_a_dead_disk_a_silent_engine_and_a_held_lock_together_end_in_time(monitor, mounts, tmp_path):
    mounts.hear_and_be_silent([folder(tmp_path, "dead")])
    monitor.history.parent.mkdir()
    with open(str(monitor.history) + ".lock", "w") as lock, FakeEngine(tmp_path, answers={"/[a-z0-9]{12,}/": hang}) as engine:
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome = monitor(engine=engine, config={"docker": {"timeout_seconds": 1}})
    assert outcome.code == 1 and outcome.json["success"] is False
    assert "did not free it in time" in outcome.json["error"]
    # 3 s for the disk, 1 for the engine's answers, 0.8 to measure the CPU, 10 for the lock.
    assert 13 < outcome.seconds < 25


NAME_SERVER = """
import socket, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    server.recv(4096)
"""


def test_a_name_server_that_hears_and_says_nothing_costs_no_more_than_an_engine_that_does(asmo_monitor, tmp_path):
    if why_not():
        pytest.skip(why_not())
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    with PrivateMounts(has_network=True) as private:
        subprocess.run(private.inside("ip", "link", "set", "lo", "up"), check=True)
        subprocess.run(private.inside("mount", "--bind", resolver, "/etc/resolv.conf"), check=True)
        private.serve("ready", "/usr/bin/python3", "-c", NAME_SERVER)
        run_inside(asmo_monitor, private, tmp_path)
        outcome = asmo_monitor("--docker-host", "tcp://engine.example:2375", config={"docker": {"timeout_seconds": 1}})
    assert outcome.code == 0, outcome
    assert outcome.json["docker"]["error"] == "tcp://engine.example:2375: no answer within 1.0 s"
    assert outcome.seconds < 25  # the name server alone would be waited for 150 s


def test_a_fifo_for_proc_is_refused_at_once(asmo_monitor, tmp_path):
    os.mkfifo(tmp_path / "proc")
    outcome = asmo_monitor("--no-docker", "--proc", tmp_path / "proc")
    assert outcome.code == 2 and outcome.json["success"] is False and "Not a directory" in outcome.json["error"]
