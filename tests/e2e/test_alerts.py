"""Alerts with a memory: runs one after the other, each of which knows what the one before has said."""

import json
import re
import shutil
import time

import pytest

import discord
from fake_engine import FIXTURES, FakeEngine

HOUR = 3600
QUIET = {"cpu_warning": None, "cpu_critical": None, "disk_warning": None, "disk_critical": None, "ram_warning": None,
         "ram_critical": None, "swap_warning": None}


@pytest.fixture
def machine(asmo_monitor, tmp_path):
    """A machine whose RAM is as full as it is told to be: `machine(percent)` is a run's document."""
    proc = tmp_path / "proc"
    shutil.copytree(FIXTURES / "docker-26.1-cgroup2" / "proc", proc)

    def run(percent, *args, thresholds=(), alerts=(), **keywords):
        (proc / "meminfo").write_text("MemTotal: 10000000 kB\nMemFree: 0 kB\nMemAvailable: %d kB\n" % (
            10000000 - percent * 100000))
        config = {"sample_seconds": 0.1, "thresholds": {**QUIET, "ram_warning": 80, "ram_critical": 90, **dict(thresholds)},
                  "alerts": dict(alerts), "docker": {"timeout_seconds": 60}}
        if not keywords.get("engine"):
            args += ("--no-docker",)
        outcome = asmo_monitor("--proc", proc, *args, config=config, env={"TZ": "UTC"}, **keywords)
        assert outcome.code == 0, outcome
        run.text = outcome.stdout.decode()
        return outcome.json if "text" not in args else run.text

    run.history = asmo_monitor.history
    run.proc = proc
    return run


def states(document):
    return {issue["key"]: (issue["severity"], issue["state"]) for issue in document["alert"]["issues"]}


def earlier(machine, hours):
    """Makes the history so many hours older, as if the runs had been then."""
    snapshots = json.loads(machine.history.read_text())
    for snapshot in snapshots:
        snapshot["epoch"] -= hours * HOUR
        snapshot["uptime_seconds"] -= hours * HOUR
        for issue in snapshot["alert"]["issues"]:
            issue["since_epoch"] -= hours * HOUR
            if issue["notified_epoch"]:
                issue["notified_epoch"] -= hours * HOUR
    machine.history.write_text(json.dumps(snapshots))


def fields(document):
    assert discord.faults(document["discord"]) == []
    return {field["name"]: field["value"] for field in document["discord"]["embeds"][0]["fields"]}


def title_and_color(document):
    embed = document["discord"]["embeds"][0]
    return embed["title"].split("\u2022")[1].strip(), "%06X" % embed["color"]


def test_a_threshold_that_is_crossed_is_told_once_and_once_more_when_it_is_over(machine):
    seen = [machine(percent) for percent in (50, 85, 81, 78, 76, 76)]
    assert [states(document).get("ram") for document in seen] == [
        None, ("warning", "new"), ("warning", "ongoing"), ("warning", "ongoing"), ("warning", "resolved"), None]
    assert [document["notify"] for document in seen] == [False, True, False, False, True, False]
    assert [document["discord"] is not None for document in seen] == [False, True, False, False, True, False]
    assert [len(document["alert"]["warnings"]) for document in seen] == [0, 1, 1, 1, 0, 0]
    assert not any(document["critical_alert"] for document in seen)
    assert title_and_color(seen[1]) == ("Warning", "F39C12")
    assert title_and_color(seen[4]) == ("Resolved", "2ECC71")
    assert list(fields(seen[1])) == ["New", "Current State"] and "RAM is at 85.0 %" in fields(seen[1])["New"]
    assert list(fields(seen[4])) == ["Resolved", "Current State"]
    assert fields(seen[4])["Resolved"].startswith("\u2705 RAM is at 76.0 %") and "(after 0m)" in fields(seen[4])["Resolved"]


def test_the_state_lies_in_the_history_itself(machine):
    machine(85)
    issues = [snapshot["alert"]["issues"] for snapshot in json.loads(machine.history.read_text())]
    assert [issue["key"] for issue in issues[-1]] == ["ram"]
    machine.history.unlink()
    assert states(machine(85))["ram"] == ("warning", "new")


def test_critical_stays_critical_for_those_who_look_at_that_alone(machine):
    machine(50)
    seen = [machine(percent) for percent in (95, 95, 88, 86)]
    assert [document["critical_alert"] for document in seen] == [True, True, True, False]
    assert [document["discord"] is not None for document in seen] == [True, True, True, False]
    assert [states(document)["ram"] for document in seen] == [
        ("critical", "new"), ("critical", "ongoing"), ("critical", "ongoing"), ("warning", "ongoing")]
    assert [document["notify"] for document in seen] == [True, False, False, False]
    assert title_and_color(seen[1]) == ("Critical Alert", "E74C3C")
    assert list(fields(seen[1])) == ["Ongoing", "Current State"] and "(since " in fields(seen[1])["Ongoing"]
    assert "until it is down by 3" in seen[2]["alert"]["critical_issues"][0]
    worse = machine(91)
    assert worse["notify"] and states(worse)["ram"] == ("critical", "new")


