"""--send: against a real HTTPS server on loopback, which misbehaves in every way that one can."""

import email.header
import json
import os
import re
import shutil
import signal
import time

import pytest

import discord
import fail_call
import history
import test_files
import test_hostile
import webhook
from fake_engine import FIXTURES, FakeEngine
from picture import Picture
from webhook import Webhook, rate_limited, status

# Stands in every URL, and may stand nowhere else.
SECRET = "hunter2hunter2"
DISCORD_PATH = "/api/webhooks/1234567890/" + SECRET
PATIENT = 60  # seconds that are never used up, however slow the machine
NO_ENGINE = "--no-docker"


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return webhook.Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def certificate(authority):
    return authority.certificate()


@pytest.fixture
def hook(certificate):
    with Webhook(certificate) as hook:
        yield hook


def settings(authority, seconds=PATIENT, discord_url="", **urls):
    return {"sample_seconds": 0.1, "discord": {"webhook_url": discord_url},
            "send": {"ca_file": str(authority.file), "timeout_seconds": seconds, **urls}}


def leaks(program, *outcomes):
    """Where the secret is found: in what was printed, or in a file that a run left."""
    places = {str(path): path.read_bytes() for path in program.folder.rglob("*") if path.is_file() and path != program.config}
    for number, outcome in enumerate(outcomes):
        places["stdout %d" % number], places["stderr %d" % number] = outcome.stdout, outcome.stderr
    return [place for place, text in places.items() if SECRET.encode() in text]


@pytest.fixture
def report(asmo_report, authority):
    """`report(seconds, discord_url=..., ...)`: a report of a day that is sent there."""
    history.write(asmo_report.history, history.day(lambda hour, epoch: history.snapshot(epoch, [history.container("web")])))

    def run(*args, **keywords):
        config = keywords.pop("config", None) or settings(authority, **keywords)
        outcome = asmo_report("--send", "-v", "--until", str(history.END), *args, config=config)
        assert leaks(asmo_report, outcome) == []
        return outcome

    run.program = asmo_report
    return run


def said(outcome):
    """What was complained of."""
    return [line for line in outcome.stderr.decode().splitlines() if "not sent to" in line]


# What arrives


