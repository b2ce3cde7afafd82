"""What happens to containers between two runs, on real engines: the report tells of each happening, once, and rightly."""

import concurrent.futures
import json
import re

import pytest

import engines
import ooms
from conftest import Program
from deadline import wait_for
from engines import CliError
from zoo import ZOO

PATIENCE = 240  # seconds for the engine to get to what it was asked for, on a machine that has much else to do

SLEEP = ("sleep", "100000")


def sh(script):
    return ("sh", "-c", script)


# Ends with 1 as often as /wanted says; what is in a container's files outlives its restarts.
CRASHES = sh("n=$(cat /done || echo 0); until [ $(cat /wanted || echo 0) -gt $n ]; do sleep 0.1; done;"
             "echo $((n+1)) >/done; exit 1")
WAITS = "until [ -e /go ]; do sleep 0.1; done;"
HEEDS = sh("trap 'exit 143' TERM; touch /ready; while :; do sleep 0.1; done")
HEALTH = ("--health-cmd", "test -e /well", "--health-interval", "1s", "--health-retries", "1")
SMALL = ("-m", "16m", "--memory-swap", "16m")

# Those that are there before the first run: options and command.
THERE = {
    "quiet": ((), SLEEP),
    "crasher": ((), sh(WAITS + "exit 3")),
    "segfaulter": ((), sh(WAITS + "kill -SEGV $$; sleep 1; exit 139")),
    "once": (("--restart", "always"), CRASHES),
    "often": (("--restart", "on-failure"), CRASHES),
    "by-hand": ((), SLEEP),
    "stopper": ((), HEEDS),
    "stopper-kept-up": (("--restart", "unless-stopped"), sh("trap 'exit 1' TERM; touch /ready; while :; do sleep 0.1; done")),
    "victim": ((), SLEEP),
    "remade": ((), SLEEP),
    "pauser": ((), SLEEP),
    "unpauser": ((), SLEEP),
    "job": ((), ("true",)),
    "bad-job": ((), sh("[ -e /done ] && exit 4; touch /done")),
    "removed": ((), SLEEP),
    "sick": (HEALTH, sh("touch /well; exec sleep 100000")),
    "cured": (HEALTH, SLEEP),
    "eater": (SMALL, sh(WAITS + "exec tail /dev/zero")),
    "eater-again": ((*SMALL, "--restart", "on-failure"),
                    sh("[ -e /done ] && exec sleep 100000;" + WAITS + "touch /done; exec tail /dev/zero")),
}

# What the report has to say of each: kinds of events, in order. An end asked for is no crash.
TOLD = {
    "quiet": [],
    "crasher": ["crashed"],
    "segfaulter": ["crashed"],
    "once": ["restarted_by_policy"],
    "often": ["restarted_by_policy"],
    "by-hand": ["restarted_by_hand"],
    "stopper": ["stopped"],
    "stopper-kept-up": ["stopped"],
    "victim": ["stopped"],
    "remade": ["recreated"],
    "pauser": ["paused"],
    "unpauser": ["unpaused"],
    "job": [],
    "bad-job": ["failed"],
    "removed": ["removed"],
    "sick": ["unhealthy"],
    "cured": ["healthy"],
    "eater": ["oom_killed"],
    "eater-again": ["oom_killed"],
    "new": ["created"],
    "new-job": ["finished"],
    "broken": ["could_not_start"],
}
MESSAGES = {
    "crasher": "crasher crashed (exit code 3)",
    "segfaulter": "segfaulter crashed (exit code 139, segmentation fault)",
    "stopper": "stopper stopped (exit code 143, asked to stop)",
    "stopper-kept-up": "stopper-kept-up stopped (exit code 1)",
    "victim": "victim stopped (exit code 137, killed)",
    "pauser": "pauser paused",
    "removed": "removed removed (it was running)",
    "broken": "broken could not start (exit code 127, command not found)",
}