def test_what_goes_on_is_told_again_after_a_day(machine):
    first = machine(85)["alert"]["issues"][0]
    assert machine(85)["notify"] is False
    earlier(machine, 25)
    due = machine(85)
    assert due["notify"] is True and states(due)["ram"] == ("warning", "ongoing")
    assert due["alert"]["issues"][0]["since_epoch"] == pytest.approx(first["since_epoch"] - 25 * HOUR, abs=0.01)
    assert due["alert"]["issues"][0]["snapshots"] == 3
    assert machine(85)["notify"] is False
    earlier(machine, 1000)
    assert machine(85, alerts={"repeat_hours": None})["notify"] is False
    assert machine(85, alerts={"repeat_hours": 1000})["notify"] is True


def test_two_snapshots_in_a_row_confirm_when_that_is_asked(machine):
    seen = [machine(percent, alerts={"confirm_snapshots": 2}) for percent in (95, 50, 95, 95, 50)]
    assert [states(document).get("ram", (None, None))[1] for document in seen] == ["pending", None, "pending", "new", "resolved"]
    assert [document["notify"] for document in seen] == [False, False, False, True, True]
    assert [document["critical_alert"] for document in seen] == [True, False, True, True, False]
    assert list(fields(seen[0])) == ["Not Yet Confirmed", "Current State"]


def test_containers_stay_as_they_were_while_the_engine_is_away(machine, tmp_path):
    containers = json.loads((FIXTURES / "docker-26.1-cgroup2" / "list.json").read_text())
    without = [container for container in containers if container["Names"] != ["/unhealthy"]]
    sick = "container:unhealthy:unhealthy"

    with FakeEngine(tmp_path) as engine:
        seen = [machine(85, engine=engine), machine(50, engine=engine)]
    seen += [machine(50, engine=engine), machine(50, engine=engine)]
    with FakeEngine(tmp_path) as engine:
        seen.append(machine(85, engine=engine))
    with FakeEngine(tmp_path, answers={"/containers/json": (200, json.dumps(without))}) as engine:
        seen.append(machine(50, engine=engine))
    assert [states(document).get(sick) for document in seen] == [
        ("critical", state) for state in ("new", "ongoing", "ongoing", "ongoing", "ongoing", "resolved")]
    assert [states(document).get("engine", (None, None))[1] for document in seen] == [
        None, None, "new", "ongoing", "resolved", None]
    assert [sick.split(":")[1] in " ".join(document["alert"]["critical_issues"]) for document in seen] == [
        True, True, False, False, True, False]
    assert list(fields(seen[1])) == ["Ongoing", "Resolved", "Current State"]
    assert list(fields(seen[2])) == ["New", "Ongoing", "Current State"]
    assert list(fields(seen[4])) == ["New", "Ongoing", "Resolved", "Current State"]
    assert "No longer there: Container unhealthy is unhealthy" in fields(seen[5])["Resolved"]


def test_what_happens_while_the_engine_is_away_is_news_when_it_is_back(machine, tmp_path):
    fixture = FIXTURES / "docker-26.1-cgroup2"
    identity = next(c["Id"] for c in json.loads((fixture / "list.json").read_text()) if c["Names"] == ["/healthy"])
    inspect = json.loads((fixture / "healthy.inspect.json").read_text())
    key = "container:healthy:restarts"
    seen = []
    for restarts in (1, None, None, 5, 5):
        inspect["RestartCount"] = restarts
        engine = FakeEngine(tmp_path, answers={"/containers/%s/json" % identity: (200, json.dumps(inspect))})
        if restarts is None:
            seen.append(machine(50, engine=engine))
            continue
        with engine:
            seen.append(machine(50, engine=engine))
    assert [states(document).get(key) for document in seen] == [None, None, None, ("critical", "new"), None]
    assert any("Container healthy was restarted 4 times since" in issue for issue in seen[3]["alert"]["critical_issues"])


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_run_that_another_has_overtaken_knows_what_that_one_told(machine, asmo_monitor, tmp_path, is_sent):
    """The other begins and ends while the engine is asked for its list."""
    send = [] if is_sent else ["--send"]
    nobody = {"send": {"json_url": "http://127.0.0.1:9/", "timeout_seconds": 1}}

    def overtake(connection):
        other = asmo_monitor("--proc", tmp_path / "proc", "--no-docker", *send,
                             config={"sample_seconds": 0.1, "thresholds": {**QUIET, "ram_critical": 90}, **({} if is_sent else nobody)})
        assert other.code == (0 if is_sent else 1) and other.json["notify"] is True
        return engine.answer_as_recorded(connection)

    with FakeEngine(tmp_path) as engine:
        machine(50, engine=engine)
        engine.answers[re.compile("/containers/json")] = overtake
        document = machine(95, engine=engine)
    assert states(document)["ram"] == ("critical", "ongoing" if is_sent else "new") and document["notify"] is not is_sent
    assert [s["alert"]["undelivered"] for s in json.loads(machine.history.read_text())][1:] == ([None] * 2 if is_sent else [True] * 2)