def test_discord_gets_the_payload_that_is_printed(report, hook):
    hook.will(webhook.as_discord)
    outcome = report(discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 0 and said(outcome) == [], outcome
    assert len(hook.requests) == 1 and without_image(hook.requests[0].json) == outcome.json
    assert hook.requests[0].path == DISCORD_PATH + "?wait=true"
    assert discord.faults(hook.requests[0].json) == []
    assert "sent to Discord (127.0.0.1:%d)" % hook.port in outcome.stderr.decode()
    assert "asmo-report: sent to Discord (127.0.0.1:%d)" % hook.port in report.program.log.read_text()


def without_image(message):
    first, *others = message["embeds"]
    return {**message, "embeds": [{key: value for key, value in first.items() if key != "image"}, *others]}


def test_discord_gets_the_picture_and_what_is_printed_names_none(report, hook, tmp_path):
    hook.will(webhook.as_discord)
    outcome = report(discord_url=hook.url(DISCORD_PATH))
    sent = hook.requests[0].files
    assert "image" not in outcome.json["embeds"][0]
    assert list(sent) == ["payload_json", "files[0]"] and sent["files[0]"].file_name == "report.png"
    assert hook.requests[0].json["embeds"][0]["image"] == {"url": "attachment://report.png"}
    report("-f", "png", "-o", tmp_path / "report.png", discord_url=hook.url(DISCORD_PATH))
    assert sent["files[0]"].body == (tmp_path / "report.png").read_bytes()
    Picture(sent["files[0]"].body)


def test_the_picture_comes_with_each_attempt(report, hook):
    hook.will(status(500), rate_limited(0.1), webhook.as_discord)
    assert report(discord_url=hook.url(DISCORD_PATH)).code == 0
    assert len(hook.requests) == 3 and len({request.body for request in hook.requests}) == 1 and hook.requests[2].files


def test_names_that_look_like_a_boundary_break_nothing(report, hook):
    history.write(report.program.history, [history.snapshot(history.END - 60, [history.container("asmo-boundary-%d" % i,
                  health="unhealthy", status="unhealthy") for i in range(3)], server='--asmo-boundary-0\r\nx: "y"')])
    hook.will(webhook.as_discord)
    assert report(discord_url=hook.url(DISCORD_PATH)).code == 0
    assert "asmo-boundary-" in hook.requests[0].headers["content-type"]
    assert not hook.requests[0].headers["content-type"].endswith(("-0", "-1", "-2"))


@pytest.mark.parametrize("query, sent", [
    ("?thread_id=42", "?thread_id=42&wait=true"), ("?wait=false", "?wait=true"), ("?wait=true&thread_id=4", "?thread_id=4&wait=true"),
    ("?", "?wait=true"), ("?thread_id=42#top", "?thread_id=42&wait=true")])
def test_a_query_of_the_webhook_stays(report, hook, query, sent):
    hook.will(webhook.as_discord)
    outcome = report(discord_url=hook.url(DISCORD_PATH + query))
    assert outcome.code == 0, outcome
    assert hook.requests[0].path == DISCORD_PATH + sent


def test_each_place_gets_its_own_form_whatever_is_printed(report, hook):
    urls = {"slack_url": hook.url("/services/" + SECRET), "ntfy_url": hook.url("/topic-" + SECRET, user=":%s@" % SECRET),
            "json_url": hook.url("/json/" + SECRET), "discord_url": hook.url(DISCORD_PATH)}
    hook.will(status(200, body=b"ok"))
    outcome = report("-f", "text", **urls)
    assert outcome.code == 0 and outcome.stdout.startswith(b"ASMO-01: 24h report"), outcome
    came = {request.path.split("/")[1].split("-")[0]: request for request in hook.requests}
    assert sorted(came) == ["api", "json", "services", "topic"] and len(hook.requests) == 4
    slack = came["services"].json
    assert list(slack) == ["text"] and "Current state" in slack["text"] and slack["text"].startswith("ASMO-01 \u2022 24h Report\n")
    ntfy = came["topic"]
    assert "ASMO-01" in ntfy.body.decode() and ntfy.headers["markdown"] == "yes" and len(ntfy.body) <= 4096
    assert ntfy.headers["title"] == "=?UTF-8?Q?ASMO=2D01_=E2=80=A2_24h_Report?="
    assert (ntfy.headers["priority"], ntfy.headers["tags"]) == ("3", "white_check_mark")
    assert ntfy.headers["authorization"].startswith("Basic ")
    assert came["json"].json["server"] == "ASMO-01" and came["json"].json["containers"][0]["name"] == "web"
    assert discord.faults(came["api"].json) == []


def test_hostile_names_call_nobody_in_slack(report, hook, authority):
    evil = "<!channel> <@U1> `` ``` & x"
    history.write(report.program.history, [history.snapshot(history.END - 60, [
        history.container(evil, status="unhealthy", health="unhealthy")])])
    report(slack_url=hook.url("/x/" + SECRET), ntfy_url=hook.url("/" + SECRET))
    slack = next(request for request in hook.requests if request.path.startswith("/x/")).json["text"]
    assert "<" not in slack and ">" not in slack and slack.count("```") == 2 and "&lt;!channel&gt;" in slack


def test_a_long_report_is_cut_between_lines_and_says_so(report, hook):
    names = ["container-with-a-long-name-%03d" % number for number in range(300)]
    history.write(report.program.history, [history.snapshot(history.END - 60, [history.container(name) for name in names])])
    assert report(ntfy_url=hook.url("/" + SECRET)).code == 0
    text = hook.requests[0].body.decode()
    assert 3000 < len(text.encode()) <= 4096 and re.search(r"\nand \d+ more lines$", text)


def test_several_histories_are_one_message(report, hook, tmp_path):
    for name in ("a.json", "b.json"):
        history.write(tmp_path / name, [history.snapshot(history.END - 60)])
    hook.will(webhook.as_discord)
    outcome = report(tmp_path / "a.json", tmp_path / "b.json", discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 0 and len(hook.requests) == 1 and len(hook.requests[0].json["embeds"]) == 2


def test_a_phone_sees_how_bad_the_worst_of_several_servers_is(report, hook, tmp_path):
    full = {"disks": [history.disk("/", 99.0, 100.0)]}
    for name, changes in ("good", {}), ("bad", full), ("late", {}):
        history.write(tmp_path / name, [history.snapshot(history.END - 60, server=name, **changes)])
    assert report(tmp_path / "good", tmp_path / "bad", tmp_path / "late", ntfy_url=hook.url("/" + SECRET)).code == 0
    ntfy = hook.requests[0]
    assert (ntfy.headers["priority"], ntfy.headers["tags"]) == ("5", "rotating_light")
    title = email.header.make_header(email.header.decode_header(ntfy.headers["title"]))
    assert str(title) == "bad and 2 more \u2022 24h Report"


def test_http_to_loopback_works_without_a_warning(report):
    with Webhook() as plain:
        outcome = report(ntfy_url=plain.url("/" + SECRET), discord_url=plain.url("/" + SECRET, host="localhost"))
        assert outcome.code == 0 and len(plain.requests) == 2
    assert b"on the way" not in outcome.stderr


# Tried again, and not


@pytest.mark.parametrize("first", [
    (rate_limited(0.3),), (status(429, "Retry-After: 1"),), (status(500), status(502)), (status(503, "Retry-After: 1"),), (status(408),),
    (webhook.closes, webhook.closes), (webhook.half_a_header,), (webhook.no_http,),
], ids=["429 JSON", "429 header", "500 twice", "503", "408", "closes", "half a header", "no HTTP"])
def test_what_may_work_later_is_tried_again(report, hook, first):
    hook.will(*first, webhook.as_discord)
    outcome = report(discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 0 and said(outcome) == [], outcome
    assert len(hook.requests) == len(first) + 1
    assert len({request.body for request in hook.requests}) == 1


def test_it_waits_as_long_as_it_is_asked_to(report, hook):
    hook.will(rate_limited(2.25), status(429, "Retry-After: 3"), status(204))
    assert report(discord_url=hook.url(DISCORD_PATH)).code == 0
    first, second, third = (request.at for request in hook.requests)
    assert second - first >= 2.2 and third - second >= 2.9


@pytest.mark.parametrize("code, meaning", [
    (400, "it does not accept the message"), (401, "it does not allow it"), (403, "it does not allow it"), (404, "there is no such webhook"),
    (410, "there is no such webhook"), (413, "the message is too large for it")])
def test_what_is_refused_is_not_tried_again(report, hook, code, meaning):
    hook.will(status(code, body=b'{"message": "Unknown \x1b[31m Webhook", "code": 10015}'))
    outcome = report(discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 1 and len(hook.requests) == 1
    assert said(outcome) == [
        'asmo-report: not sent to Discord (127.0.0.1:%d): it answered %d (%s): {"message": "Unknown Webhook", "code": 10015}' % (
            hook.port, code, meaning)]
    assert outcome.json["embeds"]
    assert said(outcome)[0] in report.program.log.read_text()


def test_a_wait_that_is_too_long_is_not_begun(report, hook):
    hook.will(rate_limited(3600))
    outcome = report(seconds=30, discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 1 and len(hook.requests) == 1 and outcome.seconds < 25
    assert "it answered 429 (too many messages)" in said(outcome)[0]
    assert said(outcome)[0].endswith("it asks to wait for 3600 s, longer than send.timeout_seconds (30)")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(report, hook, certificate, code):
    with Webhook(certificate) as elsewhere:
        for place in (elsewhere, hook):  # not even to the same host
            hook.will(status(code, "Location: " + place.url("/elsewhere")))
            outcome = report(discord_url=hook.url(DISCORD_PATH))
            assert outcome.code == 1
            assert "it answered %d (a redirect, which is not followed)" % code in said(outcome)[0]
        assert elsewhere.connections == 0 and len(hook.requests) == 2


# Servers that never end, and the deadline

SLOW = {
    "hangs": webhook.hangs,
    "slow header": webhook.slow(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "slow headers": webhook.slow(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "only announces": webhook.slow(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW)
def test_the_deadline_holds(report, hook, behaviour):
    hook.will(behaviour)
    outcome = report(seconds=3, discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 1 and "no answer within" in said(outcome)[0], outcome
    assert 2 <= outcome.seconds < 30
    assert len(hook.requests) >= 2  # one attempt does not take all of the time


@pytest.mark.parametrize("piece", [b"X: " + b"y" * 1000 + b"\r\n", b"y" * 65536], ids=["many", "one"])
def test_headers_without_end_are_no_answer(report, hook, piece):
    hook.will(webhook.giant(b"HTTP/1.1 200 OK\r\nX: ", piece), status(204))
    outcome = report(discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 0 and len(hook.requests) == 2
    hook.will(webhook.giant(b"HTTP/1.1 200 OK\r\nX: ", piece))
    outcome = report(seconds=1, discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 1 and "the answer's headers are larger than 16 KiB" in said(outcome)[0]


@pytest.mark.parametrize("behaviour", [
    webhook.slow(b"HTTP/1.1 200 OK\r\n\r\n", b" "), webhook.giant(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536),
    lambda hook, connection, request: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"),
], ids=["slow", "giant", "cut off"])
def test_once_it_says_that_all_is_well_the_rest_does_not_matter(report, hook, behaviour):
    hook.will(behaviour)
    outcome = report(discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 0 and len(hook.requests) == 1 and outcome.seconds < PATIENT / 4


def test_of_a_giant_refusal_the_beginning_is_enough(report, hook):
    hook.will(webhook.giant(b"HTTP/1.1 404 Not Found\r\n\r\n", b"no such thing " * 4096))
    outcome = report(discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 1 and len(hook.requests) == 1 and outcome.seconds < PATIENT / 4
    assert "(there is no such webhook): no such thing no such" in said(outcome)[0] and len(said(outcome)[0]) < 400


def test_a_place_that_hangs_does_not_keep_the_others_waiting(report, hook, certificate):
    with Webhook(certificate) as other:
        hook.will(webhook.hangs)
        other.will(status(500), webhook.as_discord)
        outcome = report(seconds=6, slack_url=hook.url("/services/" + SECRET), discord_url=other.url(DISCORD_PATH))
        assert len(other.requests) == 2 and other.requests[1].at - hook.requests[0].at < 5
    assert outcome.code == 1
    assert [line.split("(")[0] for line in said(outcome)] == ["asmo-report: not sent to Slack "]


# Whom it talks to

BAD_CERTIFICATES = {
    "expired": (lambda ca: ca.certificate(days=-1), "certificate has expired"),
    "another's": (lambda ca: ca.certificate("DNS:example.org"), "127.0.0.1"),
    "self-signed": (lambda ca: ca.self_signed(), "self[- ]signed certificate"),
}


@pytest.mark.parametrize("make, reason", BAD_CERTIFICATES.values(), ids=BAD_CERTIFICATES)
def test_a_server_that_can_not_show_who_it_is_gets_nothing(report, authority, make, reason):
    with Webhook(make(authority)) as impostor:
        outcome = report(discord_url=impostor.url(DISCORD_PATH))
        assert impostor.requests == [] and impostor.connections == 1  # it is not tried again
    assert outcome.code == 1 and re.search(reason, said(outcome)[0]), outcome


def test_a_certificate_of_an_authority_that_is_not_known_is_refused(report, hook, authority, tmp_path_factory):
    other = webhook.Authority(tmp_path_factory.mktemp("other"), "another CA")
    for ca_file in (str(other.file), ""):
        config = settings(authority, discord_url=hook.url(DISCORD_PATH))
        config["send"]["ca_file"] = ca_file
        outcome = report(config=config)
        assert outcome.code == 1 and "certificate" in said(outcome)[0], outcome
    assert hook.requests == []


def test_what_is_no_file_of_certificates_is_named(report, hook, authority, tmp_path):
    (tmp_path / "no.pem").write_text("no certificate")
    for name in ("no.pem", "nowhere.pem"):
        config = settings(authority, discord_url=hook.url(DISCORD_PATH))
        config["send"]["ca_file"] = name  # relative to the config's folder
        outcome = report(config=config)
        assert outcome.code == 1 and str(tmp_path / name) in said(outcome)[0], outcome
    assert hook.connections <= 2 and hook.requests == []


def test_a_name_that_nobody_knows_is_said(report):
    outcome = report(seconds=2, discord_url="https://nobody.invalid" + DISCORD_PATH)
    assert outcome.code == 1 and "not sent to Discord (nobody.invalid): " in said(outcome)[0]


# The secret


@pytest.mark.parametrize("behaviour", [webhook.echoes(404), webhook.echoes(500), status(302, "Location: /" + SECRET)],
                         ids=["404", "500", "redirect"])
def test_an_answer_that_repeats_the_address_is_not_quoted(report, hook, behaviour):
    hook.will(behaviour)
    urls = {"discord_url": hook.url(DISCORD_PATH), "ntfy_url": hook.url("/topic", user="me:%s@" % SECRET),
            "slack_url": hook.url("/%s?token=%s" % (SECRET, SECRET))}
    outcome = report(seconds=1, **urls)  # the fixture looks for the secret
    assert outcome.code == 1 and len(said(outcome)) == 3 and "Cannot POST" not in outcome.stderr.decode()


@pytest.mark.parametrize("key", ["discord.webhook_url", "send.slack_url", "send.ntfy_url", "send.json_url"])
def test_a_url_is_a_secret_wherever_it_stands(report, asmo_monitor, authority, key):
    group, name = key.split(".")
    for url in ("ftp://%s/x" % SECRET, "hooks.example.org/" + SECRET, "https://", "https:///" + SECRET, "https://x/%s y" % SECRET,
                "https://x/\n" + SECRET, ["https://x/" + SECRET]):
        config = {group: {name: url}}
        outcomes = report(config=config), asmo_monitor(NO_ENGINE, config=config), asmo_monitor("--check-config", config=config)
        for outcome in outcomes:
            assert outcome.code == 2 and key + " is " in outcome.stderr.decode(), outcome
        assert leaks(asmo_monitor, *outcomes) == []
    config = {group: {name: "http://example.org/" + SECRET}}
    outcome = asmo_monitor("--check-config", config=config)
    assert outcome.code == 0 and (key + " begins with http://").encode() in outcome.stderr
    assert ("others can read the %s in it: chmod 600" % name).encode() in outcome.stderr
    assert leaks(asmo_monitor, outcome) == []


def test_without_a_place_to_send_to_it_is_a_mistake(asmo_report, asmo_monitor):
    for outcome in (asmo_report("--send"), asmo_monitor("--send", NO_ENGINE)):
        assert outcome.code == 2 and b"--send: the config names no place to send to; set discord.webhook_url" in outcome.stderr
    assert outcome.json["success"] is False and "names no place" in outcome.json["error"] and outcome.json["history"]["stored"] is True
    assert len(json.loads(asmo_monitor.history.read_text())) == 1  # nobody to tell is no reason to forget
    outcome = asmo_monitor("--send", "--dry-run", NO_ENGINE)
    assert outcome.code == 2 and b"--send and --dry-run do not go together" in outcome.stderr


# The monitor: what is news, and what has not arrived


@pytest.fixture
def machine(asmo_monitor, authority, tmp_path):
    """A machine whose RAM is as full as it is told to be: `machine(percent, discord_url=...)` is a run's outcome."""
    proc = tmp_path / "proc"
    shutil.copytree(FIXTURES / "docker-26.1-cgroup2" / "proc", proc)
    quiet = {name: None for name in ("cpu_warning", "cpu_critical", "disk_warning", "disk_critical", "swap_warning")}

    def run(percent, *args, send=True, **keywords):
        (proc / "meminfo").write_text("MemTotal: 10000000 kB\nMemFree: 0 kB\nMemAvailable: %d kB\n" % (10000000 - percent * 100000))
        config = settings(authority, **keywords)
        config["thresholds"] = {**quiet, "ram_warning": 80, "ram_critical": 90}
        outcome = asmo_monitor(NO_ENGINE, "--proc", proc, *(["--send"] if send else []), *args, config=config)
        assert leaks(asmo_monitor, outcome) == []
        return outcome

    run.program = asmo_monitor
    run.proc = proc
    return run


def stored(machine):
    return json.loads(machine.program.history.read_text())


def undelivered(machine):
    return undelivered_of(machine.program)


def undelivered_of(program):
    return [snapshot["alert"]["undelivered"] for snapshot in json.loads(program.history.read_text())]


def title(request):
    return request.json["embeds"][0]["title"].split("\u2022")[1].strip()


def test_only_what_is_news_is_sent(machine, hook):
    hook.will(webhook.as_discord)
    url = hook.url(DISCORD_PATH)
    seen = [machine(percent, discord_url=url) for percent in (50, 95, 95, 50, 50)]
    assert [outcome.code for outcome in seen] == [0] * 5, seen
    assert [title(request) for request in hook.requests] == ["Critical Alert", "Resolved"]
    assert [outcome.json["send"]["discord"]["delivered"] for outcome in seen] == [None, True, None, True, None]
    assert [outcome.json["alert"]["undelivered"] for outcome in seen] == [False] * 5
    assert hook.requests[0].json == seen[1].json["discord"]
    assert undelivered(machine) == [False] * 5


def test_without_send_nothing_is_sent_and_nothing_else_is_said(machine, hook):
    outcome = machine(95, send=False, discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 0 and "send" not in outcome.json and outcome.json["notify"] is True
    assert hook.connections == 0 and undelivered(machine) == [None]
    assert machine(95, send=False).json["notify"] is False


def test_the_snapshot_is_stored_before_anything_is_sent(machine, hook):
    seen = []

    def look(hook, connection, request):
        seen.append([(s["ram_percent"], s["alert"]["undelivered"]) for s in stored(machine)])
        status(204)(hook, connection, request)

    hook.will(look)
    assert machine(95, discord_url=hook.url(DISCORD_PATH)).code == 0
    assert seen == [[(95.0, True)]] and undelivered(machine) == [False]


def test_an_alert_that_has_not_arrived_is_sent_with_the_next_run(machine, hook):
    url = hook.url(DISCORD_PATH)
    hook.will(status(404))
    first = machine(95, discord_url=url)
    assert first.code == 1 and first.json["success"] is True and first.json["history"]["stored"] is True
    send = first.json["send"]["discord"]
    assert send["delivered"] is False and send["host"] == "127.0.0.1:%d" % hook.port and "404" in send["reason"]
    assert undelivered(machine) == [True]
    second = machine(96, discord_url=url)
    assert second.code == 1 and second.json["notify"] is True and title(hook.requests[1]) == "Critical Alert"
    hook.will(webhook.as_discord)
    third = machine(96, discord_url=url)
    assert third.code == 0 and third.json["alert"]["issues"][0]["state"] == "new"
    fourth = machine(96, discord_url=url)
    assert fourth.code == 0 and fourth.json["notify"] is False and len(hook.requests) == 3
    assert undelivered(machine) == [True, True, False, False]


def test_that_it_is_over_is_told_as_well_when_it_did_not_arrive(machine, hook):
    url = hook.url(DISCORD_PATH)
    hook.will(webhook.as_discord, status(403), status(403), webhook.as_discord)
    codes = [machine(percent, discord_url=url).code for percent in (95, 50, 50, 50, 50)]
    assert codes == [0, 1, 1, 0, 0]
    assert [title(request) for request in hook.requests] == ["Critical Alert"] + ["Resolved"] * 3


def test_what_is_printed_for_a_person_is_still_news_for_the_next_run(machine, hook):
    url = hook.url(DISCORD_PATH)
    hook.will(webhook.as_discord)
    assert machine(95, "-f", "text", send=False, discord_url=url).code == 0 and undelivered(machine) == [True]
    assert machine(95, "-f", "text", send=False, discord_url=url).code == 0
    assert machine(95, discord_url=url).code == 0 and [title(request) for request in hook.requests] == ["Critical Alert"]
    assert machine(95, discord_url=url).code == 0 and len(hook.requests) == 1


def test_a_run_by_hand_between_does_not_lose_it(machine, hook):
    url = hook.url(DISCORD_PATH)
    hook.will(status(404))
    machine(95, discord_url=url)
    assert machine(95, send=False, discord_url=url).code == 0 and undelivered(machine) == [True, True]
    assert machine(95, "-n", send=False, discord_url=url).json["notify"] is True
    hook.will(webhook.as_discord)
    assert machine(95, discord_url=url).code == 0 and undelivered(machine) == [True, True, False]
    assert title(hook.requests[-1]) == "Critical Alert"


def test_a_kill_between_the_answer_and_the_note_tells_it_twice(machine, hook):
    """What the server has got before the program dies is told again: twice rather than never."""
    url = hook.url(DISCORD_PATH)

    def kill(hook, connection, request):
        for folder in os.listdir("/proc"):
            if folder.isdigit() and str(machine.program.config).encode() in read("/proc/%s/cmdline" % folder):
                os.kill(int(folder), signal.SIGKILL)
        status(204)(hook, connection, request)

    hook.will(kill, webhook.as_discord)
    assert machine(95, discord_url=url).code == -signal.SIGKILL
    assert undelivered(machine) == [True]
    assert machine(95, discord_url=url).code == 0 and undelivered(machine) == [True, False]
    assert [title(request) for request in hook.requests] == ["Critical Alert"] * 2


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def test_another_run_meanwhile_is_not_touched(machine, hook):
    url = hook.url(DISCORD_PATH)
    between = []

    def another_run(hook, connection, request):
        between.append(machine(95, send=False, discord_url=url).code)
        status(204)(hook, connection, request)

    hook.will(another_run, webhook.as_discord)
    outcome = machine(95, discord_url=url)
    assert outcome.code == 0 and between == [0]
    assert b"another run has added to it; the alert will be sent once more" in outcome.stderr
    assert undelivered(machine) == [True, True]


def test_an_alert_is_sent_although_the_snapshot_can_not_be_stored(machine, hook, tmp_path):
    hook.will(webhook.as_discord)
    (tmp_path / "file").write_text("")
    outcome = machine(95, "--history", tmp_path / "file" / "history.json", discord_url=hook.url(DISCORD_PATH))
    assert outcome.code == 1 and outcome.json["success"] is False and len(hook.requests) == 1


def test_one_place_that_has_got_it_is_enough_and_the_other_is_named(machine, hook, certificate):
    with Webhook(certificate) as other:
        hook.will(webhook.as_discord)
        other.will(status(404))
        urls = {"discord_url": hook.url(DISCORD_PATH), "ntfy_url": other.url("/" + SECRET)}
        outcome = machine(95, **urls)
        assert outcome.code == 1 and [line.split("(")[0] for line in said(outcome)] == ["asmo-monitor: not sent to ntfy "]
        assert {key: value["delivered"] for key, value in outcome.json["send"].items()} == {"discord": True, "ntfy": False}
        assert undelivered(machine) == [False]
        assert machine(95, **urls).code == 0 and len(hook.requests) == len(other.requests) == 1
        assert machine(50, "--exit-code", **urls).code == 3


def test_a_phone_is_told_in_a_few_lines(machine, hook):
    urls = {"ntfy_url": hook.url("/" + SECRET), "json_url": hook.url("/json/" + SECRET)}
    for percent in (95, 50):
        assert machine(percent, **urls).code == 0
    ntfy = [request for request in hook.requests if not request.path.startswith("/json")]
    assert [request.headers["priority"] for request in ntfy] == ["5", "3"]
    assert [request.headers["tags"] for request in ntfy] == ["rotating_light", "white_check_mark"]
    assert ntfy[0].headers["title"] == "=?UTF-8?Q?e2e_=E2=80=A2_Critical_Alert?="
    assert ntfy[0].body.decode().startswith("New\ncritical: RAM is at 95.0 %")
    assert ntfy[1].body.decode().startswith("Resolved\nafter 0m: RAM is at 50.0 %")
    document = next(request for request in hook.requests if request.path.startswith("/json")).json
    assert document["notify"] is True and document["alert"]["issues"][0]["key"] == "ram"


def unhealthy(names):
    """Answers of an engine in which all of these are."""
    entry, inspect = (json.loads((FIXTURES / "docker-26.1-cgroup2" / name).read_text()) for name in ("list.json", "healthy.inspect.json"))
    inspect["State"]["Health"]["Status"] = "unhealthy"
    containers = [dict(entry[0], Id="%064x" % i, Names=["/" + name], State="running") for i, name in enumerate(names)]
    return {"/containers/json": (200, json.dumps(containers)), "/json$": (200, json.dumps(inspect))}


NO_THRESHOLDS = {name: None for name in ("cpu_warning", "cpu_critical", "ram_warning", "ram_critical", "disk_warning", "disk_critical",
                                         "swap_warning")}


def test_an_alert_for_a_phone_tells_of_the_first_and_counts_the_others(asmo_monitor, hook, authority, tmp_path):
    hook.will(status(200))
    config = {**settings(authority, ntfy_url=hook.url("/" + SECRET)), "thresholds": NO_THRESHOLDS}
    for names in (["first"], ["first", *("c%02d" % i for i in range(30))]):
        with FakeEngine(tmp_path, answers=unhealthy(names)) as engine:
            outcome = asmo_monitor("--send", engine=engine, config=config)
        assert outcome.code == 0, outcome
    new, ongoing, last = hook.requests[1].body.decode().rstrip("\n").split("\n\n")
    assert new.startswith("New\ncritical: Container c00 is unhealthy: ") and re.search(r"\nand \d\d more$", new)
    assert new.count("\n") - 1 + int(new.split()[-2]) == 30
    assert re.fullmatch(r"Ongoing\ncritical, since \d\d:\d\d: Container first is unhealthy: its health check fails", ongoing)
    assert last.endswith(", 31 of 31 containers running")


def test_hostile_text_is_harmless_in_an_alert_for_a_phone_and_for_slack(asmo_monitor, hook, authority, tmp_path):
    """As the names of sick containers, and in what the history tells of those that are gone."""
    hook.will(status(200))
    for start in range(0, len(test_hostile.EACH), 20):
        pieces = [b"a" + piece + b"b" for piece in test_hostile.EACH[start:start + 20]]
        texts = [piece.decode(errors="replace") for piece in pieces]
        issues = [{"key": "container:gone-%d:health" % number, "severity": "critical", "state": "ongoing", "snapshots": 2,
                   "message": "Container %s is unhealthy" % text} for number, text in enumerate(texts)]
        history.write(asmo_monitor.history, [history.snapshot(time.time() - 60, alert={"issues": issues})])
        config = {**settings(authority, ntfy_url=hook.url("/" + SECRET), slack_url=hook.url("/slack")), "thresholds": NO_THRESHOLDS,
                  "server_name": "".join(texts)[:90], "docker": {"timeout_seconds": 60}}
        with FakeEngine(tmp_path, answers=test_hostile.sick(pieces)) as engine:
            outcome = asmo_monitor("--send", engine=engine, config=config)
        assert outcome.code == 0, outcome
        slack, ntfy = sorted(hook.requests[-2:], key=lambda request: request.path != "/slack")
        body = ntfy.body.decode()
        assert body.count("critical: Container ") == body.count(": No longer there: Container ") == len(pieces), body
        for line in [*body.split("\n"), str(email.header.make_header(email.header.decode_header(ntfy.headers["title"])))]:
            test_hostile.assert_clean(line)
        assert all(re.match(r"$|(New|Resolved|Not yet confirmed)$|critical: |warning: |after |CPU ", line) for line in body.split("\n")), body
        text = slack.json["text"]
        assert not re.search("[<>]|&(?!(amp|lt|gt);)", text) and text.count("`") == 6, text
        for line in text.split("\n"):
            test_hostile.assert_clean(line)


def test_the_text_says_where_it_went(machine, hook):
    hook.will(webhook.as_discord, status(404))
    url = hook.url(DISCORD_PATH)
    assert "\nSent to Discord (127.0.0.1:%d).\n" % hook.port in machine(95, "-f", "text", discord_url=url).stdout.decode()
    text = machine(50, "-f", "text", discord_url=url).stdout.decode()
    assert "\nNot sent to Discord (127.0.0.1:%d): it answered 404 (there is no such webhook).\n" % hook.port in text
    hook.will(webhook.as_discord)
    machine(50, discord_url=url)  # what is over has still to be told
    assert "ent to Discord" not in machine(50, "-f", "text", discord_url=url).stdout.decode()


@pytest.mark.not_under_valgrind("it is traced")
def test_it_connects_to_the_places_of_the_config_alone(asmo_report, asmo_monitor, authority, hook, tmp_path):
    hook.will(webhook.as_discord)
    config = settings(authority, discord_url=hook.url(DISCORD_PATH))
    config["thresholds"] = {"ram_critical": 0}
    for program, args in ((asmo_report, []), (asmo_monitor, [NO_ENGINE])):
        changed, connected, started = test_files.traced(program, "--send", *args, config=config)
        assert [path for path in changed if not test_files.below(path, [tmp_path / "data", tmp_path / "logs"])] == []
        assert connected and [address for address in connected if "htons(%d)" % hook.port not in address] == []
        assert len(started) == 1
    assert len(hook.requests) == 2 and undelivered_of(asmo_monitor) == [False]


@pytest.mark.not_under_valgrind("it knows no Landlock")
@pytest.mark.skipif(not fail_call.landlock_version(), reason="this kernel has no Landlock, or it is off")
def test_it_is_confined_all_the_same(report, machine, hook):
    """Not only where connecting is free: without Landlock `-v` would say so."""
    hook.will(webhook.as_discord)
    for outcome in (report(discord_url=hook.url(DISCORD_PATH, host="localhost")),
                    machine(95, "-v", discord_url=hook.url(DISCORD_PATH, host="localhost"))):
        assert outcome.code == 0 and b"not confined" not in outcome.stderr
    assert len(hook.requests) == 2
