"""asmo-monitor with a fake engine: what it asks, in which version of the API, and what it makes of recorded answers.
What it makes of wrong ones: test_engine_faults.py."""

import json
import re

import pytest

from fake_engine import FIXTURES, FakeEngine


def snapshot_with(asmo_monitor, tmp_path, answers=None, **keywords):
    with FakeEngine(tmp_path, answers=answers, **keywords) as engine:
        outcome = asmo_monitor(engine=engine)
    assert outcome.code == 0, outcome
    assert outcome.json["success"] is True
    snapshot = json.loads(asmo_monitor.history.read_text())[-1]
    return snapshot, {c["name"]: c for c in snapshot["containers"]}, engine


def test_recorded_bodies_of_cgroup_v2_give_the_numbers_of_docker_stats(asmo_monitor, tmp_path):
    snapshot, containers, _ = snapshot_with(asmo_monitor, tmp_path)
    assert snapshot["docker"] == {"available": True, "engine": "Docker", "version": "26.1.5+dfsg1", "error": None, "started_at": None,
                                  "found": True}
    said = (FIXTURES / "docker-26.1-cgroup2" / "docker-stats.txt").read_text()
    rows = dict(re.findall(r"^[0-9a-f]{12}\s+(\S+)\s+\S+\s+([0-9.]+)KiB", said, re.MULTILINE))
    for name in ("burner", "bridged", "paused", "tty"):  # those that did the same all the time
        assert containers[name]["mem_mb"] == pytest.approx(float(rows[name]) / 1024, abs=0.1), name
    assert containers["burner"]["cpu_percent"] == pytest.approx(29.33, abs=0.01)
    assert containers["healthy"]["errors"] == ["ERROR: database is locked"]
    assert containers["healthy"]["error_count"] == 3
    assert containers["bridged"]["net_rx_mb"] is not None and containers["burner"]["net_rx_mb"] is None


def test_it_asks_little_and_only_reads(asmo_monitor, tmp_path):
    _, containers, engine = snapshot_with(asmo_monitor, tmp_path)
    measured = [c for c in containers.values() if c["state"] in ("running", "paused")]
    assert all(request.startswith("GET ") for request in engine.requests)
    assert engine.requests[0] == "GET /_ping HTTP/1.1"
    assert engine.requests[1] == "GET /v1.44/containers/json?all=1 HTTP/1.1"
    assert len(engine.requests) == 2 + 2 * len(containers) + 2 * len(measured)
    logs = [request for request in engine.requests if "/logs?" in request]
    assert all("tail=1001" in request and "since=" in request for request in logs)


@pytest.mark.parametrize("offered, spoken", [("1.41", "1.41"), ("1.44", "1.44"), ("1.52", "1.44"), ("", "1.44")])
def test_it_speaks_the_engines_version(asmo_monitor, tmp_path, offered, spoken):
    _, _, engine = snapshot_with(asmo_monitor, tmp_path, api_version=offered)
    assert engine.requests[1].startswith("GET /v%s/" % spoken)
    assert any("one-shot=true" in request for request in engine.requests) == (spoken == "1.44")


def test_an_answer_with_both_samples_is_enough(asmo_monitor, tmp_path):
    first = json.loads((FIXTURES / "docker-26.1-cgroup2" / "burner.stats1.json").read_text())
    both = json.loads((FIXTURES / "docker-26.1-cgroup2" / "burner.stats2.json").read_text())
    both.update(preread=first["read"], precpu_stats=first["cpu_stats"])
    _, containers, engine = snapshot_with(asmo_monitor, tmp_path, {"/stats": (200, json.dumps(both))}, api_version="1.41")
    stats = [request for request in engine.requests if "/stats" in request]
    assert stats and len(stats) == len(set(stats))
    assert containers["burner"]["cpu_percent"] == pytest.approx(29.33, abs=0.01)


def test_an_engine_that_dropped_the_version_is_asked_again_in_its_own(asmo_monitor, tmp_path):
    refusal = '{"message":"client version 1.44 is too old. Minimum supported API version is 1.50"}'
    _, containers, engine = snapshot_with(asmo_monitor, tmp_path, {"/v1.44/": (400, refusal)}, api_version="1.52")
    assert engine.requests[2].startswith("GET /v1.52/containers/json")
    assert len(containers) == 9


@pytest.mark.parametrize("host, expected", [
    ("unix:///x", "No such file"), ("unix:///" + "a" * 300, "unix:///aaa"), ("tcp://127.0.0.1:1", "Connection refused"),
    ("http://127.0.0.1:1/path", "Connection refused"), ("ssh://server", "expected is unix:///path or tcp://host:port"),
    ("unix://relative", "expected is"), ("tcp://", "expected is"), ("", "expected is"), ("tcp://" + "a" * 5000, "tcp://aaa"),
])
def test_any_address_is_an_engine_or_a_sentence(asmo_monitor, host, expected):
    outcome = asmo_monitor("-n", "--docker-host", host)
    assert outcome.code == 0
    assert expected in outcome.json["docker"]["error"]
