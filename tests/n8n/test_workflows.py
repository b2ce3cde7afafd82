"""The workflows of contrib/n8n in a real n8n, against a real sshd, with the real programs, and a server in Discord's place.

Each test changes in a workflow what the README tells a user to change, and no more: the two values of Settings and the
credential. What the command does is then changed under it, by the config of asmo or by another program in its place. That both
ways to run a program go on in the same way is held by tests/e2e/test_n8n.py, so not all is tried with both.

    ASMO_TEST_N8N   which versions (tests/n8n/run has installed them)
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "support"))

import discord  # noqa: E402 (found by the line above)
from n8n import Failed, N8n  # noqa: E402
from sshd import Sshd  # noqa: E402
from webhook import Webhook, as_discord, rate_limited, status  # noqa: E402

CREDENTIAL = "asmo"
NEVER = {"cpu_critical": None, "cpu_warning": None, "disk_critical": None, "disk_warning": None, "swap_warning": None}
CALM = {**NEVER, "ram_critical": None, "ram_warning": None}
CRITICAL = {**NEVER, "ram_critical": 0.01, "ram_warning": 0.01}
MONITORS, REPORTS = ("asmoMonitorSsh", "asmoMonitorCommand"), ("asmoReportSsh", "asmoReportCommand")
SCHEDULE_SECONDS = 300  # until n8n has started and the schedule has fired


def shipped():
    return [json.loads(path.read_text()) for path in sorted((CHECKOUT / "contrib" / "n8n").glob("*.json"))]


class World:
    """An n8n with the workflows, the machine that they ask (this one), and the place that they post to."""

    def __init__(self, version, folder, server, hook, environment):
        self.folder, self.server, self.hook = folder, server, hook
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.config, self.history = Path(environment["ASMO_CONFIG"]), folder / "history.json"
        self.workflows = [self._as_a_user_sets_it(workflow) for workflow in shipped()]
        (folder / "n8n").mkdir()
        self.n8n = N8n(version, folder / "n8n", environment)
        self.n8n.import_credential(CREDENTIAL, "sshPrivateKey", {"host": "127.0.0.1", "port": server.port,
                                   "username": server.user, "privateKey": server.key, "passphrase": ""})
        self.n8n.import_workflows(self.workflows)

    def _as_a_user_sets_it(self, workflow):
        for node in workflow["nodes"]:
            if node["name"] == "Settings":
                values = {value["name"]: value for value in node["parameters"]["values"]["string"]}
                values["webhook_url"]["value"] = self.hook.url("/api/webhooks/1234567890/token?thread_id=7") + "\n"
                values["command"]["value"] = values["command"]["value"].replace("/opt/asmo/bin", str(self.programs))
            if node["type"].endswith(".ssh"):
                node["credentials"] = {"sshPrivateKey": {"id": CREDENTIAL, "name": CREDENTIAL}}
        return workflow

    def reset(self):
        """The real programs, a config in which nothing is wrong, no history, a Discord that answers."""
        self.history.unlink(missing_ok=True)
        self.set(CALM)
        for name in ("asmo-monitor", "asmo-report"):
            (self.programs / name).unlink(missing_ok=True)
            (self.programs / name).symlink_to(CHECKOUT / "bin" / name)
        self.hook.will(as_discord)
        self.hook.requests.clear()
        self.server.let_in()

    def set(self, thresholds, **keys):
        self.config.write_text(json.dumps({"server_name": "e2e", "history_file": str(self.history), "log_file": "",
                                           "docker": {"host": "unix:///nowhere"}, "thresholds": thresholds,
                                           "sample_seconds": 0.1, **keys}))

    def put(self, script):
        """Another program in the place of both."""
        for name in ("asmo-monitor", "asmo-report"):
            (self.programs / name).unlink()
            (self.programs / name).write_text("#!/bin/sh\n" + script)
            (self.programs / name).chmod(0o755)

    def posts(self, workflow):
        """Executes it and returns what came to Discord, each a message that Discord takes."""
        self.hook.requests.clear()
        self.n8n.execute(workflow)
        for request in self.hook.requests:
            assert discord.faults(request.json) == []
        return [request.json for request in self.hook.requests]


@pytest.fixture(scope="session", params=os.environ.get("ASMO_TEST_N8N", "").split())
def shared_world(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("n8n-" + request.param)
    (folder / "sshd").mkdir()
    environment = {"ASMO_CONFIG": str(folder / "config.json")}
    with Sshd(folder / "sshd", environment) as server, Webhook() as hook:
        yield World(request.param, folder, server, hook, environment)


@pytest.fixture
def world(shared_world):
    shared_world.reset()
    return shared_world


def title(message):
    return message["embeds"][0]["title"]


def description(message):
    return message["embeds"][0]["description"]


@pytest.mark.parametrize("workflow", MONITORS)
def test_what_is_critical_is_posted_once(world, workflow):
    world.set(CRITICAL)
    alert, = world.posts(workflow)
    assert title(alert) == "🚨 e2e • Critical Alert"
    assert alert["allowed_mentions"] == {"parse": []}
    assert "thread_id=7" in world.hook.requests[0].path
    assert world.posts(workflow) == []  # it goes on, which is no news
    assert len(json.loads(world.history.read_text())) == 2


@pytest.mark.parametrize("workflow", REPORTS)
def test_a_report_is_posted(world, workflow):
    subprocess.run([CHECKOUT / "bin" / "asmo-monitor", "-q", "-c", world.config], check=True, stdout=subprocess.DEVNULL, timeout=60)
    report, = world.posts(workflow)
    assert title(report).startswith("✅ e2e • 24h Report")


@pytest.mark.parametrize("workflow", ("asmoMonitorSsh", "asmoReportSsh"))
def test_a_server_that_is_not_reached_is_an_alert(world, workflow):
    world.server.stop()
    try:
        alert, = world.posts(workflow)
    finally:
        world.server.start()
    assert title(alert).endswith(" failed")
    assert description(alert).startswith("The server could not be reached")
    assert world.hook.url("") not in json.dumps(alert)  # the SSH node hands on the settings


def test_a_login_that_is_refused_is_an_alert(world):
    world.server.refuse()
    alert, = world.posts("asmoMonitorSsh")
    assert description(alert).startswith("The server could not be reached, or refused the login.")


def test_the_key_can_be_one_that_runs_asmo_alone(world):
    world.server.let_in('restrict,command="%s" ' % (CHECKOUT / "contrib" / "ssh" / "asmo-only"))
    report, = world.posts("asmoReportSsh")
    assert title(report).startswith("🚨 e2e • 24h Report")  # there is no history yet
    world.put("exit 1\n")  # what is asked for is not what runs
    report, = world.posts("asmoReportSsh")
    assert title(report).startswith("🚨 e2e • 24h Report")


def test_a_snapshot_that_could_not_be_stored_is_an_alert_with_the_reason(world):
    world.set(CALM, history_file="/proc/nowhere/history.json")
    alert, = world.posts("asmoMonitorSsh")
    assert title(alert).endswith(" failed")
    assert "/proc/nowhere" in description(alert)


@pytest.mark.parametrize("workflow", ("asmoMonitorCommand", "asmoReportSsh"))
def test_a_command_that_fails_is_an_alert_with_what_it_said(world, workflow):
    world.put("echo 'bash: asmo: ```no such thing\x1b[31m @everyone' >&2\nexit 1\n")
    alert, = world.posts(workflow)
    assert "asmo: '''no such thing" in description(alert) and "\x1b" not in description(alert)


def test_an_answer_that_comes_with_a_failure_is_not_believed(world):
    world.put("echo '{\"success\": true, \"notify\": false}'\nexit 3\n")
    alert, = world.posts("asmoMonitorSsh")
    assert description(alert).startswith("The command failed with exit status 3.")


@pytest.mark.parametrize("workflow", ("asmoMonitorSsh", "asmoReportSsh"))
def test_an_answer_that_is_not_of_asmo_is_an_alert(world, workflow):
    world.put("head -c 3000 /dev/zero | tr '\\0' x\n")
    alert, = world.posts(workflow)
    assert description(alert).startswith("The command printed something else")


def test_no_answer_is_an_alert(world):
    world.put("exit 0\n")
    alert, = world.posts("asmoMonitorSsh")
    assert description(alert) == "The command printed nothing."


def test_a_discord_that_does_not_take_it_at_once_is_asked_again(world):
    world.set(CRITICAL)
    world.hook.will(rate_limited(1), status(502), as_discord)
    world.n8n.execute("asmoMonitorSsh")
    assert len(world.hook.requests) == 3 and len({request.body for request in world.hook.requests}) == 1


def test_a_discord_that_never_takes_it_makes_the_workflow_fail(world):
    world.set(CRITICAL)
    world.hook.will(status(404))
    with pytest.raises(Failed):
        world.n8n.execute("asmoMonitorSsh")


def changed(world, workflow, name, change):
    """A second workflow that is like `workflow` but for what `change` does to the node `name`."""
    copy = json.loads(json.dumps(next(one for one in world.workflows if one["id"] == workflow)))
    copy["id"] = copy["id"] + "2"
    change(next(node for node in copy["nodes"] if node["name"] == name)["parameters"])
    world.n8n.import_workflows([copy])
    return copy["id"]


@pytest.mark.parametrize("workflow", ("asmoMonitorSsh", "asmoReportSsh"))
def test_a_node_that_breaks_is_an_alert(world, workflow):
    broken = changed(world, workflow, "Message", lambda node: node.update(jsCode="throw new Error('task runner lost')"))
    alert, = world.posts(broken)
    assert "the node Message failed" in alert["content"]


def test_the_schedule_runs_it(world):
    every = {"field": "seconds", "secondsInterval": 10}
    workflow = changed(world, "asmoReportSsh", "Every day", lambda node: node["rule"].update(interval=[every]))
    world.n8n.activate(workflow)
    world.hook.requests.clear()
    with world.n8n.started() as service:
        end = time.monotonic() + SCHEDULE_SECONDS
        while not world.hook.requests:
            assert service.poll() is None and time.monotonic() < end, (world.n8n.folder / "service.log").read_text()
            time.sleep(0.2)
    assert discord.faults(world.hook.requests[0].json) == []
