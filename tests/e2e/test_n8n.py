"""The workflows of contrib/n8n as files: that any n8n of 1.x and 2.x imports them, and that no failure in them is silent.

`make test-n8n` runs them in a real n8n.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = CHECKOUT / "contrib" / "n8n"
FILES = sorted(FOLDER.glob("*.json"))
# The newest version of each node that n8n 1.0 knew.
KNOWN = {"manualTrigger": 1, "scheduleTrigger": 1.1, "set": 2, "ssh": 1, "executeCommand": 1, "code": 2, "if": 1, "httpRequest": 4.1,
         "stickyNote": 1}
TRIGGERS = ("manualTrigger", "scheduleTrigger")
COMMANDS = ("ssh", "executeCommand")
ON_ERROR = {"continueOnFail": True, "onError": "continueRegularOutput"}  # as n8n 1.0 says it, and as later ones do


def unique(pairs):
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


def load(path):
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)


def kind(node):
    return node["type"].removeprefix("n8n-nodes-base.")


def only(workflow, *kinds):
    node, = (node for node in workflow["nodes"] if kind(node) in kinds)
    return node


def followers(workflow, name):
    """Names of the nodes behind each output."""
    return [[link["node"] for link in output] for output in workflow["connections"].get(name, {"main": []})["main"]]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def workflow(request):
    return load(request.param)


def test_there_are_both_programs_in_both_ways():
    assert [path.stem for path in FILES] == ["asmo-%s-%s" % (program, way) for program in ("monitor", "report")
                                             for way in ("command", "ssh")]
    workflows = [load(path) for path in FILES]
    for key in ("id", "name"):
        assert len({workflow[key] for workflow in workflows}) == len(workflows)


def test_an_n8n_of_any_version_imports_it(workflow):
    assert re.fullmatch(r"[A-Za-z0-9]{1,21}", workflow["id"])
    assert workflow["active"] is False
    assert not {"versionId", "activeVersionId", "meta", "shared"} & set(workflow)
    assert workflow["settings"]["executionOrder"] == "v1"
    names = [node["name"] for node in workflow["nodes"]]
    assert len(set(names)) == len(names) == len({node["id"] for node in workflow["nodes"]})
    for node in workflow["nodes"]:
        assert node["typeVersion"] <= KNOWN[kind(node)]


def test_every_node_is_reached_and_every_connection_leads_to_one(workflow):
    names = {node["name"] for node in workflow["nodes"]}
    linked = {name for source in workflow["connections"] for output in followers(workflow, source) for name in output}
    assert set(workflow["connections"]) | linked <= names
    unlinked = {node["name"] for node in workflow["nodes"] if kind(node) in TRIGGERS + ("stickyNote",)}
    assert names - linked == unlinked


def test_it_starts_by_hand_and_by_schedule_in_the_same_way(workflow):
    starts = [followers(workflow, only(workflow, trigger)["name"]) for trigger in TRIGGERS]
    assert starts == [[["Settings"]]] * 2
    interval, = only(workflow, "scheduleTrigger")["parameters"]["rule"]["interval"]
    assert interval["field"] == ("hours" if "Monitor" in workflow["id"] else "days")
    assert interval["%sInterval" % interval["field"]] == 1


def test_a_failure_goes_the_way_of_an_answer(workflow):
    command, message = only(workflow, *COMMANDS), only(workflow, "code")
    assert ON_ERROR.items() <= command.items() and ON_ERROR.items() <= message.items()
    assert followers(workflow, command["name"]) == [[message["name"]]]
    post, behind = only(workflow, "httpRequest"), message["name"]
    if "Monitor" in workflow["id"]:
        (behind,), = followers(workflow, behind)
        condition, = only(workflow, "if")["parameters"]["conditions"]["boolean"]
        assert condition == {"value1": "={{ $json.notify !== false }}", "operation": "equal", "value2": True}
    assert followers(workflow, behind) == [[post["name"]]]
    assert not {"continueOnFail", "onError"} & set(post) and post["retryOnFail"] is True


def test_what_a_user_sets_stands_in_one_place_and_holds_no_secret(workflow):
    settings = {value["name"]: value["value"] for value in only(workflow, "set")["parameters"]["values"]["string"]}
    assert set(settings) == {"webhook_url", "command"}
    assert settings["webhook_url"] == "PASTE YOUR DISCORD WEBHOOK URL HERE"
    text = json.dumps(workflow)
    assert "discord.com" not in text and text.count("webhook_url") == 2
    assert not [node for node in workflow["nodes"] if "credentials" in node]
    assert only(workflow, *COMMANDS)["parameters"]["command"] == "={{ $json.command }}"


def test_the_command_is_one_that_the_programs_know(workflow):
    command = next(value["value"] for value in only(workflow, "set")["parameters"]["values"]["string"] if value["name"] == "command")
    match = re.fullmatch(r"/opt/asmo/bin/(asmo-monitor|asmo-report)((?: -[a-z]+)*)", command)
    usage = subprocess.run([CHECKOUT / "bin" / match.group(1), "--help"], check=True, stdout=subprocess.PIPE, timeout=60).stdout.decode()
    for option in match.group(2).split():
        assert re.search(r"^  %s, " % option, usage, re.MULTILINE), option


@pytest.mark.parametrize("program", ("monitor", "report"))
def test_both_ways_to_run_a_program_go_on_in_the_same_way(program):
    ssh, command = (load(FOLDER / ("asmo-%s-%s.json" % (program, way))) for way in ("ssh", "command"))
    assert ssh["connections"] == command["connections"] and ssh["settings"] == command["settings"]
    for one, other in zip(ssh["nodes"], command["nodes"], strict=True):
        assert one == other or (one["name"] == other["name"] and kind(one) in COMMANDS + ("stickyNote",))