def test_of_two_runs_at_once_the_first_to_store_tells_what_happened(machine, asmo_monitor, tmp_path):
    """Also when it began later."""
    fixture = FIXTURES / "docker-26.1-cgroup2"
    entry = next(c for c in json.loads((fixture / "list.json").read_text()) if c["Names"] == ["/exited3"])
    inspect = json.loads((fixture / "exited3.inspect.json").read_text())
    running = json.loads(json.dumps(inspect))
    running["State"].update(Status="running", Running=True, ExitCode=0)
    said = b"%s error: lost\n" % time.strftime("%Y-%m-%dT%H:%M:%S.0Z", time.gmtime(time.time() - 3)).encode()
    logs = {"/logs": (200, b"\x02\0\0\0" + len(said).to_bytes(4, "big") + said)}
    before, after = ({"/containers/json": (200, json.dumps([dict(entry, State=state)])), "/json$": (200, json.dumps(answer))}
                     for state, answer in (("running", running), ("exited", inspect)))
    config = {"sample_seconds": 0.1, "thresholds": QUIET}

    def overtake(connection):
        (tmp_path / "another").mkdir()
        with FakeEngine(tmp_path / "another", answers=after) as another:
            others.append(asmo_monitor("--proc", tmp_path / "proc", engine=another, config=config).json)
        return engine.answer_as_recorded(connection)

    others = []
    with FakeEngine(tmp_path, answers={"/logs": (200, b""), **before}) as engine:
        machine(50, engine=engine)
    snapshots = json.loads(machine.history.read_text())
    snapshots[0]["containers"][0]["log_until_epoch"] -= 10
    machine.history.write_text(json.dumps(snapshots))
    after.update(logs)
    with FakeEngine(tmp_path, answers={"/_ping": overtake, **after}) as engine:
        document = machine(50, engine=engine)
    assert states(others[0]) == {"container:exited3:stopped": ("warning", "new")} and others[0]["notify"] is True
    assert states(document) == {} and document["notify"] is False
    snapshots = json.loads(machine.history.read_text())
    assert snapshots[2]["epoch"] < snapshots[1]["epoch"]
    exited = [snapshot["containers"][0] for snapshot in snapshots]
    assert [(c["error_count"], c["errors"], c["error_counts"]) for c in exited] == [(0, [], []), (1, ["error: lost"], [1]), (0, [], [])]
    assert exited[2]["log_until_epoch"] >= exited[1]["log_until_epoch"]


@pytest.mark.parametrize("silent", [1, 2])
def test_while_inspect_does_not_answer_all_stays_as_it_was(machine, tmp_path, silent):
    lost = {"/containers/[0-9a-f]+/json": (500, '{"message":"lost"}')}
    seen = []
    for answers in (None, *[lost] * silent, None):
        with FakeEngine(tmp_path, answers=answers) as engine:
            seen.append(machine(50, engine=engine))
    first, *between, last = seen
    assert "container:unhealthy:unhealthy" in states(first)
    ongoing = {key: (severity, "ongoing") for key, (severity, _) in states(first).items()}
    assert [states(document) for document in between] == [ongoing] * silent and states(last) == ongoing
    assert [document["summary"]["containers_unhealthy"] for document in seen] == [1] * (silent + 2)
    assert [document["notify"] for document in seen] == [True] + [False] * (silent + 1)


def test_that_a_container_is_unhealthy_is_known_from_the_list_as_well(machine, tmp_path):
    with FakeEngine(tmp_path, answers={"/containers/[0-9a-f]+/json": (500, '{"message":"lost"}')}) as engine:
        document = machine(50, engine=engine)
    assert states(document)["container:unhealthy:unhealthy"] == ("critical", "new")
    assert json.loads(machine.history.read_text())[0]["containers_unhealthy"] == 1