class Stage:
    """The containers of this file on one engine."""

    def __init__(self, engine):
        self.engine = engine

    def state(self, name):
        return self.engine.inspect(name)["State"]

    def wait(self, name, what, condition):
        return wait_for("%s to be %s" % (name, what), lambda: condition(self.engine.inspect(name)), PATIENCE, pause=0.1)

    def wait_state(self, *names, state):
        for name in names:
            self.wait(name, state, lambda c: c["State"]["Status"] == state)

    def wait_health(self, name, health):
        def has_it(container):
            if self.engine.is_podman:  # it leaves its health checks to a systemd timer, and there is none
                self.engine.cli("healthcheck", "run", name, check=False)
            return (container["State"].get("Health") or {}).get("Status") == health
        self.wait(name, health, has_it)

    def execute(self, name, script):
        self.engine.cli("exec", name, "sh", "-c", script, timeout=PATIENCE)

    def bring_down(self, name, script):
        """Podman minds that the container dies while it waits for the command's end."""
        self.engine.cli("exec", "--detach", name, "sh", "-c", script, timeout=PATIENCE)

    def freeze(self, verb, name, state):
        """An engine on a busy machine may say that it is unable to freeze."""
        def try_it():
            self.engine.cli(verb, name, check=False)
            return self.state(name)["Status"] == state
        wait_for("%s to be %s" % (name, state), try_it, PATIENCE, pause=0.5)

    def remove(self, *names):
        at_once = ("--time", "0") if self.engine.is_podman else ()
        self.engine.cli("rm", "--force", *at_once, *names, check=False, timeout=PATIENCE)

    def set_up(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(self.engine.run, name, *options, command=command)
                         for name, (options, command) in THERE.items()]:
                done.result()
        self.freeze("pause", "unpauser", "paused")
        self.wait_state("job", "bad-job", state="exited")
        self.wait_health("sick", "healthy")
        self.wait_health("cured", "unhealthy")
        for name in ("stopper", "stopper-kept-up"):
            self.execute(name, "until [ -e /ready ]; do sleep 0.1; done")

    def let_things_happen(self):
        for name, times in {"once": 1, "often": 3}.items():
            self.bring_down(name, "echo %d >/wanted" % times)
        for name in ("crasher", "segfaulter"):
            self.bring_down(name, "touch /go")
        self.execute("sick", "rm /well")
        self.execute("cured", "touch /well")
        self.engine.cli("restart", "--time", "0", "by-hand")
        self.engine.cli("stop", "--time", "100", "stopper", "stopper-kept-up", timeout=PATIENCE)
        self.engine.cli("kill", "victim")
        self.remove("remade", "removed")
        self.engine.run("remade", command=SLEEP)
        self.engine.run("new", command=SLEEP)
        self.engine.run("new-job", command=("true",))
        self.engine.cli("start", "job")
        self.engine.cli("start", "bad-job")
        self.freeze("pause", "pauser", "paused")
        self.freeze("unpause", "unpauser", "running")
        with pytest.raises(CliError):
            self.engine.run("broken", command=("/no/such/program",))
        self.wait_state("crasher", "segfaulter", "new-job", "job", "victim", state="exited")
        self.wait("bad-job", "done", lambda c: c["State"]["Status"] == "exited" and c["State"]["ExitCode"] == 4)
        self.wait("once", "back", lambda c: c["RestartCount"] == 1 and c["State"]["Status"] == "running")
        self.wait("often", "back", lambda c: c["RestartCount"] == 3 and c["State"]["Status"] == "running")
        self.wait_health("sick", "unhealthy")
        self.wait_health("cured", "healthy")

    def run_out_of_memory(self, name):
        self.bring_down(name, "touch /go")
        if name == "eater":
            self.wait_state(name, state="exited")
        else:
            self.wait(name, "back", lambda c: c["RestartCount"] == 1 and c["State"]["Status"] == "running")


@pytest.fixture(scope="module")
def digest(engine, tmp_path_factory):
    """What the report says after four runs: between the first two nearly everything happens, then a container each runs
    out of memory. With other containers of the engine it has nothing to do."""
    folder = tmp_path_factory.mktemp("events")
    monitor, report = Program("asmo-monitor", folder), Program("asmo-report", folder)
    config = {"docker": {"ignore_containers": [*ZOO, "rester"]}, "sample_seconds": 0.2}
    stage = Stage(engine)

    def run():
        assert monitor(engine=engine, config=config).json["docker"]["available"], "the engine does not answer"

    try:
        stage.set_up()
        with ooms.alone():
            run()
            stage.let_things_happen()
            run()
            for name in ("eater", "eater-again"):
                stage.run_out_of_memory(name)
                run()
            run()
        found = report("-f", "json", config=config).json
        found["history"] = json.loads(monitor.history.read_text())
        found["text"] = report("-f", "text", config=config).stdout.decode()
        return found
    finally:
        stage.remove(*TOLD)


def events_of(digest, name):
    return [event for event in digest["events"] if event["subject"] == name]


def container(digest, name):
    return next(c for c in digest["containers"] if c["name"] == name)


def test_each_happening_is_told_once(digest, engine):
    told = {name: [event["kind"] for event in events_of(digest, name)] for name in TOLD}
    if engine.is_podman:  # whose 4.3 forgets that it tried to start one
        assert told.pop("broken") == ["created"]
        told["broken"] = TOLD["broken"]
    assert told == TOLD


def test_nothing_else_is_told_of(digest):
    # An OOM kill somewhere else on this machine is none of ours.
    others = [e for e in digest["events"] if e["subject"] not in TOLD and e["kind"] != "oom_elsewhere"]
    assert others == []


