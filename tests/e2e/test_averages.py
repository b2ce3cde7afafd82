"""What happened between two runs is in the second one's averages, also when nothing of it shows in either run."""

import json
import re

import pytest

BURN = "i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done; times"


def snapshots(program):
    return json.loads(program.history.read_text())


def container(snapshot, name):
    return next(c for c in snapshot["containers"] if c["name"] == name)


def seconds_of(times):
    """`0m1.20s 0m0.03s`, of the shell itself, is the first line that `times` prints."""
    return sum(60 * int(minutes) + float(seconds)
               for minutes, seconds in re.findall(r"(\d+)m([\d.]+)s", times.splitlines()[0]))


@pytest.fixture(scope="module")
def rester(engine):
    engine.run("rester")
    yield "rester"
    engine.cli("rm", "--force", *(("--time", "0") if engine.is_podman else ()), "rester")


def test_cpu_used_between_two_runs_is_in_the_average(asmo_monitor, engine, rester):
    assert asmo_monitor(engine=engine).code == 0
    used = seconds_of(engine.cli("exec", rester, "sh", "-c", BURN, timeout=300))
    assert asmo_monitor(engine=engine).code == 0
    before, after = (container(snapshot, rester) for snapshot in snapshots(asmo_monitor))
    assert used > 0.3
    assert before["avg_seconds"] is None or before["cpu_avg_percent"] < 20
    assert after["cpu_percent"] < 20
    measured = after["cpu_avg_percent"] / 100 * after["avg_seconds"]
    # What the engine needs to start a process in the container is its own.
    assert used * 0.95 - 0.05 < measured < used * 1.05 + 0.5
    # The span is stored with one decimal, the percentage with two.
    rounding = (0.05 * after["cpu_avg_percent"] + 0.005 * after["avg_seconds"]) / 100
    assert after["cpu_seconds"] - before["cpu_seconds"] == pytest.approx(measured, abs=rounding + 0.01)


def test_the_machines_average_covers_the_time_between_two_runs(asmo_monitor):
    for _ in range(2):
        assert asmo_monitor("--no-docker").code == 0
    first, second = snapshots(asmo_monitor)
    assert first["cpu_avg_percent"] is None and first["avg_seconds"] is None
    assert second["boot_id"] == first["boot_id"] == open("/proc/sys/kernel/random/boot_id").read().strip()
    assert second["avg_seconds"] == pytest.approx(second["uptime_seconds"] - first["uptime_seconds"], abs=0.11)
    busy = second["cpu_busy_seconds"] - first["cpu_busy_seconds"]
    total = second["cpu_total_seconds"] - first["cpu_total_seconds"]
    assert second["cpu_avg_percent"] == pytest.approx(busy / total * 100, abs=0.11)
    assert second["net_rx_kb_per_second"] >= 0


def test_the_engine_says_how_a_container_was_made_and_when_the_engine_itself_began(asmo_monitor, engine):
    made = {"policied": ("--restart", "unless-stopped"), "plain": ()}
    try:
        for name, options in made.items():
            engine.run(name, *options)
        assert asmo_monitor(engine=engine).code == 0
        snapshot = snapshots(asmo_monitor)[-1]
        assert container(snapshot, "policied")["restart_policy"] == "unless-stopped"
        assert container(snapshot, "plain")["restart_policy"] == "no"
        assert container(snapshot, "plain")["created_at"] <= container(snapshot, "plain")["started_at"]
        started = snapshot["docker"]["started_at"]
        assert started is None if engine.is_podman else started < container(snapshot, "policied")["created_at"]
    finally:
        engine.cli("rm", "--force", *(("--time", "0") if engine.is_podman else ()), *made, check=False)


def test_labels_and_config_are_heeded(asmo_monitor, engine):
    names = ("ignored", "limited-by-label", "limited-by-config")
    try:
        engine.run("ignored", "--label", "asmo.ignore=true")
        engine.run("limited-by-label", "--label", "asmo.mem_limit_percent=70", "--label", "asmo.expected=stopped")
        engine.run("limited-by-config")
        assert asmo_monitor(engine=engine, config={"containers": {"*-by-config": {"mem_limit_percent": 60}}}).code == 0
        snapshot = snapshots(asmo_monitor)[-1]
        assert "ignored" not in [c["name"] for c in snapshot["containers"]]
        assert container(snapshot, "limited-by-label")["mem_limit_percent"] == 70
        assert container(snapshot, "limited-by-label")["expected"] == "stopped"
        assert container(snapshot, "limited-by-config")["mem_limit_percent"] == 60
    finally:
        engine.cli("rm", "--force", *(("--time", "0") if engine.is_podman else ()), *names, check=False)
