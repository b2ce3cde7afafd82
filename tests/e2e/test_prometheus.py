"""The metrics: what the monitor writes for Prometheus, and what Prometheus' own programs make of it."""

import json
import os
import re
import stat
import tempfile
from pathlib import Path

import pytest

import prometheus
from deadline import wait_for
from fake_engine import FakeEngine
from test_hostile import EACH, sick

CONTRIB = Path(__file__).resolve().parents[2] / "contrib"
RULES = CONTRIB / "prometheus" / "asmo.rules.yml"
DASHBOARD = CONTRIB / "grafana" / "asmo.json"
QUICK = {"sample_seconds": 0.1}
SCRAPE_SECONDS = 60
# Prometheus' documentation, "Exposition formats".
SAMPLE = re.compile(r'(asmo_[a-z0-9_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\n"])*",?)+)\})? (-?[0-9.]+(?:e[+-][0-9]+)?)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\[\\n"])*)"')


def parse(text):
    """{name: {labels as sorted pairs: number}}; whatever the format forbids is an AssertionError."""
    assert text.endswith(b"\n") and b"\r" not in text
    families, named = {}, {}
    name = None
    for line in text.decode("utf-8").split("\n")[:-1]:
        match = re.fullmatch(r"# (HELP|TYPE) (asmo_[a-z0-9_]+) (.+)", line)
        if match:
            kind, name, said = match.groups()
            assert kind not in named.setdefault(name, {}), line
            assert kind == "HELP" or said == ("counter" if name.endswith("_total") else "gauge"), line
            named[name][kind] = said
            continue
        match = SAMPLE.fullmatch(line)
        assert match and match.group(1) == name and set(named[name]) == {"HELP", "TYPE"}, line
        labels = tuple(sorted((label, re.sub(r"\\(.)", lambda m: "\n" if m.group(1) == "n" else m.group(1), value))
                              for label, value in LABEL.findall(match.group(2) or "")))
        assert labels not in families.setdefault(name, {}), line
        families[name][labels] = float(match.group(3))
    assert set(families) == set(named)
    return families


def by_name(family):
    return {dict(labels)["name"]: value for labels, value in family.items()}


@pytest.fixture
def promtool():
    try:
        prometheus.program("promtool")
    except prometheus.Unavailable as reason:
        pytest.skip(str(reason))
    return prometheus.promtool


def test_the_numbers_are_those_of_the_history_in_base_units(asmo_monitor, tmp_path):
    with FakeEngine(tmp_path) as engine:
        outcome = asmo_monitor("-f", "prometheus", engine=engine, config=QUICK)
    assert outcome.code == 0 and outcome.stderr == b"", outcome
    metrics, snapshot = parse(outcome.stdout), json.loads(asmo_monitor.history.read_text())[-1]
    containers = {c["name"]: c for c in snapshot["containers"]}

    assert metrics["asmo_run_success"] == {(): 1} and metrics["asmo_history_snapshots"] == {(): 1}
    assert metrics["asmo_snapshot_timestamp_seconds"][()] == pytest.approx(snapshot["epoch"], abs=0.01)
    assert metrics["asmo_cpu_ratio"][()] == pytest.approx(snapshot["cpu_percent"] / 100, abs=0.001)
    assert metrics["asmo_memory_size_bytes"][()] == pytest.approx(snapshot["ram_total_gb"] * 2 ** 30, rel=0.1)
    assert metrics["asmo_network_receive_bytes_total"][()] == pytest.approx(snapshot["net_rx_mb"] * 2 ** 20, abs=0.01 * 2 ** 20)
    assert metrics["asmo_load_average"][(("minutes", "5"),)] == snapshot["load_average"][1]
    assert metrics["asmo_engine_up"] == {(): 1} and metrics["asmo_server_info"] == {(("server", "e2e"),): 1}
    assert metrics["asmo_critical_issues"][()] == len(snapshot["alert"]["critical_issues"]) > 0
    assert metrics["asmo_warnings"][()] == len(snapshot["alert"]["warnings"])
    assert {dict(labels)["issue"] for labels in metrics["asmo_issue_start_timestamp_seconds"]} == {
        issue["key"] for issue in snapshot["alert"]["issues"]}

    assert by_name(metrics["asmo_container_running"]) == {name: c["state"] == "running" for name, c in containers.items()}
    assert by_name(metrics["asmo_container_unhealthy"]) == {name: c["status"] == "unhealthy" for name, c in containers.items()}
    for metric, field, scale in (("cpu_ratio", "cpu_percent", 0.01), ("memory_used_bytes", "mem_mb", 2 ** 20),
                                 ("restarts_total", "restarts", 1), ("log_errors", "error_count", 1), ("exit_code", "exit_code", 1),
                                 ("network_receive_bytes_total", "net_rx_mb", 2 ** 20), ("cpu_seconds_total", "cpu_seconds", 1)):
        there = {name: c[field] * scale for name, c in containers.items() if c[field] is not None}
        assert by_name(metrics["asmo_container_" + metric]) == pytest.approx(there, abs=0.06 * scale), metric
    images = {dict(labels)["name"]: dict(labels)["image"] for labels in metrics["asmo_container_info"]}
    assert images == {name: c["image"] for name, c in containers.items()}