def test_exit_codes_are_told_in_words(digest, engine):
    expected = dict(MESSAGES, **({"broken": "broken created, not started"} if engine.is_podman else {}))
    assert {name: events_of(digest, name)[0]["message"] for name in expected} == expected


def test_restarts_are_told_apart(digest):
    counts = {c["name"]: (c["restarts"], c["restarts_by_hand"], c["recreated"]) for c in digest["containers"]}
    assert {name: count for name, count in counts.items() if any(count)} == {
        "once": (1, 0, 0), "often": (3, 0, 0), "by-hand": (0, 1, 0), "remade": (0, 0, 1), "eater-again": (1, 0, 0)}


def test_no_stop_that_somebody_asked_for_is_a_crash(digest):
    crashes = {c["name"]: c["crashes"] for c in digest["containers"] if c["crashes"] and c["name"] != "broken"}
    assert crashes == {"crasher": 1, "segfaulter": 1, "once": 1, "often": 3, "bad-job": 1, "eater": 1, "eater-again": 1}
    fine = {"stopper", "stopper-kept-up", "victim", "by-hand", "remade", "job", "new", "new-job", "quiet", "pauser", "unpauser"}
    bad = [p for p in digest["problems"] if p["subject"] in fine and p["severity"] != "info"]
    assert bad == []


def test_an_oom_kill_is_named_also_when_the_container_is_back(digest):
    assert container(digest, "eater-again")["status"] == "running"
    for name in ("eater", "eater-again"):
        assert "OOM-killed" in events_of(digest, name)[0]["message"]
        assert container(digest, name)["oom_kills"] == 1


def test_times_are_the_engines_own(digest):
    first, second = (s["epoch"] for s in digest["history"][:2])
    exact = ("crasher", "once", "by-hand", "stopper", "victim", "remade", "new", "new-job", "bad-job")
    for name in exact:
        event = events_of(digest, name)[0]
        assert event["from_epoch"] is None and first <= event["epoch"] <= second + 20, event
    for name in ("pauser", "unpauser", "removed", "sick", "cured"):
        event = events_of(digest, name)[0]
        assert (event["from_epoch"], event["epoch"]) == (first, second), event


def test_a_container_that_fell_and_came_back_between_two_checks_shows_its_down_time(digest):
    for name in ("once", "often", "by-hand"):
        one = container(digest, name)
        assert one["uptime_percent"] == 100
        assert 0 < one["seconds_down"] < one["seconds_up"]
        assert one["seconds_down"] == pytest.approx(events_of(digest, name)[0]["down_seconds"], abs=0.2)
        assert one["seconds_up"] + one["seconds_down"] == pytest.approx(digest["observed_seconds"], abs=1.5)
    assert container(digest, "quiet")["seconds_down"] == container(digest, "job")["seconds_down"] == 0
    assert container(digest, "crasher")["seconds_down"] > 0


def test_the_timeline_is_for_people_too(digest):
    timeline = digest["text"].partition("\nTimeline\n")[2].partition("\n\n")[0]
    lines = re.sub("\n {3,}", " ", timeline).splitlines()  # those that were broken to fit the page
    assert len(lines) == len(digest["events"])
    for event in digest["events"]:
        assert any(line.endswith(event["message"]) for line in lines), event


def test_a_restart_of_the_engine_is_told_with_what_it_took_along(asmo_monitor, asmo_report, engine):
    """On an engine of its own: the other tests' containers would not survive it."""
    with engines.start(engine.name) as own:
        stage = Stage(own)
        for name, policy in {"kept-up": "always", "kept": "unless-stopped", "left": "no", "stopped": "unless-stopped"}.items():
            own.run(name, "--restart", policy, command=HEEDS)
        for name in ("kept-up", "kept", "left", "stopped"):
            stage.execute(name, "until [ -e /ready ]; do sleep 0.1; done")
        own.cli("stop", "--time", "100", "stopped", timeout=PATIENCE)
        assert asmo_monitor(engine=own).json["docker"]["available"]
        own.restart()
        stage.wait_state("kept-up", "kept", state="running")
        assert asmo_monitor(engine=own).json["docker"]["available"]
    digest = asmo_report("-f", "json").json
    events = {event["subject"]: event for event in digest["events"] if event["kind"] != "oom_elsewhere"}
    if engine.is_podman:  # nothing of what runs depends on its service
        assert events == {}
        return
    assert {subject: event["kind"] for subject, event in events.items()} == {"engine": "engine_restarted", "left": "left_down"}
    assert events["engine"]["message"] == "The container engine restarted, 2 containers came back with it"
    assert events["left"]["message"] == "left did not come back after the engine restarted, its policy is no"
    assert all(c["restarts"] == c["restarts_by_hand"] == c["crashes"] == 0 for c in digest["containers"])
    assert container(digest, "kept")["seconds_down"] > 0