@pytest.mark.parametrize("other_answers", [True, False])
@pytest.mark.parametrize("silent", [1, 2])
def test_what_happens_while_inspect_does_not_answer_is_news_when_it_does(machine, tmp_path, silent, other_answers):
    fixture = FIXTURES / "docker-26.1-cgroup2"
    identity = next(c["Id"] for c in json.loads((fixture / "list.json").read_text()) if c["Names"] == ["/healthy"])
    inspect = json.loads((fixture / "healthy.inspect.json").read_text())
    seen = []
    for restarts in (1, *[None] * silent, 5, 5):
        inspect["RestartCount"] = restarts
        answer = (200, json.dumps(inspect)) if restarts else (500, '{"message":"lost"}')
        others = {} if other_answers else {"/containers/[0-9a-f]+/json": (500, '{"message":"never"}')}
        with FakeEngine(tmp_path, answers={"/containers/%s/json" % identity: answer, **others}) as engine:
            seen.append(machine(50, engine=engine))
    told = [states(document).get("container:healthy:restarts") for document in seen]
    assert told == [None] * (silent + 1) + [("critical", "new"), None]
    assert any("Container healthy was restarted 4 times since" in issue for issue in seen[-2]["alert"]["critical_issues"])


@pytest.mark.parametrize("all_answer", [True, False])
def test_a_kill_that_was_told_is_not_blamed_on_who_is_killed_next(machine, tmp_path, all_answer):
    fixture = FIXTURES / "docker-26.1-cgroup2"
    entries = {entry["Names"][0][1:]: entry for entry in json.loads((fixture / "list.json").read_text())}
    criticals = []

    def run(oom_kills, ended, answers):
        for name in ended:
            entries[name]["State"] = "exited"
            inspect = json.loads((fixture / ("%s.inspect.json" % name)).read_text())
            inspect["State"].update(Status="exited", Running=False, ExitCode=137, OOMKilled=name == "oom")
            answers["/containers/%s/json" % entries[name]["Id"]] = (200, json.dumps(inspect))
        answers["/containers/json"] = (200, json.dumps([entries[name] for name in ("oom", "healthy", "tty")]))
        (machine.proc / "vmstat").write_text("oom_kill %d\n" % oom_kills)
        with FakeEngine(tmp_path, answers=answers) as engine:
            criticals.append(machine(50, engine=engine)["alert"]["critical_issues"])

    entries["oom"]["State"] = "created"
    run(0, (), {})
    run(1, ["oom"], {} if all_answer else {"/containers/%s/json" % entries["healthy"]["Id"]: (500, '{"message":"lost"}')})
    run(1, ["oom", "tty"], {})
    assert [[issue.split(" (")[0] for issue in issues] for issues in criticals[1:]] == [["Container oom was killed for want of memory"]] * 2


def test_a_history_without_a_memory_starts_with_none(machine):
    machine(85)
    snapshots = json.loads(machine.history.read_text())
    for snapshot in snapshots:
        del snapshot["alert"]["issues"], snapshot["alert"]["notify"]
    machine.history.write_text(json.dumps(snapshots, indent=2))
    document = machine(85)
    assert document["notify"] is True and states(document)["ram"] == ("warning", "new")


def test_a_dry_run_says_what_is_news_and_forgets_it(machine):
    assert machine(85, "--dry-run")["notify"] is True
    assert machine(85)["notify"] is True
    assert machine(85, "--dry-run")["notify"] is False


def test_the_text_says_since_when(machine):
    machine(95)
    text = machine(95, "-f", "text")
    line = re.search(r"(?m)^  critical  (RAM is at .*(\n {12}.*)*)", text).group(1)
    assert re.search(r"95\.0 %.*, since\s+\d\d:\d\d$", line, re.DOTALL)
    text = machine(50, "-f", "text")
    assert "\n  resolved  RAM is at 50.0 %" in text
    assert "Issues: none" in machine(50, "-f", "text")


def test_discord_accepts_hundreds_of_issues(machine):
    """Of each state, all about what can't be looked at or is gone."""
    machine(50)
    snapshots = json.loads(machine.history.read_text())
    snapshots[-1]["alert"]["issues"] = [
        {"key": key % i, "severity": "critical", "state": state, "message": "@everyone `%s` **%d** " % (state, i) + "x" * 300,
         "since_epoch": 0, "notified_epoch": 0, "snapshots": 1}
        for i in range(300) for key, state in (("container:a-%d:state", "ongoing"), ("disk:/gone/%d", "new"),
                                               ("container:b-%d:state", "pending"))]
    machine.history.write_text(json.dumps(snapshots))
    document = machine(95)
    shown = fields(document)
    assert list(shown) == ["New", "Ongoing", "Resolved", "Not Yet Confirmed", "Current State"]
    assert re.search(r" \(since <t:0:f>, <t:0:R>\)\n", shown["Ongoing"])
    assert re.search(r"(?m)^`RAM  +95\.0 % \u2588{10}` ", shown["Current State"])
    assert shown["Ongoing"].endswith(" more") and shown["Resolved"].endswith(" more")
    assert "@everyone" not in json.dumps(shown) and "**0**" not in json.dumps(shown)
    assert len(document["alert"]["issues"]) == 901