def test_names_come_through_whole_and_of_two_that_are_the_same_the_first(asmo_monitor, tmp_path):
    names = [b"a" + piece + b"b" for piece in EACH] + [b"twice", b"twice"]
    with FakeEngine(tmp_path, answers=sick(names)) as engine:
        outcome = asmo_monitor("-f", "prometheus", engine=engine, config=QUICK)
    snapshot = json.loads(asmo_monitor.history.read_text())[-1]
    assert set(by_name(parse(outcome.stdout)["asmo_container_running"])) == {c["name"] for c in snapshot["containers"]}


def test_what_is_missing_is_not_there(asmo_monitor):
    metrics = parse(asmo_monitor("-n", "-f", "prometheus", "--no-docker", config=QUICK).stdout)
    assert not any(re.match("asmo_(container|engine|history)", name) for name in metrics), sorted(metrics)
    outcome = asmo_monitor("-f", "prometheus", "--proc", "/nonexistent", config=QUICK)
    assert outcome.code == 2 and parse(outcome.stdout) == {"asmo_run_success": {(): 0}}


def test_the_page_names_every_metric(asmo_monitor, tmp_path):
    with FakeEngine(tmp_path) as engine:
        metrics = parse(asmo_monitor("-f", "prometheus", engine=engine, config=QUICK).stdout)
    page = (CONTRIB / "prometheus" / "README.md").read_text()
    assert set(re.findall(r"`(asmo_[a-z_]+)`", page.partition("## The metrics")[2])) == set(metrics)


# prometheus_file


def configured(folder):
    return {**QUICK, "prometheus_file": str(folder / "asmo.prom")}


def test_the_file_can_be_read_by_others_and_keeps_a_mode_that_was_chosen(asmo_monitor, tmp_path):
    folder = tmp_path / "textfile"
    folder.mkdir()
    file = folder / "asmo.prom"
    outcome = asmo_monitor("--no-docker", config=configured(folder))
    assert outcome.json["prometheus"] == {"file": str(file), "written": True, "reason": None}
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    first = parse(file.read_bytes())
    assert first["asmo_run_success"] == {(): 1} and first["asmo_history_snapshots"] == {(): 1}
    file.chmod(0o640)
    asmo_monitor("--no-docker", config=configured(folder))
    assert stat.S_IMODE(file.stat().st_mode) == 0o640 and os.listdir(folder) == ["asmo.prom"]
    assert parse(file.read_bytes())["asmo_history_snapshots"] == {(): 2}


def test_a_dry_run_leaves_the_file_alone(asmo_monitor, tmp_path):
    outcome = asmo_monitor("--no-docker", "-n", config=configured(tmp_path))
    assert "prometheus" not in outcome.json and not (tmp_path / "asmo.prom").exists()


def test_a_relative_path_starts_at_the_configs_folder(asmo_monitor, tmp_path):
    asmo_monitor("--no-docker", config={**QUICK, "prometheus_file": "asmo.prom"}, env={"PWD": "/"})
    assert parse((tmp_path / "asmo.prom").read_bytes())


def test_a_file_that_cannot_be_written_is_named_and_costs_nothing_else(asmo_monitor, tmp_path):
    there_not = tmp_path / "missing" / "asmo.prom"
    outcome = asmo_monitor("--no-docker", "-q", "--exit-code", config={**configured(there_not.parent), "thresholds": {
        key: None for key in ("cpu_critical", "cpu_warning", "ram_critical", "ram_warning", "disk_critical", "disk_warning", "swap_warning")}})
    assert outcome.code == 0 and outcome.json["success"] is True
    said = outcome.json["prometheus"]
    assert said["written"] is False and str(there_not) in said["reason"] and "No such file" in said["reason"]
    assert said["reason"].encode() in outcome.stderr and said["reason"] in asmo_monitor.log.read_text()
    assert len(json.loads(asmo_monitor.history.read_text())) == 1 and not there_not.parent.exists()
    text = asmo_monitor("--no-docker", "-f", "text", config=configured(there_not.parent)).stdout.decode()
    assert "Metrics not written: " in text and "Stored in " in text


def test_a_snapshot_that_could_not_be_stored_is_a_metric(asmo_monitor, tmp_path):
    asmo_monitor.history.parent.mkdir()
    asmo_monitor.history.mkdir()
    assert asmo_monitor("--no-docker", config=configured(tmp_path)).code == 1
    metrics = parse((tmp_path / "asmo.prom").read_bytes())
    assert metrics["asmo_run_success"] == {(): 0} and "asmo_cpu_ratio" in metrics and "asmo_history_snapshots" not in metrics


@pytest.mark.parametrize("other", ["history_file", "log_file"])
def test_it_never_takes_the_place_of_another_file(asmo_monitor, tmp_path, other):
    path = str(tmp_path / "one")
    outcome = asmo_monitor("--check-config", config={other: path, "prometheus_file": path})
    assert outcome.code == 2 and b"prometheus_file" in outcome.stderr


# Prometheus' own programs


@pytest.mark.once
def test_promtool_has_nothing_to_say(asmo_monitor, tmp_path, promtool):
    for answers in (None, sick([b"a" + piece + b"b" for piece in EACH])):
        with FakeEngine(tmp_path, answers=answers) as engine:
            text = asmo_monitor("-f", "prometheus", engine=engine, config=QUICK).stdout
        assert len(parse(text)) > 30 and prometheus.check_metrics(text) == ""
    assert prometheus.check_metrics(text.replace(b"_total", b"_sum")) != ""  # it does look


@pytest.mark.once
def test_the_rules_do_what_they_say(promtool):
    assert promtool("check", "rules", RULES) == (0, "Checking %s\n  SUCCESS: 5 rules found\n\n" % RULES)
    code, said = promtool("test", "rules", "asmo.rules.test.yml", folder=RULES.parent)
    assert code == 0, said


@pytest.fixture
def textfile_folder():
    """One that another user may read, as Debian's /var/lib/prometheus/node-exporter."""
    with tempfile.TemporaryDirectory(prefix="asmo-textfile-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def names_in(file):
    return set(re.findall(r"\basmo_[a-z_]+", file.read_text()))


def dashboard_queries():
    for each in json.loads(DASHBOARD.read_text())["panels"]:
        for target in each["targets"]:
            assert each["datasource"] == target["datasource"] == {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
            yield each["title"], re.sub(r"\$(instance|container)\b", ".*", target["expr"])


@pytest.mark.once
def test_prometheus_scrapes_a_bad_day_and_answers(asmo_monitor, tmp_path, promtool, textfile_folder):
    """Hostile names, two of them the same; node_exporter runs as another user."""
    names = [b"a" + piece + b"b" for piece in EACH] + [b"twice", b"twice"]
    config = configured(textfile_folder)
    with FakeEngine(tmp_path, answers=sick(names)) as engine:
        assert asmo_monitor(engine=engine, config=config).code == 0
    expected = {c["name"] for c in last_snapshot(asmo_monitor)["containers"]}
    with FakeEngine(tmp_path) as engine, \
            prometheus.node_exporter(textfile_folder, tmp_path / "exporter.log") as address, \
            prometheus.server(tmp_path, address, RULES, tmp_path / "server.log") as server:
        wait_for("the names", lambda: {labels["name"] for labels, _ in server.query("asmo_container_unhealthy == 1")} == expected,
                 SCRAPE_SECONDS)
        wait_for("a file without fault", lambda: [value for _, value in server.query("node_textfile_scrape_error")] == [0], SCRAPE_SECONDS)
        (labels, mtime), = wait_for("its time", lambda: server.query("node_textfile_mtime_seconds"), SCRAPE_SECONDS)
        assert labels["file"].endswith("asmo.prom") and abs(mtime - textfile_folder.joinpath("asmo.prom").stat().st_mtime) < 1

        assert asmo_monitor(engine=engine, config=config).code == 0
        wait_for("two scrapes of the second file", lambda: server.query("count_over_time(asmo_container_cpu_seconds_total[1h]) >= 2"),
                 SCRAPE_SECONDS)
        check_dashboard(server)
        check_alerts(server, last_snapshot(asmo_monitor))


def last_snapshot(program):
    return json.loads(program.history.read_text())[-1]


def check_dashboard(server):
    """On a busy machine a scrape may come too late, and then there is nothing until the next."""
    known = set(server.ask("label/__name__/values"))
    assert names_in(RULES) | names_in(DASHBOARD) <= known
    for title, expression in dashboard_queries():
        wait_for("an answer to %s: %s" % (title, expression), lambda e=expression: server.query(e), SCRAPE_SECONDS)


def check_alerts(server, snapshot):
    raised = {("AsmoIssue", i["key"], i["severity"]) for i in snapshot["alert"]["issues"] if i["state"] in ("new", "ongoing")}
    assert raised

    def firing():
        labels = [alert["labels"] for alert in server.ask("alerts")["alerts"] if alert["state"] == "firing"]
        return {(each["alertname"], each.get("issue"), each["severity"]) for each in labels}
    wait_for("the alerts", lambda: firing() == raised, SCRAPE_SECONDS)
    for group in server.ask("rules")["groups"]:
        assert all(rule["health"] == "ok" for rule in group["rules"]), group
