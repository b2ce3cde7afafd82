"""asmo-report over histories with a known truth."""

import datetime
import http.server
import json
import os
import random
import re
import resource
import subprocess
import threading
from pathlib import Path

import pytest

import days
import discord
import history
from days import bad, full_soon, gaps, quiet, with_week
from history import END, HOUR, container, day, disk, snapshot, stopped

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SUFFIXES = {"discord": "discord.json", "json": "json", "markdown": "md", "text": "txt"}


def report(asmo_report, snapshots, *args, **keywords):
    history.write(asmo_report.history, snapshots)
    outcome = asmo_report("--until", END, *args, env={"TZ": "UTC"}, **keywords)
    assert outcome.code == 0, outcome
    return outcome


def digest_of(asmo_report, snapshots, *args):
    return report(asmo_report, snapshots, "-f", "json", *args).json


def messages(digest, severity, subject):
    return [p["message"] for p in digest["problems"] if (p["severity"], p["subject"]) == (severity, subject)]


def only(digest, name):
    return next(c for c in digest["containers"] if c["name"] == name)


HOSTILE = ["@everyone **bold** `code`", "```js\nx```", "<@1234> <t:0:R> https://evil.example", "[a](http://b)",
           "\u202eright to left", "a" * 300, "\U0001f433" * 200, "<script>alert(1)</script>", "# heading | ||spoiler||"]


def hostile(_hour, epoch):
    return snapshot(epoch, [container(name, restarts=_hour, errors=[name], error_counts=[5], error_count=5, health="unhealthy",
                                      status="unhealthy") for name in HOSTILE], server="@here `x` " + "s" * 300)


DAYS = {"quiet": quiet, "bad": bad, "gaps": gaps}


@pytest.mark.parametrize("form", SUFFIXES)
@pytest.mark.parametrize("name", DAYS)
def test_a_day_looks_as_it_did(asmo_report, name, form):
    """With ASMO_TEST_UPDATE=1 the golden files are written anew."""
    assert_golden(report(asmo_report, with_week(DAYS[name], 24), "-f", form).stdout.decode(), name, form)


@pytest.mark.parametrize("form", SUFFIXES)
def test_five_servers_look_as_they_did(asmo_report, tmp_path, form):
    files = days.write(tmp_path, days.SHOWN["five"])
    printed = asmo_report("--until", END, "-f", form, *files, env={"TZ": "UTC"}).stdout.decode()
    assert_golden(printed, "five", form)


@pytest.mark.once
@pytest.mark.parametrize("form", [*SUFFIXES, "html", "png"])
def test_a_report_costs_little(asmo_report, form):
    """24 hours of 30 containers, the whole program."""
    snapshots = day(lambda h, e: snapshot(e, [
        container("container-%02d" % i, restarts=h, errors=["error %d" % i], error_counts=[3], error_count=3) for i in range(30)]))
    costs = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        printed = report(asmo_report, snapshots, "-f", form).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(costs) < 0.5, costs  # ten times what it takes, as machines are slow; `make bench` has the figures
    assert len(printed) < 150000


def assert_golden(printed, name, form):
    golden = GOLDEN / ("%s.%s" % (name, SUFFIXES[form]))
    if os.environ.get("ASMO_TEST_UPDATE"):
        golden.write_text(printed)
    assert printed == golden.read_text()


@pytest.mark.parametrize("name", [*DAYS, "hostile"])
def test_discord_accepts_every_day(asmo_report, name):
    message = report(asmo_report, day({**DAYS, "hostile": hostile}[name])).json
    assert discord.faults(message) == []
    timeline = ["Timeline"] if name != "quiet" else []
    assert [field["name"] for field in message["embeds"][0]["fields"]] == ["Current State", "Issues", *timeline, "Top Memory",
                                                                           "Top CPU"]
    assert message["embeds"][0]["title"].endswith("\u2022 24h Report")


def test_discord_accepts_a_hundred_sick_containers(asmo_report):
    names = ["container-with-a-rather-long-name-%03d" % i for i in range(100)]
    message = report(asmo_report, day(lambda hour, epoch: snapshot(epoch, [
        container(name, restarts=hour * 5, errors=["Error: %s %s" % (name, "x" * 250)], status="unhealthy",
                  health="unhealthy") for name in names]))).json
    assert discord.faults(message) == []
    issues = message["embeds"][0]["fields"][1]["value"]
    assert "more" in issues.splitlines()[-1], issues


def test_what_does_not_fit_has_nothing_of_less_weight_behind_it(asmo_report):
    """A short issue is no reason to leave out a long one before it."""
    names = ["%d-%s" % (i, "x" * 90) for i in range(12)] + ["short"]
    message = report(asmo_report, day(lambda hour, epoch: snapshot(epoch, [
        container(name, errors=["Error: " + "y" * (1 if name == "short" else 250)], error_counts=[20 if name == "short" else 30],
                  error_count=20 if name == "short" else 30) for name in names]))).json
    digest = asmo_report("--until", END, "-f", "json").json
    lines = message["embeds"][0]["fields"][1]["value"].splitlines()
    starts = ["Container %s" % problem["subject"][:20] for problem in digest["problems"]]
    assert 1 < len(lines) - 1 < len(starts) and starts[-1] == "Container short"
    for line, start in zip(lines[:-1], starts):
        assert start in line, lines
    assert lines[-1] == "and %d more" % (len(starts) - len(lines) + 1)


def test_a_username_is_cut_to_what_discord_takes(asmo_report):
    history.write(asmo_report.history, day(quiet))
    message = asmo_report("--until", END, config={"discord": {"username": "u" * 100}}).json
    assert discord.faults(message) == [] and message["username"] == "u" * 79 + "\u2026"


def servers(tmp_path, days):
    """A history file for each name."""
    for name, what in days.items():
        history.write(tmp_path / name / "history.json", [dict(s, server=name) for s in day(what)])
    return [tmp_path / name / "history.json" for name in days]


def shown_and_counted(value):
    """How many lines a field shows, and how many more it counts."""
    lines = [line for line in value.replace("```", "").strip().splitlines() if line]
    more = re.fullmatch(r"and (\d+) more|(\d+) left out", lines[-1])
    return (len(lines) - 1, int(more.group(1) or more.group(2))) if more else (len(lines), 0)


@pytest.mark.parametrize("worse", [False, True])
def test_ten_servers_share_one_message_and_nobody_is_crowded_out(asmo_report, tmp_path, worse):
    """Each server's worst is shown before anybody's second, what is cut is counted, and no room is wasted."""
    def sick(h, e):
        return snapshot(e, [container("@everyone-*%02d*-" % i + "x" * (90 if worse else 5), restarts=h * (i % 3), health="unhealthy",
                                      status="unhealthy", errors=["`" * 300], error_counts=[1], error_count=1) for i in range(60)],
                        disks=[disk("/mnt/%d" % i, 99, 100.0) for i in range(30)])
    days = {("s%d" % i) + ("*" * 90 if worse else ""): bad if i == 5 else sick for i in range(10)}
    files = servers(tmp_path, days)
    message = asmo_report("--until", END, *files, env={"TZ": "UTC"}).json
    digests = {d["server"]: d for d in asmo_report("--until", END, "-f", "json", *files, env={"TZ": "UTC"}).json}
    assert discord.faults(message) == [] and len(message["embeds"]) == 10
    assert 5400 <= sum(len(text) for embed in message["embeds"] for text in discord.counted(embed)) <= 6000
    for embed, digest in zip(message["embeds"], digests.values()):
        values = {field["name"]: field["value"] for field in embed["fields"]}
        for name, lines in ("Issues", digest["problems"]), ("Timeline", digest["events"]), ("Top CPU", digest["top_cpu"]):
            assert sum(shown_and_counted(values[name])) == len(lines), (name, values[name])
        assert shown_and_counted(values["Issues"])[0] >= 1 and (worse or shown_and_counted(values["Current State"])[0] >= 2)
        assert "critical**: " in embed["description"]
    assert message["embeds"][0]["description"].startswith("**10 servers**: \U0001f6a8 ")


def test_a_quiet_day_is_short(asmo_report):
    embed = report(asmo_report, day(quiet)).json["embeds"][0]
    assert [field["name"] for field in embed["fields"]] == ["Current State", "Issues", "Top Memory", "Top CPU"]
    assert sum(map(len, discord.counted(embed))) < 600 and embed["fields"][1]["value"] == "None."


def test_times_in_discord_are_the_readers_and_sentences_say_whose_they_are(asmo_report):
    history.write(asmo_report.history, day(gaps))
    embed = asmo_report("--until", END, env={"TZ": "Asia/Kolkata"}).json["embeds"][0]
    assert embed["footer"]["text"].endswith(" \u2022 times in issues are UTC+05:30")
    timeline = next(field["value"] for field in embed["fields"] if field["name"] == "Timeline")
    assert timeline.splitlines()[0] == "\u26a0\ufe0f <t:%d:t>-<t:%d:t> No snapshot" % (END - 60 - 21 * HOUR, END - 60 - 16 * HOUR)
    two_days = report(asmo_report, day(bad, hours=48), "--hours", 48).json["embeds"][0]
    assert re.search(r"<t:\d+:f>", json.dumps(two_days))


def test_what_a_message_always_has_fits_for_ten_servers(asmo_report, tmp_path):
    """Names, subjects and gaps as long as they come, all of signs that are escaped, and a window of many digits."""
    def sick(h, e):
        if h % 3 == 1:
            return None
        return snapshot(e, [container("%02d" % i + "*" * 90, status="unhealthy", health="unhealthy") for i in range(50)] + [
            container("w%02d" % i + "*" * 90, state="exited" if h % 2 else "running", exit_code=3) for i in range(50)])
    files = servers(tmp_path, {"s%d" % i + "*" * 95: sick for i in range(10)})
    message = asmo_report("--until", END, "--hours", "23.98765", *files, env={"TZ": "Asia/Kolkata"}).json
    assert discord.faults(message) == []
    for embed in message["embeds"]:
        assert re.search(r"critical\*\*: .* and \d+ more\n.*warnings\*\*: .*( and \d+ more|in all)$", embed["description"])
        assert embed["footer"]["text"].endswith("\u2026 \u2022 times in issues are UTC+05:30")


def test_no_room_is_kept_that_nobody_needs(asmo_report, tmp_path):
    files = servers(tmp_path, {"s%d" % i: lambda h, e: snapshot(e, [container("c%02d" % i, errors=["x"], error_counts=[1], error_count=1)
                                                                  for i in range(40)]) for i in range(5)})
    message = asmo_report("--until", END, *files, env={"TZ": "UTC"}).json
    cut = [field for embed in message["embeds"] for field in embed["fields"] if shown_and_counted(field["value"])[1]]
    left = 6000 - sum(len(text) for embed in message["embeds"] for text in discord.counted(embed))
    assert {field["name"] for field in cut} == {"Issues"} and 0 <= left <= 16 * len(cut) + 80


def test_the_headline_names_what_is_wrong(asmo_report):
    def headline(what):
        return report(asmo_report, day(what)).json["embeds"][0]["description"]
    assert headline(quiet) == "Nothing is wrong."
    assert headline(bad) == "\U0001f6a8 **5 critical**: disk /, db, proxy, CPU, web\n\u26a0\ufe0f **1 warning**: worker"
    many = headline(lambda h, e: snapshot(e, [container("c%03d" % i, health="unhealthy", status="unhealthy") for i in range(300)]))
    assert headline(lambda h, e: quiet(h, e) if h < 9 else None) == "\U0001f6a8 **1 critical**: monitor not running"
    assert many.startswith("\U0001f6a8 **300 critical**: c000, c001, ")
    assert len(re.findall(r"c\d", many)) + int(re.search(r" and (\d+) more$", many).group(1)) == 300


def test_trends_and_forecasts_are_seen_in_discord(asmo_report):
    state = report(asmo_report, day(bad)).json["embeds"][0]["fields"][0]["value"].splitlines()
    assert state[0] == "`CPU       10.2 % \u2582\u2582\u2588\u2582\u2582\u2582\u2583\u2582\u2583\u2582\u2583\u2583\u2582\u2582\u2582\u2582` avg 21.8 %, max 97.5 %"
    assert [line.index("%") for line in state[:4]] == [16] * 4
    full = report(asmo_report, filling(2.0, 88.0)).json["embeds"][0]["fields"][0]["value"]
    assert re.search(r"(?m)^`/data .*`.*, full <t:(\d+):D> \(<t:\1:R>\)$", full)
    assert len(re.findall("full", full)) == 1


def test_hostile_names_are_inert_in_discord(asmo_report):
    text = report(asmo_report, day(hostile)).json["embeds"][0]
    text = json.dumps([re.sub("```.*?```", "", field["value"], flags=re.DOTALL) for field in text["fields"]] + [text["title"]],
                      ensure_ascii=False)
    for mark in ("@everyone", "@here", "<@1234>", "<t:0:R>", "https://evil", "[a](http"):
        assert mark not in text, mark
    assert "\u202e" not in text


def test_hostile_names_are_inert_at_a_terminal(asmo_report):
    names = ["\x1b[31mred\x1b[0m", "tab\tand\nline", "\u202ereversed"]
    text = report(asmo_report, day(lambda h, e: snapshot(e, [container(n) for n in names])), "-f", "text").stdout.decode()
    assert "\x1b" not in text and "\u202e" not in text and "\t" not in text
    assert "red" in text and "tab and line" in text


def test_a_quiet_day_is_ok(asmo_report):
    digest = digest_of(asmo_report, day(quiet))
    assert digest["severity"] == "ok" and digest["problems"] == []
    assert digest["snapshots"] == digest["expected_snapshots"] == 24
    assert digest["cpu_percent"] == {"avg": 18.4, "min": 9.9, "max": 29.0}
    assert only(digest, "jellyfin")["uptime_percent"] == 100


def test_what_goes_wrong_is_told_once_and_rightly(asmo_report):
    digest = digest_of(asmo_report, day(bad))
    assert digest["severity"] == "critical"
    assert messages(digest, "critical", "web") == ["Container web was restarted by its policy 7 times, last at 17:49"]
    assert messages(digest, "critical", "db") == [
        "Container db was killed for want of memory (OOM) at 01:00 and is stopped since (9 h)"]
    assert messages(digest, "critical", "proxy") == ["Container proxy is unhealthy since 08:59 at the latest: its health check fails"]
    assert messages(digest, "warning", "worker") == [
        "Container worker crashed (exit code 3) and runs again, it was down for at least 3h 0m"]
    assert messages(digest, "critical", "CPU") == [
        "CPU reached 97.5 % at 13:59 (critical above 95 %), now 10.2 %, on average 21.8 %"]
    assert messages(digest, "critical", "/")[0] == "Disk / is at 92.6 % (critical above 90 %), +23.0 GiB in 23 h"
    assert messages(digest, "info", "web") == [
        "Container web logged 16 error lines, most often: SQLite Error 5: database is locked"]
    assert not [p for p in digest["problems"] if p["subject"] in ("jellyfin", "job", "/mnt/nas")]
    assert only(digest, "web")["errors"] == [{"message": "SQLite Error 5: database is locked", "count": 16,
                                              "first_epoch": None, "last_epoch": None}]
    severities = [p["severity"] for p in digest["problems"]]
    assert severities == sorted(severities, key=["critical", "warning", "info"].index)


def test_of_what_is_equally_bad_what_goes_on_comes_first(asmo_report):
    def subjects(what):
        return [p["subject"] for p in digest_of(asmo_report, day(what))["problems"]]
    assert subjects(bad) == ["/", "db", "proxy", "CPU", "web", "worker", "web"]
    back = subjects(lambda h, e: container_is_back(bad(h, e)))
    assert back[:5] == ["/", "proxy", "CPU", "db", "web"]
    assert subjects(lambda h, e: snapshot(e, [container("x", status="unhealthy", health="unhealthy")], cpu_percent=97.5)) == ["CPU", "x"]


def container_is_back(one):
    """The snapshot with every container running at its end."""
    if one["epoch"] < END - HOUR:
        return one
    return dict(one, containers=[dict(c, state="running", status="running") if c["name"] == "db" else c for c in one["containers"]])


def test_a_state_of_hours_ago_does_not_pass_for_the_present_one(asmo_report):
    """The monitor has stopped."""
    said = {"text": "State last seen Jan 10 10:59\n", "markdown": "Last seen 2026-01-10 10:59.\n", "html": 'Z">Jan 10 10:59</time></small></h2>',
            "discord": "**Last seen** <t:%d:f>" % (END - 23 * HOUR - 60)}
    for form, words in said.items():
        assert words in report(asmo_report, day(days.silent), "-f", form).stdout.decode(), form
        assert words[:9] not in report(asmo_report, day(quiet), "-f", form).stdout.decode() or form == "html"
    message = report(asmo_report, [dict(s, docker={"available": True}, swap_used_gb=3.9, avg_seconds=HOUR, net_rx_kb_per_second=9.0,
                                        net_tx_kb_per_second=9.0) for s in day(lambda h, e: quiet(h, e) if h < 20 else None)]).json
    state = message["embeds"][0]["fields"][0]["value"].splitlines()
    assert len(state) == 9 and state[0].startswith("**Last seen**") and state[-1].startswith("**Load**"), state


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_containers_with_issues_come_first(asmo_report, form):
    text = report(asmo_report, day(bad), "-f", form).stdout.decode()
    names = re.findall(r"(?m)^(?:\| |  )(\w+) ", text[text.rindex("Containers"):])
    assert [name for name in names if name in ("db", "proxy", "web", "worker", "jellyfin", "job")] == [
        "db", "proxy", "web", "worker", "jellyfin", "job"]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_of_several_servers_it_is_said_at_once_what_is_wrong_with_each(asmo_report, tmp_path, form):
    def crowd(h, e):
        return snapshot(e, [stopped("a-container-called-%02d" % i, 3) if h > 9 else container("a-container-called-%02d" % i)
                            for i in range(20)])
    files = servers(tmp_path, {"a": quiet, "m": full_soon, "z": bad, "crowd": crowd})
    text = asmo_report("--until", END, "-f", form, *files, env={"TZ": "UTC"}).stdout.decode()
    summary = re.sub(r"\s+", " ", text[text.rindex("</style>") if form == "html" else 0:text.index("24h Report" if form == "markdown"
                     else "<article" if form == "html" else "24h report")])
    found = [summary.index(words) for words in (
        "5 critical: disk /, db, proxy, CPU, web; 1 warning: worker", "1 critical: disk /srv/photos; 2 warnings: CPU, RAM",
        "20 warnings: a-container-called-00, a-", "nothing is wrong")]
    many = re.search(r"20 warnings: (a-container-called-\d\d(?:, a-container-called-\d\d)*) and (\d+) more", summary)
    assert many[1].count(",") + 1 + int(many[2]) == 20 and len(many[1]) < 150
    assert found == sorted(found), summary  # that with the most critical issues first


def test_lines_that_differ_only_in_what_varies_are_one_error_with_its_sum_its_first_and_its_last(asmo_report):
    def lines(hour, epoch):
        errors = ["dial tcp 10.0.0.%d:5432: timeout after %d ms" % (hour, 7 * hour), "disk full"]
        return snapshot(epoch, [container("web", errors=errors, error_counts=[3, 1], error_count=4,
                                          error_first_epochs=[epoch - 900, epoch - 10], error_last_epochs=[epoch - 5, epoch - 10])])

    days = day(lines)
    first, last = days[0]["epoch"], days[-1]["epoch"]
    assert only(digest_of(asmo_report, days), "web")["errors"] == [
        {"message": "dial tcp 10.0.0.0:5432: timeout after 0 ms", "count": 72, "first_epoch": first - 900, "last_epoch": last - 5},
        {"message": "disk full", "count": 24, "first_epoch": first - 10, "last_epoch": last - 10}]


def test_no_more_than_50_messages_of_a_container_are_kept_and_all_are_counted(asmo_report):
    def lines(hour, epoch):
        errors = ["%s%s failed" % (chr(97 + hour), chr(97 + i)) for i in range(20)]
        return snapshot(epoch, [container("web", errors=errors, error_counts=[2] * 20, error_count=40)])

    web = only(digest_of(asmo_report, day(lines)), "web")
    assert len(web["errors"]) == 50 and all(error["count"] == 2 for error in web["errors"])
    assert web["error_count"] == 24 * 40

def test_restarts_are_the_rise_of_the_counter_and_survive_a_reset(asmo_report):
    counts = [5, 5, 8, 0, 2, 2] + [2] * 18
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web", restarts=counts[h])])))
    assert only(digest, "web")["restarts"] == 3 + 0 + 2


@pytest.mark.parametrize("ids", [[None, None], ["a" * 64, "a" * 64], ["a" * 10, "a" * 12], [None, "a" * 12]])
def test_the_same_container_by_ids_of_another_length_has_not_restarted(asmo_report, ids):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web", restarts=2, id=ids[h % 2])])))
    assert only(digest, "web")["restarts"] == 0


@pytest.mark.parametrize("form, status, count", [
    ("text", r"  job +finished .*\n  meant +stopped .*\n  nap +stopped .*\n  new +stopped ", "Containers 5: 1 running, 3 stopped, 1 finished\n"),
    ("markdown", r"\| job +\| finished +\|.*\n\| meant +\| stopped, as expected +\|.*\n\| nap +\| stopped +\|.*\n\| new +\| stopped +\|",
     "- Containers: 5: 1 running, 3 stopped, 1 finished\n"),
    ("html", r'(?s)>job</th><td[^>]*>finished</td>.*>meant</th><td[^>]*>stopped, as expected</td>.*>nap</th><td[^>]*>stopped</td>',
     "5: 1 running, 3 stopped, 1 finished</dd>"),
    ("discord", "", "**Containers** 5: 1 running, 3 stopped, 1 finished\\n"),
])
def test_a_job_that_ended_well_is_finished_and_not_stopped(asmo_report, form, status, count):
    containers = [stopped("job"), stopped("meant", expected="stopped"), stopped("nap", restart_policy="always"),
                  container("new", state="created", status="stopped"), container("web")]
    text = report(asmo_report, day(lambda h, e: snapshot(e, containers)), "-f", form).stdout.decode()
    assert re.search(status, text) and count in text


def test_a_container_made_anew_counts_from_zero(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [
        container("web", restarts=50 if h < 12 else 3, id="a" * 12 if h < 12 else "b" * 12)])))
    assert only(digest, "web")["restarts"] == 3


def test_an_engine_that_did_not_answer_is_no_downtime_of_its_containers(asmo_report):
    digest = digest_of(asmo_report, day(gaps))
    assert only(digest, "jellyfin")["uptime_percent"] == 100
    assert messages(digest, "warning", "engine") == [
        "The container engine did not answer in 2 of 20 checks between 20:59 and 21:59, it answers again"]
    assert [e["severity"] for e in digest["events"] if e["kind"] == "engine_gone"] == ["warning"]  # as the issue


def test_of_an_engine_that_does_not_answer_it_is_said_since_when(asmo_report):
    def hour(h, e):
        return gaps(10, e) if h in (4, 5, 9) or h >= 20 else quiet(h, e)
    digest = digest_of(asmo_report, day(hour))
    assert messages(digest, "critical", "engine") == [
        "The container engine does not answer since 06:59 at the latest: Connection refused"]
    assert [e["severity"] for e in digest["events"] if e["kind"] == "engine_gone"] == ["warning", "warning", "critical"]
    assert messages(digest_of(asmo_report, day(lambda h, e: hour(h, e) if h < 20 else quiet(h, e))), "warning", "engine") == [
        "The container engine did not answer in 3 of 24 checks between 14:59 and 19:59, it answers again"]


@pytest.mark.parametrize("restarts, ended, exit_code, expected", [
    (0, "finished_at", 137, "at 01:00 and is stopped since (9 h)"),
    (0, None, 137, "between 00:59 and 01:59 and is stopped since"),
    (0, "finished_at", 0, "at 01:00 and is stopped"),  # it ran again, well, before anybody looked
])
def test_since_when_a_container_is_stopped_is_said_only_where_it_is_known(asmo_report, restarts, ended, exit_code, expected):
    killed = stopped("db", 137, oom_killed=True, **({ended: stamp(END - 9 * HOUR)} if ended else {}))
    last = dict(killed, exit_code=exit_code)
    if not exit_code:
        last.update(started_at=stamp(END - 400), finished_at=stamp(END - 300), oom_killed=False)
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("db") if h < 15 else killed if h < 23 else last])))
    assert messages(digest, "critical", "db") == ["Container db was killed for want of memory (OOM) " + expected]


def test_what_no_event_dates_has_no_date(asmo_report):
    """Unhealthy from before the first snapshot on; the last one is half a day old."""
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(
        e, [container("proxy", health="unhealthy", status="unhealthy")], cpu_percent=97.5 if h == 3 else 15.3) if h < 12 else None))
    assert messages(digest, "critical", "proxy") == [
        "Container proxy is unhealthy: its health check fails in all of 12 checks"]
    assert messages(digest, "critical", "CPU") == ["CPU reached 97.5 % at 13:59 (critical above 95 %), on average 22.2 %"]


def test_where_the_clock_was_set_issues_name_no_time(asmo_report):
    """It was three hours behind until noon."""
    def hour(h, e):
        killed = stopped("db", 137, oom_killed=True, finished_at=stamp(END - 9 * HOUR))
        one = snapshot(e - (3 * HOUR if h < 12 else 0), [
            container("db") if h < 15 else killed,
            container("proxy", **({"health": "unhealthy", "status": "unhealthy"} if h >= 20 else {})),
            stopped("worker", 3) if h >= 18 else container("worker")],
            cpu_percent=97.5 if h == 13 else 15.3, oom_kills=0 if h < 15 else 1, disks=[disk("/", 920 + h, 1000.0)])
        return dict(one, uptime_seconds=1322580 + e - END)
    digest = digest_of(asmo_report, day(hour))
    assert "clock_set" in [e["kind"] for e in digest["events"]]
    assert [p["message"] for p in digest["problems"]] == [
        "Disk / is at 94.3 % (critical above 90 %), +20.0 GiB", "Container db was killed for want of memory (OOM) once and is stopped",
        "Container proxy is unhealthy: its health check fails",
        "CPU reached 97.5 % (critical above 95 %), now 15.3 %, on average 19.2 %",
        "Container worker crashed (exit code 3), it is down", "3 of 24 snapshots are missing: what happened then is not known"]


def test_an_engine_that_was_not_asked_is_no_failure(asmo_report):
    not_asked = {"available": None, "engine": None, "version": None, "error": "not asked (--no-docker)"}
    digest = digest_of(asmo_report, day(lambda h, e: quiet(h, e) if h < 23 else snapshot(e, docker=not_asked)))
    assert digest["severity"] == "ok"
    assert only(digest, "jellyfin")["status"] == "running"


def test_a_container_that_was_removed_is_told_as_such(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web")] + ([container("old", health="unhealthy",
                                        status="unhealthy")] if h < 20 else []))))
    assert only(digest, "old")["status"] == "removed"
    assert messages(digest, "warning", "old") == ["Container old was unhealthy in 20 of 20 checks, last at 05:59"]


def test_hours_without_a_snapshot_are_told(asmo_report):
    digest = digest_of(asmo_report, day(gaps))
    assert (digest["snapshots"], digest["expected_snapshots"]) == (20, 24)
    assert messages(digest, "warning", "monitor") == [
        "4 of 24 snapshots are missing, none from 12:59 to 17:59: what happened then is not known"]


def test_a_monitor_that_stopped_is_critical(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: quiet(h, e) if h < 12 else None))
    assert messages(digest, "critical", "monitor") == ["The monitor is not running: the last snapshot is 12h 1m old"]


def test_a_monitor_that_is_new_is_not_blamed_for_the_time_before(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: quiet(h, e) if h >= 20 else None))
    assert (digest["snapshots"], digest["expected_snapshots"]) == (4, 4)
    assert digest["severity"] == "ok"


def test_runs_by_hand_do_not_change_what_is_expected(asmo_report):
    hourly = day(quiet)
    by_hand = [quiet(0, END - 5 * HOUR + i) for i in range(40)]
    digest = digest_of(asmo_report, sorted(hourly + by_hand, key=lambda s: s["epoch"]))
    assert digest["expected_snapshots"] == digest["snapshots"] == 64
    assert digest["severity"] == "ok"


def every(seconds, count, last):
    """The times of so many runs, of which the last one was so many seconds before the end."""
    return [END - last - seconds * i for i in range(count)]


@pytest.mark.parametrize("epochs, hours, age", [
    (every(HOUR, 24, 3000) + every(10, 100, 3810), 24, None),  # a hundred by hand
    (every(HOUR, 24, 3000) + every(20, 8, 4660), 2, None),
    (every(HOUR, 40, 3000) + every(10, 2, 2890), 1, None),
    (every(10, 5, 3000), 24, None),  # somebody tries it out
    (every(300, 220, 6.5 * HOUR) + every(HOUR, 6, 1800), 24, None),  # hourly for some hours
    (every(HOUR, 20, 2 * HOUR) + every(300, 24, 1200), 24, None),  # every five minutes for two hours
    (every(300, 220, 6.5 * HOUR) + every(HOUR, 3, 3.5 * HOUR), 24, "3h 30m"),
    (every(300, 220, 1200) + every(20, 8, 1000), 24, "16m"),
    (every(300, 200, 3 * HOUR) + every(300, 3, 1000), 24, "16m"),  # after a gap
    (every(HOUR, 24, 3.1 * HOUR) + every(10, 100, 3.2 * HOUR), 24, "3h 6m"),
])
def test_the_monitor_has_stopped_after_three_of_its_intervals(asmo_report, epochs, hours, age):
    digest = digest_of(asmo_report, [quiet(0, epoch) for epoch in sorted(epochs)], "--hours", hours)
    assert messages(digest, "critical", "monitor") == (
        ["The monitor is not running: the last snapshot is %s old" % age] if age else [])


@pytest.mark.parametrize("snapshots", [None, []])
def test_no_history_is_itself_a_report(asmo_report, snapshots):
    if snapshots is not None:
        history.write(asmo_report.history, snapshots)
    outcome = asmo_report()
    assert outcome.code == 0
    assert discord.faults(outcome.json) == []
    assert "\U0001f6a8" in outcome.json["embeds"][0]["title"]
    assert "The monitor is not running" in outcome.json["embeds"][0]["fields"][1]["value"]


def test_the_hours_can_be_chosen(asmo_report):
    outcome = report(asmo_report, day(quiet), "--hours", "6")
    assert "6h Report" in outcome.json["embeds"][0]["title"]
    assert digest_of(asmo_report, day(quiet), "--hours", 6)["snapshots"] == 6


def test_disks_tell_their_change(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, disks=[disk("/", 100 + h * 0.5, 400.0)])))
    for line in digest["disks"]:
        del line["window_percent"], line["week_percent"]
    assert digest["disks"] == [{"mount": "/", "used_percent": 27.9, "min_percent": 25.0, "max_percent": 27.9,
                                "change_gb": 11.5, "used_gb": 111.5, "total_gb": 400.0, "problem": None, "full_epoch": None,
                                "growth_gb_per_day": None}]


def test_a_disk_that_was_full_or_is_gone_is_told(asmo_report):
    def hour(h, e):
        disks = [disk("/", 97.0 if h < 20 else 50.0, 100.0)] + ([disk("/mnt/nas", 10.0, 100.0)] if h < 23 else [])
        return snapshot(e, disks=disks)
    digest = digest_of(asmo_report, day(hour))
    assert messages(digest, "critical", "/") == ["Disk / reached 97.0 % at 10:59 (critical above 90 %) and is at 50.0 % now"]
    assert messages(digest, "critical", "/mnt/nas") == ["Disk /mnt/nas is no longer mounted"]


@pytest.mark.parametrize("problem, said", [
    (None, "is no longer mounted"), ("did not answer within 3 s", "did not answer within 3 s"),
    ("cannot be measured: Input/output error", "cannot be measured: Input/output error"), ("x" * 150, "x" * 30)])
def test_what_is_wrong_with_a_disk_is_said_beside_its_numbers(asmo_report, problem, said):
    away = {**disk("/mnt/usb", 0, 1), "total_gb": None, "used_gb": None, "used_percent": None, "problem": problem}
    snapshots = day(lambda h, e: snapshot(e, disks=[disk("/mnt/usb", 40.0, 100.0)] if h < 20 else [away] if problem else []))
    state = report(asmo_report, snapshots).json["embeds"][0]["fields"][0]["value"]
    assert "` " + said in state
    row = re.search(r"(?m)^\| /mnt/usb .*$", report(asmo_report, snapshots, "-f", "markdown").stdout.decode()).group()
    assert said in row and len(row) < 130
    for form in ("discord", "markdown"):
        assert b"does not answer" not in report(asmo_report, snapshots, "-f", form).stdout


def filling(per_day, used_gb, days=7, total_gb=100.0, **changes):
    """A week of a disk that ends with so much in use, and a container that has grown by 80 MiB a day."""
    hours = days * 24
    return day(lambda hour, epoch: snapshot(
        epoch, [container("leak", mem_mb=round(1000 - 80 * (hours - 1 - hour) / 24, 1)), container("calm")],
        disks=[disk("/data", round(used_gb - per_day * (hours - 1 - hour) / 24, 1), total_gb),
               disk("/calm", 50.0, 100.0)], **changes), hours=hours)


@pytest.mark.parametrize("per_day, used_gb, severity, said", [
    (2.0, 70.0, "info", "Disk /data will be full around 26 January, in 15 days (grows 2.0 GiB a day)"),
    (2.0, 50.0, "info", "Disk /data will be full around 5 February, in 25 days (grows 2.0 GiB a day)"),
    (0.5, 90.0, "info", "Disk /data will be full around 31 January, in 20 days (grows 513 MiB a day)"),
    (2.0, 88.0, "warning", "Disk /data will be full around 17 January, in 6 days (grows 2.0 GiB a day)"),
    (8.0, 94.0, "critical", "Disk /data will be full around 12 January, in 18 hours (grows 8.0 GiB a day)"),
    (8.0, 99.6, "critical", "Disk /data will be full around 11 January, in 1 hour (grows 8.0 GiB a day)"),
    (8.0, 99.9, "critical", "Disk /data will be full around 11 January, within an hour (grows 8.0 GiB a day)"),
    (2.0, 20.0, "info", "Disk /data will be full around 20 February, in 40 days (grows 2.0 GiB a day)"),
    (1.0, 20.0, None, None),
    (0.0, 95.0, None, None),
    (-2.0, 70.0, None, None),
])
def test_the_day_a_disk_is_full_is_foretold(asmo_report, per_day, used_gb, severity, said):
    digest = digest_of(asmo_report, filling(per_day, used_gb))
    told = [problem for problem in digest["problems"] if "will be full" in problem["message"]]
    assert [(problem["severity"], problem["message"]) for problem in told] == ([(severity, said)] if said else [])
    found = next(d for d in digest["disks"] if d["mount"] == "/data")
    if said:
        assert found["growth_gb_per_day"] == pytest.approx(per_day, rel=0.02)
        assert found["full_epoch"] == pytest.approx(END + (100 - used_gb) / per_day * 24 * HOUR, abs=6 * HOUR)
    else:
        assert found["growth_gb_per_day"] is None and found["full_epoch"] is None


def test_the_whole_history_is_needed_for_a_forecast_not_the_window(asmo_report):
    snapshots = filling(2.0, 70.0)
    assert next(d for d in digest_of(asmo_report, snapshots[-30:])["disks"] if d["mount"] == "/data")["full_epoch"] is None
    assert next(d for d in digest_of(asmo_report, snapshots, "--hours", 1)["disks"] if d["mount"] == "/data")["full_epoch"]


def test_a_disk_that_was_made_larger_is_forecast_from_then_on(asmo_report):
    snapshots = filling(2.0, 70.0, days=5)
    for small in snapshots[:-30]:
        small["disks"][0].update(total_gb=72.0)
    assert digest_of(asmo_report, snapshots)["disks"][0]["full_epoch"] is None
    for small in snapshots[:60]:
        small["disks"][0].update(total_gb=72.0)
    for large in snapshots[60:]:
        large["disks"][0].update(total_gb=100.0)
    assert digest_of(asmo_report, snapshots)["disks"][0]["full_epoch"] is not None


def test_what_the_system_keeps_for_itself_is_not_free(asmo_report):
    """`used_percent` is of what a user may have: 95 of the 100 GiB."""
    snapshots = filling(2.0, 70.0)
    for some in snapshots:
        some["disks"][0]["used_percent"] = round(some["disks"][0]["used_gb"] / 95 * 100, 1)
    full = digest_of(asmo_report, snapshots)["disks"][0]["full_epoch"]
    assert full == pytest.approx(END + (95 - 70) / 2 * 24 * HOUR, abs=6 * HOUR)


def test_memory_that_only_grows_is_told(asmo_report):
    digest = digest_of(asmo_report, filling(0.0, 70.0))
    assert messages(digest, "info", "leak") == ["Container leak's memory only grows: 557 MiB more in 7 days"]
    assert only(digest, "leak")["mem_growth_mb_per_day"] == pytest.approx(80, abs=1)
    assert only(digest, "calm")["mem_growth_mb_per_day"] is None and messages(digest, "info", "calm") == []


def test_memory_is_looked_at_since_the_last_start(asmo_report):
    def restarted(snapshots, count):
        for before in snapshots[:-count]:
            before["containers"][0]["started_at"] = "2025-12-01T00:00:00Z"
        return messages(digest_of(asmo_report, snapshots), "info", "leak")
    assert restarted(filling(0.0, 70.0), 40) == []
    assert restarted(filling(0.0, 70.0), 80) == ["Container leak's memory only grows: 263 MiB more in 3 days"]


def test_memory_of_what_does_not_run_is_not_told(asmo_report):
    snapshots = filling(0.0, 70.0)
    removed = snapshot(END - 10, [container("calm")])
    assert only(digest_of(asmo_report, [*snapshots, removed]), "leak")["mem_growth_mb_per_day"] is None
    down = snapshot(END - 10, [stopped("leak"), container("calm")])
    assert only(digest_of(asmo_report, [*snapshots, down]), "leak")["mem_growth_mb_per_day"] is None
    for some in snapshots:
        some["containers"][0]["started_at"] = None
    assert only(digest_of(asmo_report, snapshots), "leak")["mem_growth_mb_per_day"] is not None
    snapshots[-30]["containers"][0] = stopped("leak", started_at=None)
    assert only(digest_of(asmo_report, snapshots), "leak")["mem_growth_mb_per_day"] is None


def test_a_large_disk_that_fills_in_a_day_is_a_warning_while_it_is_below_its_threshold(asmo_report):
    digest = digest_of(asmo_report, filling(22.0, 79.0, days=3))
    assert messages(digest, "warning", "/data") == [
        "Disk /data will be full around 12 January, in 23 hours (grows 22.0 GiB a day)"]


def test_nothing_is_foretold_of_a_disk_that_does_not_answer_or_is_another(asmo_report):
    snapshots = filling(2.0, 70.0)
    hangs = snapshot(END - 10, disks=[{**disk("/data", 1.0, 100.0, problem="hangs"), "used_gb": None, "used_percent": None}])
    assert digest_of(asmo_report, [*snapshots, hangs])["disks"][0]["full_epoch"] is None
    for some in snapshots[-30:]:
        some["disks"][0]["device"] = "/dev/other"
    assert digest_of(asmo_report, snapshots)["disks"][0]["full_epoch"] is None


def test_a_history_by_the_minute_gives_the_same_forecast(asmo_report):
    hours = digest_of(asmo_report, filling(2.0, 70.0))["disks"][0]
    by_minute = [dict(some, epoch=some["epoch"] + 60 * minute) for some in filling(2.0, 70.0) for minute in range(0, 60, 5)]
    minutes = digest_of(asmo_report, [some for some in by_minute if some["epoch"] < END])["disks"][0]
    assert minutes["full_epoch"] == pytest.approx(hours["full_epoch"], abs=2 * HOUR)


@pytest.mark.parametrize("step_seconds", [300, 600, 7200])
def test_another_interval_than_that_of_the_day_before_is_no_gap(asmo_report, step_seconds):
    before = [quiet(0, END - 24 * HOUR - 60 - ago) for ago in range(0, 24 * HOUR, step_seconds)]
    digest = digest_of(asmo_report, [*reversed(before), *day(quiet)])
    assert (digest["severity"], digest["coverage"], digest["gaps"]) == ("ok", "24 of 24 snapshots", [])


def test_a_window_between_two_runs_is_no_monitor_that_does_not_run(asmo_report):
    snapshots = [quiet(0, END - 61 * 60 - HOUR * ago) for ago in range(30)][::-1]
    digest = digest_of(asmo_report, snapshots, "--hours", "1")
    said = "There is no snapshot in this window: the last one is 1h 1m old, the next not yet late"
    assert digest["severity"] == "ok" and messages(digest, "info", "monitor") == [said]
    digest = digest_of(asmo_report, snapshots[:-3], "--hours", "1")
    assert messages(digest, "critical", "monitor") == ["The monitor is not running: there is no snapshot of the last 1 hour"]


def test_a_disk_that_did_not_answer_for_a_while_is_told(asmo_report):
    hangs = {**disk("/nas", 0, 1), "used_gb": None, "total_gb": None, "used_percent": None, "problem": "did not answer within 3 s"}
    for hours, said in ({9, 10, 12}, "in 3 of 24 checks, last at 22:59"), ({0}, "in 1 of 24 checks at 10:59"):
        digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, disks=[hangs if h in hours else disk("/nas", 1.0, 2.0)])))
        assert [p["message"] for p in digest["problems"]] == ["Disk /nas did not answer within 3 s " + said]
        assert digest["severity"] == "warning"


def test_of_disks_nothing_is_known_where_the_mounts_cannot_be_read(asmo_report):
    lost = {"disks": [], "problems": ["mounts cannot be read: Input/output error"]}
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, **(lost if h == 23 else {}))))
    assert digest["severity"] == "ok" and digest["problems"] == []


def test_a_little_swap_is_shown_and_none_is_not(asmo_report):
    for total_gb, is_shown in ((0.1, True), (0.0, False)):
        text = report(asmo_report, day(lambda h, e: snapshot(e, swap_total_gb=total_gb)), "-f", "text").stdout.decode()
        assert (", swap 0.0 of 0.1 GiB" in text) is is_shown and ("swap" in text) is is_shown


def test_a_long_mount_leaves_room_for_the_numbers_in_discord(asmo_report):
    mount = "/mnt/" + "x" * 40
    state = report(asmo_report, day(lambda h, e: snapshot(e, disks=[disk(mount, 1.0, 2.0)]))).json["embeds"][0]["fields"][0]["value"]
    assert "`%s\u2026  50.0 %% " % mount[:15] in state, state


def test_where_nothing_was_measured_no_state_is_made_up(asmo_report):
    history.write(asmo_report.history, [])
    text = asmo_report("-f", "text", "--until", END).stdout.decode()
    assert "\nCurrent state: unknown\n" in text and "Load" not in text


def test_that_the_swap_was_full_is_told(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, swap_used_gb=3.9 if h == 5 else 1.0)))
    said = "Swap reached 97.5 % at 15:59 (warning above 80 %), now 25.0 %, on average 28.0 %"
    assert messages(digest, "warning", "Swap") == [said] and digest["swap_percent"]["max"] == 97.5
    assert digest_of(asmo_report, day(lambda h, e: snapshot(e, swap_total_gb=0.0)))["severity"] == "ok"


def test_a_change_that_rounds_to_nothing_is_not_told(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, disks=[disk("/", 95.0 - h / 1000, 100.0)])))
    assert messages(digest, "critical", "/") == ["Disk / is at 95.0 % (critical above 90 %)"]


def test_a_container_that_was_removed_stays_so_when_the_engine_is_away(asmo_report):
    away = {"docker": {"available": False, "engine": None, "version": None, "error": "refused", "found": True}}
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web"), *([container("old")] if h < 10 else [])]) if h < 23
                                        else snapshot(e, **away)))
    assert (only(digest, "old")["status"], only(digest, "web")["status"]) == ("removed", "running")


def test_a_job_that_was_not_inspected_once_is_still_done(asmo_report):
    done, lost = stopped("job"), {**stopped("job", **LOST), "finished_at": None}
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web"), lost if h == 11 else done])))
    job = only(digest, "job")
    assert (job["bar"], job["seconds_down"], job["checks_idle"]) == ("i" * 24, 0, 24)
    assert [p["message"] for p in digest["problems"]] == []


def test_an_entry_of_the_future_takes_no_forecast_away(asmo_report):
    snapshots = filling(2.0, 70.0)
    digest = digest_of(asmo_report, [dict(snapshots[0], epoch=END + 3e8), *snapshots])
    assert digest["disks"][0]["full_epoch"] == digest_of(asmo_report, snapshots)["disks"][0]["full_epoch"] is not None


@pytest.mark.parametrize("name", ["monitor", "host", "CPU"])
def test_a_container_named_like_a_part_of_the_system_has_its_own_severity(asmo_report, name):
    snapshots = day(lambda h, e: None if 3 < h < 9 else snapshot(e, [container(name), container("a")], oom_kills=h // 12, cpu_percent=97.0))
    assert {p["subject"] for p in digest_of(asmo_report, snapshots)["problems"]} == {"monitor", "host", "CPU"}
    page = report(asmo_report, snapshots, "-f", "html").stdout.decode()
    rows = re.findall(r'<tr role="row" class="(\w+)"><th scope="row" role="rowheader">(\w+)</th>', page)
    assert rows == [("ok", each) for each in sorted((name, "a"))]
    sick = day(lambda h, e: snapshot(e, [container("CPU", status="unhealthy", health="unhealthy")]))
    assert '<section class="card ok"><h3>CPU' in report(asmo_report, sick, "-f", "html").stdout.decode()


def test_a_newcomers_runs_by_hand_are_not_blamed(asmo_report):
    digest = digest_of(asmo_report, [quiet(0, END - ago) for ago in (90, 30, 20, 10)])
    assert digest["severity"] == "ok" and digest["expected_snapshots"] == 4


def test_the_tops_rank_by_the_average_of_the_checks_in_which_it_ran(asmo_report):
    def hour(h, e):
        burst = container("burst", cpu_percent=90.0) if h < 2 else stopped("burst")
        return snapshot(e, [burst, container("steady", cpu_percent=50.0), container("peak", cpu_percent=100.0 if h == 1 else 0.0)])
    digest = digest_of(asmo_report, day(hour))
    assert [t["name"] for t in digest["top_cpu"]] == ["burst", "steady", "peak"]
    assert digest["top_cpu"][0]["cpu_percent"] == 90
    assert only(digest, "peak")["cpu_percent"]["max"] == 100


@pytest.mark.parametrize("unanswered", [(1,), (6, 7), (9,), (15,), (15, 16, 17), (22,)])
def test_what_happened_is_told_once_and_rightly_also_if_inspect_did_not_always_answer(asmo_report, unanswered):
    """Then the list alone says what there is."""
    def hour(h, e):
        s = bad(h, e)
        if h in unanswered:
            s["containers"] = [{k: v for k, v in c.items() if k in ("name", "id", "status", "state", "mem_mb", "cpu_percent")}
                               for c in s["containers"]]
        return s
    told, expected = ([(e["subject"], e["message"]) for e in digest_of(asmo_report, day(what))["events"]] for what in (hour, bad))
    assert told == expected and len(expected) > 4


LOST = {"health": None, "restarts": None, "started_at": None, "exit_code": None, "oom_killed": None}


def timeline(digest):
    return [(e["message"], e["from_epoch"], e["epoch"]) for e in digest["events"]]


def oom_told(hour, lost):
    """x is OOM-killed and known to be; an hour later somebody kills z."""
    return [container("x") if hour < 10 else stopped("x", 137, oom_killed=True, finished_at="2026-01-10T20:30:00Z"),
            container("y", **(LOST if lost else {})),
            container("z") if hour < 11 else stopped("z", 137, finished_at="2026-01-10T21:30:00Z")], {"oom_kills": int(hour >= 10)}


def oom_not_flagged(hour, lost):
    """The kernel alone knows that db was OOM-killed."""
    web = {"health": "unhealthy", "status": "unhealthy"} if hour == 20 else {"health": "healthy"}
    return [container("web", **web), container("db") if hour < 21 else stopped("db", 137, finished_at="2026-01-11T06:30:00Z"),
            *([container("y", **LOST)] if lost else [])], {"oom_kills": int(hour >= 21)}


def oom_after_a_reboot(hour, lost):
    """Which sets the kernel's count to 0."""
    times = {"started_at": "2026-01-10T20:50:00Z"} if hour >= 10 else {}
    return [container("x", **times) if hour < 11 else stopped("x", 137, finished_at="2026-01-10T21:30:00Z", **times),
            container("y", **(LOST if lost else times))], \
        {"oom_kills": 5 if hour < 10 else int(hour >= 11), "boot_id": "a" if hour < 10 else "b",
         "uptime_seconds": (1e6 if hour < 10 else -36000 + 600) + hour * HOUR}


@pytest.mark.parametrize("make, lost, told_of_all", [
    (oom_told, {10}, True), (oom_told, {9, 10, 11}, True), (oom_told, set(range(24)), True), (oom_not_flagged, set(range(24)), True),
    (oom_after_a_reboot, {10}, False), (oom_after_a_reboot, {9, 10}, False),
])
def test_a_container_that_is_not_inspected_changes_nothing_of_what_is_told_of_the_others(asmo_report, make, lost, told_of_all):
    def days(lost):
        def hour(h, e):
            containers, changes = make(h, h in lost)
            return snapshot(e, containers, **changes)
        return digest_of(asmo_report, day(hour))
    partly, wholly = days(lost), days(set())
    if told_of_all:
        assert timeline(partly) == timeline(wholly)
    ends = ("OOM", "killed")
    assert [line for line in timeline(partly) if any(word in line[0] for word in ends)] == \
        [line for line in timeline(wholly) if any(word in line[0] for word in ends)] != []
    assert [p["message"] for p in partly["problems"] if p["subject"] != "y"] == [p["message"] for p in wholly["problems"]]


def test_a_kill_of_the_host_is_told_though_a_container_can_never_be_inspected(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("x"), container("y", **LOST)], oom_kills=int(h >= 8))))
    assert [e["message"] for e in digest["events"]] == ["1 process OOM-killed, but no container ended by it"]


def test_a_history_of_the_python_version_is_reported_on(asmo_report):
    additions = {"epoch", "server", "uptime_seconds", "net_rx_mb", "net_tx_mb", "oom_kills", "docker", "problems"}
    of_container = {"image", "exit_code", "oom_killed", "started_at", "finished_at", "error_count", "error_counts", "problem"}
    snapshots = [{k: v for k, v in s.items() if k not in additions} for s in day(bad)]
    for s in snapshots:
        s["containers"] = [{k: v for k, v in c.items() if k not in of_container} for c in s["containers"]]
    asmo_report.history.parent.mkdir()
    asmo_report.history.write_text(json.dumps(snapshots, indent=2))
    digest = asmo_report("--until", END, "-f", "json", env={"TZ": "UTC"}).json
    assert digest["snapshots"] == 24 and digest["server"] == "e2e"
    assert messages(digest, "critical", "web") == ["Container web was restarted by its policy 7 times"]
    assert only(digest, "web")["error_count"] == 8


def test_copies_of_a_snapshot_with_other_times_are_snapshots(asmo_report):
    """As somebody makes them who wants to see a report: that the uptime stands still is not that the clock was set."""
    one = dict(quiet(0, END), uptime_seconds=86400.0, boot_id="b")
    digest = digest_of(asmo_report, [dict(one, epoch=END - 3600 * hour) for hour in range(24, 0, -1)])
    assert digest["snapshots"] == 24 and digest["severity"] == "ok" and digest["events"] == []


def test_a_report_goes_to_a_file_whole_or_not_at_all(asmo_report, tmp_path):
    target = tmp_path / "report.json"
    assert report(asmo_report, day(quiet), "-o", target).stdout == b""
    assert discord.faults(json.loads(target.read_text())) == []
    assert [p.name for p in tmp_path.iterdir() if ".tmp" in p.name] == []
    outcome = asmo_report("-o", tmp_path / "no" / "such" / "folder")
    assert outcome.code == 1 and b"cannot be created" in outcome.stderr


@pytest.mark.parametrize("name, options, begin", [
    ("report.html", [], b"<!DOCTYPE html>"), ("report.HTML", [], b"<!DOCTYPE html>"), ("report.md", [], b"# "),
    ("report.png", [], b"\x89PNG"), ("report.txt", [], b"ASMO-01: 24h report"), ("report.json", [], b'{"username"'),
    ("report", [], b'{"username"'), ("report.html", ["-f", "text"], b"ASMO-01: 24h report"),
])
def test_the_name_of_the_output_chooses_the_format_where_no_option_does(asmo_report, tmp_path, name, options, begin):
    assert report(asmo_report, day(quiet), *options, "-o", tmp_path / name).stdout == b""
    assert (tmp_path / name).read_bytes().startswith(begin)


def test_what_is_no_file_is_written_to_and_not_replaced(asmo_report, tmp_path):
    link, target, pipe, stdout = (tmp_path / name for name in ("link", "target", "pipe", "stdout"))
    link.symlink_to(target)
    stdout.symlink_to("/proc/self/fd/1")  # as /dev/stdout is
    target.write_text("old")
    os.mkfifo(pipe)
    assert report(asmo_report, day(quiet), "-o", "-").stdout.startswith(b"{")
    assert report(asmo_report, day(quiet), "-o", stdout).stdout.startswith(b"{")
    report(asmo_report, day(quiet), "-o", link)
    assert link.is_symlink() and target.read_text().startswith("{")
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    report(asmo_report, day(quiet), "-o", pipe)
    assert reader.communicate(timeout=10)[0].startswith(b"{")


def stamp(epoch):
    """As the engine writes it."""
    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def told(digest):
    return [(event["kind"], event["subject"]) for event in digest["events"]]


def averaged(epoch, cpu, seconds, containers=(), **changes):
    """A snapshot that has averages over the time before it, beside its samples."""
    return snapshot(epoch, containers, cpu_percent=5.0, cpu_avg_percent=cpu, avg_seconds=seconds, **changes)


def test_averages_weigh_by_the_time_they_cover(asmo_report):
    digest = digest_of(asmo_report, [averaged(END - 7200, 10.0, 21600.0), averaged(END - 6600, 90.0, 600.0),
                                     averaged(END - 10, 30.0, 6590.0)])
    expected = (10 * 21600 + 90 * 600 + 30 * 6590) / (21600 + 600 + 6590)
    assert digest["cpu_percent"] == {"avg": round(expected, 1), "min": 5.0, "max": 90.0}


def test_an_average_from_before_the_window_counts_for_the_part_inside(asmo_report):
    digest = digest_of(asmo_report, [averaged(END - 23 * HOUR, 80.0, 10 * HOUR), averaged(END - 20 * HOUR, 40.0, 3 * HOUR)])
    assert digest["cpu_percent"]["avg"] == pytest.approx((80 * 1 + 40 * 3) / 4, abs=0.05)


def test_samples_from_before_there_were_averages_weigh_as_much_as_the_usual_interval(asmo_report):
    digest = digest_of(asmo_report, [snapshot(END - 3 * HOUR, cpu_percent=50.0), averaged(END - 2 * HOUR, 10.0, HOUR),
                                     averaged(END - HOUR, 20.0, HOUR)])
    assert digest["cpu_percent"]["avg"] == pytest.approx((50 + 10 + 20) / 3, abs=0.05)


def test_a_sample_stands_for_an_hour_at_most(asmo_report):
    digest = digest_of(asmo_report, [averaged(END - 4 * HOUR, 1.0, 8.0 * HOUR, ram_percent=80.0),
                                     averaged(END - 3 * HOUR, 1.0, 1.0 * HOUR, ram_percent=20.0)])
    assert digest["ram_percent"]["avg"] == 50


@pytest.mark.parametrize("minutes, is_known", [(5, True), (120, True), (5, False)])  # the last: of the Python version
def test_a_sample_of_which_the_time_before_is_not_known_weighs_as_much_as_the_others(asmo_report, minutes, is_known):
    def run(i):
        value, seconds = (10.0, 60.0 * minutes) if i else (90.0, None)
        times = {"avg_seconds": seconds} if is_known else {}
        return snapshot(END - 60 * minutes * (13 - i), [container("web", mem_mb=value, **times)], ram_percent=value, **times)
    digest = digest_of(asmo_report, [run(i) for i in range(13)], "--hours", 48)
    assert digest["ram_percent"]["avg"] == 16.2
    assert only(digest, "web")["mem_mb"]["avg"] == 16.15


def test_a_containers_averages_weigh_by_the_time_they_cover(asmo_report):
    def hour(h, e):
        short = h == 5
        return snapshot(e, [container("web", cpu_percent=1.0, cpu_avg_percent=100.0 if short else 10.0,
                                      mem_mb=300.0 if short else 100.0, avg_seconds=60.0 if short else 3600.0)])
    web = only(digest_of(asmo_report, day(hour)), "web")
    rest = 23 * 3600 - 60  # the first one's first minute lies before the window
    assert web["cpu_percent"] == {"avg": round((10 * rest + 100 * 60) / (rest + 60), 2), "max": 100}
    assert web["mem_mb"] == {"avg": round((100 * rest + 300 * 60) / (rest + 60), 2), "max": 300}


def test_traffic_is_the_sum_over_the_window(asmo_report):
    web = container("web", avg_seconds=1800.0, cpu_avg_percent=1.0, net_rx_kb_per_second=100.0, net_tx_kb_per_second=0.0)
    digest = digest_of(asmo_report, [averaged(END - HOUR * (3 - i), 10.0, HOUR, [web], net_rx_kb_per_second=1024.0 * i,
                                              net_tx_kb_per_second=512.0) for i in range(3)])
    assert digest["network"] == {"rx_mb": 3 * 3600, "tx_mb": 1.5 * 3600, "rx_kb_per_second": 1024, "tx_kb_per_second": 512}
    assert only(digest, "web")["network"] == {"rx_mb": 527.3, "tx_mb": 0, "rx_kb_per_second": 100, "tx_kb_per_second": 0}


def test_a_day_is_observed_up_to_its_last_snapshot(asmo_report):
    digest = digest_of(asmo_report, day(quiet, hours=48))
    assert digest["observed_seconds"] == 24 * HOUR - 60 and digest["gaps"] == []
    assert digest["coverage"] == "24 of 24 snapshots"
    assert only(digest, "jellyfin")["seconds_up"] == digest["observed_seconds"]
    assert digest["events"] == []


def test_time_without_a_snapshot_is_named_and_neither_up_nor_down(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: None if 30 <= h < 34 else quiet(h, e), hours=48))
    hour = END - 60 - 47 * HOUR
    assert digest["gaps"] == [{"from_epoch": hour + 29 * HOUR, "to_epoch": hour + 34 * HOUR}]
    assert digest["observed_seconds"] == only(digest, "jellyfin")["seconds_up"] == 19 * HOUR - 60
    assert digest["coverage"] == "20 of 24 snapshots, none from 15:59 to 20:59"
    assert told(digest) == [("gap", "monitor")]


@pytest.mark.parametrize("hours, words, observed", [
    ([*range(25), *range(43, 48)], "6 of 24 snapshots, none from 10:59 to 05:59", 5 * HOUR - 60),
    (range(20, 36), "12 of 24 snapshots, none since 21:59", 12 * HOUR - 60),
    (range(40, 48), "8 of 24 snapshots, none before 02:59", 7 * HOUR),
    ([h for h in range(24, 48) if h % 6],
     "20 of 24 snapshots, none before 11:59, from 15:59 to 17:59, from 21:59 to 23:59 and in 1 more gap", 16 * HOUR),
])
def test_silence_of_the_monitor_is_never_a_healthy_day(asmo_report, hours, words, observed):
    snapshots = day(lambda h, e: quiet(h, e) if h in hours else None, hours=48)
    oldest = quiet(0, END - 100 * HOUR)  # asmo was there before the day before
    digest = digest_of(asmo_report, [oldest, *snapshots])
    assert digest["coverage"] == words
    assert digest["severity"] != "ok"
    assert digest["observed_seconds"] == observed


@pytest.mark.parametrize("silent_hours", [30, 60])
def test_a_day_without_any_snapshot_is_a_gap_whatever_was_before(asmo_report, silent_hours):
    snapshots = [quiet(0, END - HOUR * h) for h in range(silent_hours + 50, silent_hours - 1, -1)]
    digest = digest_of(asmo_report, snapshots)
    assert digest["gaps"] == [{"from_epoch": END - 24 * HOUR, "to_epoch": END}]
    assert digest["coverage"] == "0 of 24 snapshots, none since Jan 10 10:00"
    assert [e["kind"] for e in digest["events"]] == ["gap"]
    timelines = {"text": "Jan 10 10:00-Jan 11 10:00  No snapshot", "markdown": "from Jan 10 10:00 to Jan 11 10:00 No snapshot",
                 "html": "from Jan 10 10:00 to Jan 11 10:00 warning: No snapshot"}
    for form, line in timelines.items():
        text = report(asmo_report, snapshots, "-f", form).stdout.decode()
        assert line in (re.sub("<[^>]*>", "", text) if form == "html" else text)


def test_what_happened_before_the_first_snapshot_of_the_window_is_told(asmo_report):
    def hour(h, e):
        crash = END - 24 * HOUR - 30
        return snapshot(e, [container("web") if h < 24 else stopped("web", 3, finished_at=stamp(crash))])
    digest = digest_of(asmo_report, day(hour, hours=48))
    assert told(digest) == [("crashed", "web")]
    assert only(digest, "web")["checks"] == 24  # those before the window count for nothing
    assert messages(digest, "warning", "web") == ["Container web crashed (exit code 3), it is down since Jan 10 09:59"]
    text = report(asmo_report, day(hour, hours=48), "-f", "text").stdout.decode()
    assert "\nTimeline\n  Jan 10 09:59  web crashed (exit code 3)\n" in text


def test_two_days_tell_of_everything_once(asmo_report):
    def hour(h, e):
        # Crashes at 30 minutes past every fifth hour, back ten minutes later; the second one restarts by itself.
        last = h - h % 5
        start = END - 60 - (95 - last) * HOUR - 1200
        return snapshot(e, [
            container("web", started_at=stamp(start), finished_at=stamp(start - 600), restarts=0),
            container("db", started_at=stamp(start), finished_at=stamp(start - 600), restarts=last // 5)])
    snapshots = day(hour, hours=96)
    both = []
    for until in (END - 24 * HOUR, END):
        history.write(asmo_report.history, snapshots)
        both += asmo_report("--until", until, "-f", "json", env={"TZ": "UTC"}).json["events"]
    expected = [(kind, END - 60 - (95 - h) * HOUR - 1200) for h in range(50, 96, 5)
                for kind in ("restarted_by_hand", "restarted_by_policy")]
    assert [(e["kind"], e["epoch"]) for e in both] == expected
    assert all(e["down_seconds"] == 600 for e in both)


def test_restarts_by_hand_count_among_the_restarts_in_every_face(asmo_report):
    """Thrice by hand, twice by its policy."""
    def hour(h, e):
        start = END - 60 - (23 - min(h, 5)) * HOUR - 1200
        return snapshot(e, [container("web", started_at=stamp(start), finished_at=stamp(start - 600), restarts=max(0, min(h, 5) - 3))])
    snapshots = day(hour)
    web = only(digest_of(asmo_report, snapshots), "web")
    assert (web["restarts"], web["restarts_by_hand"]) == (2, 3)
    rows = {"text": r"\n  web +running +\S+ +[\d.]+ +5 +0 ", "markdown": r"\n\| web +\| running +\| +[\d.]+ %% +\| +[\d.]+ \w+ +\| +5 +\|".replace("%%", "%"),
            "html": 'data-label="Restarts" data-value="5">5<'}
    for form, row in rows.items():
        printed = report(asmo_report, snapshots, "-f", form).stdout.decode()
        assert re.search(row, printed), [line for line in printed.splitlines() if "web" in line]


def test_entries_that_are_there_twice_or_out_of_order_change_nothing(asmo_report):
    snapshots = day(bad)
    plain = digest_of(asmo_report, snapshots)
    assert digest_of(asmo_report, [s for s in snapshots for _ in range(2)]) == plain
    # Two runs at a time: the one that began a second earlier was stored last. It found no log lines that were not read.
    late = [dict(bad(h, s["epoch"] - 1), cpu_percent=s["cpu_percent"]) for h, s in enumerate(snapshots)]
    for entry in late:
        for one in entry["containers"]:
            one.update(error_count=0, errors=[], error_counts=[])
    mixed = digest_of(asmo_report, [s for pair in zip(snapshots, late) for s in pair][:1] + [
        s for pair in zip(snapshots[1:], late[1:]) for s in pair])
    assert mixed["snapshots"] == 47
    for one in mixed["containers"] + plain["containers"]:
        for key in ("checks", "checks_running", "checks_unhealthy", "checks_idle", "uptime_percent"):
            del one[key]
        one["seconds_down"] = round(one["seconds_down"], -1)  # between two looks, the one or the other
    for key in ("containers", "disks", "observed_seconds", "gaps", "current"):
        assert mixed[key] == plain[key], key
    # Each second look is a second earlier, and so is what is known of the time.
    assert [p for p in mixed["problems"] if p["subject"] != "CPU"] == [
        dict(p, message=p["message"].replace("08:59 at the latest", "08:58 at the latest"))
        for p in plain["problems"] if p["subject"] != "CPU"]
    assert [[e[key] for key in ("kind", "subject", "message", "times")] for e in mixed["events"]] == [
        [e[key] for key in ("kind", "subject", "message", "times")] for e in plain["events"]]


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 5 * HOUR, -5 * HOUR])
def test_a_clock_that_was_set_is_told_and_nothing_else(asmo_report, jump):
    def hour(h, e):  # until noon the clock was wrong
        return dict(quiet(h, e), epoch=e if h >= 12 else e - jump, boot_id="b")
    digest = digest_of(asmo_report, day(hour), "--hours", "30")
    assert told(digest) == [("clock_set", "host")]
    assert digest["events"][0]["message"] == "The clock was set %s by %dh 0m" % ("forward" if jump > 0 else "back", abs(jump) / HOUR)
    assert digest["gaps"] == []
    assert digest["observed_seconds"] == only(digest, "jellyfin")["seconds_up"] == 23 * HOUR
    assert only(digest, "jellyfin")["seconds_down"] == 0


def test_no_more_is_observed_than_the_window_holds(asmo_report):
    """A clock that was set back by five hours makes a day of 29."""
    digest = digest_of(asmo_report, day(lambda h, e: dict(quiet(h, e), epoch=e if h >= 40 else e + 5 * HOUR, boot_id="b"), hours=48))
    assert digest["snapshots"] > 24 and digest["observed_seconds"] == 24 * HOUR
    assert (only(digest, "jellyfin")["seconds_up"], only(digest, "jellyfin")["seconds_down"]) == (24 * HOUR, 0)


@pytest.mark.parametrize("night", [1774746000, 1792890000])  # 2026-03-29 and 2026-10-25, 01:00 UTC
def test_summer_time_begins_and_ends_without_a_gap(asmo_report, night):
    history.write(asmo_report.history, [quiet(0, night + (h - 30) * HOUR) for h in range(48)])
    digest = asmo_report("--until", night + 17 * HOUR + 60, "-f", "json", env={"TZ": "Europe/Paris"}).json
    assert digest["coverage"] == "24 of 24 snapshots" and digest["events"] == [] and digest["gaps"] == []
    assert digest["observed_seconds"] == 24 * HOUR - 60


def test_a_reboot_is_one_happening(asmo_report):
    boot = END - 11 * HOUR - 600

    def hour(h, e):
        if h < 12:
            return snapshot(e, [container(n, restarts=2) for n in ("web", "db", "job", "left")], boot_id="a")
        back = {"started_at": stamp(boot + 30), "finished_at": stamp(boot - 40)}
        return snapshot(e, [container("web", **back), container("db", **back), stopped("job", 0, finished_at=stamp(boot - 41)),
                            stopped("left", 143, finished_at=stamp(boot - 39), restart_policy="always")],
                        boot_id="b", uptime_seconds=e - boot)
    digest = digest_of(asmo_report, day(hour))
    assert told(digest) == [("left_down", "job"), ("left_down", "left"), ("host_rebooted", "host")]
    assert digest["events"][-1]["message"] == "The host rebooted, down for at most 39 s, 2 containers came back with it"
    assert digest["events"][-1]["epoch"] == boot
    assert [p["subject"] for p in digest["problems"] if p["severity"] != "info"] == ["left"]
    assert all(c["restarts"] == c["restarts_by_hand"] == c["crashes"] == 0 for c in digest["containers"])
    assert only(digest, "web")["seconds_down"] == 70


def test_charts_have_a_value_for_each_step_that_was_seen(asmo_report):
    def hour(h, e):
        if 60 <= h < 63:
            return None
        load = {"cpu_percent": 1, "cpu_avg_percent": h, "avg_seconds": HOUR}
        web = container("web") if h % 24 < 12 else stopped("web", 3, finished_at=stamp(END - 60 - (71 - h + h % 24 - 12) * HOUR - 1800))
        return dict(snapshot(e, [web, stopped("job", 0)]), **load)
    digest = digest_of(asmo_report, day(hour, hours=72))
    window, week = digest["window"], digest["week"]
    assert (window["from_epoch"], window["step_seconds"]) == (END - 24 * HOUR, 1800)
    assert window["cpu_percent"][2:6] == pytest.approx([49, 49, 50, 50], abs=0.1)  # the hours end a minute early
    assert window["cpu_percent"][24:29] == [None] * 5 and window["ram_percent"][24:29] == [None] * 5
    assert (week["from_epoch"], week["step_seconds"], len(week["cpu_percent"])) == (END - 168 * HOUR, 2 * HOUR, 84)
    assert week["cpu_percent"][:47] == [None] * 47 and week["cpu_percent"][-1] == pytest.approx(70.5, abs=0.1)
    assert [len(disk["week_percent"]) for disk in digest["disks"]] == [84] * len(digest["disks"])
    assert only(digest, "web")["bar"] == "uuuuuuuuuuuu???ddddddddd" and only(digest, "job")["bar"] == "iiiiiiiiiiii???iiiiiiiii"


def test_a_bar_shows_restarts_and_bad_health_in_their_hour(asmo_report):
    def hour(h, e):
        fell = {"started_at": stamp(e - 1790), "finished_at": stamp(e - 1800)}
        before = {"started_at": stamp(e - 3570), "finished_at": stamp(e - 3580)}  # before the window
        return snapshot(e, [
            container("once", **(fell if h == 30 else {})), container("earlier", **(before if h == 24 else {})),
            container("sick", status="unhealthy" if 40 <= h < 43 else "running", health="unhealthy")])
    digest = digest_of(asmo_report, day(hour, hours=48))
    assert only(digest, "once")["bar"] == "uuuuuuruuuuuuuuuuuuuuuuu"
    assert only(digest, "earlier")["bar"] == "u" * 24
    assert only(digest, "sick")["bar"] == "uuuuuuuuuuuuuuuuxxxuuuuu"


def test_several_servers_are_one_report_the_worst_first(asmo_report, tmp_path):
    for name, what in ("quiet", quiet), ("bad", bad):
        history.write(tmp_path / name / "history.json", [dict(s, server=name) for s in day(what)])
    files = [tmp_path / name / "history.json" for name in ("quiet", "missing", "bad")]
    args = ("--until", END, *files)
    digests = asmo_report("-f", "json", *args, env={"TZ": "UTC"}).json
    assert [(d["server"], d["severity"]) for d in digests] == [("bad", "critical"), (str(files[1]), "critical"), ("quiet", "ok")]
    message = asmo_report(*args, env={"TZ": "UTC"}).json
    assert [embed["title"].split(" \u2022")[0] for embed in message["embeds"]][::2] == ["\U0001f6a8 bad", "\u2705 quiet"]
    text = asmo_report("-f", "text", *args, env={"TZ": "UTC"}).stdout.decode()
    assert text.index("bad: 24h report, critical") < text.index("quiet: 24h report, ok")
    assert "11 histories are too many" in asmo_report(*["x"] * 11).stderr.decode()


def test_of_several_histories_one_that_cannot_be_read_says_so(asmo_report, tmp_path):
    """It is not known whether the monitor runs."""
    history.write(tmp_path / "good.json", day(quiet))
    digests = asmo_report("--until", END, "-f", "json", tmp_path / "good.json", tmp_path, tmp_path / "none.json").json
    said = {d["server"]: [(p["severity"], p["subject"], p["message"]) for p in d["problems"]] for d in digests}
    assert said == {
        "ASMO-01": [],
        str(tmp_path): [("critical", "history", "Nothing is known: history %s is not a file" % tmp_path)],
        str(tmp_path / "none.json"): [
            ("critical", "monitor", "The monitor is not running: there is no history %s" % (tmp_path / "none.json"))]}


def test_memory_above_a_containers_own_limit_for_it_is_told(asmo_report):
    def hour(h, e):
        return snapshot(e, [container("java", mem_percent=93.1 if h == 13 else 60, mem_limit_percent=90),
                            container("free", mem_percent=99)])
    digest = digest_of(asmo_report, day(hour))
    assert digest["problems"] == [{"severity": "warning", "subject": "java", "message":
                                   "Container java reached 93.1 % of its memory limit (warning above 90 %)"}]
    assert [(c["mem_max_percent"], c["mem_limit_percent"]) for c in digest["containers"]] == [(99, None), (93.1, 90)]


def test_a_job_that_ends_well_every_hour_is_no_problem(asmo_report):
    def hour(h, e):
        return snapshot(e, [stopped("backup", 0, started_at=stamp(e - 600), finished_at=stamp(e - 300), restart_policy="no"),
                            container("nightly", started_at=stamp(e - 5), finished_at=stamp(e - 3000)) if h == 13 else
                            stopped("nightly", 0, started_at=stamp(e - 600 - h), finished_at=stamp(e - 300 - h))])
    digest = digest_of(asmo_report, day(hour))
    assert digest["severity"] == "ok" and digest["problems"] == []
    backup = only(digest, "backup")
    assert backup["seconds_up"] == 23 * 300 and backup["seconds_down"] == 0 and backup["crashes"] == 0
    assert ("finished", "backup") not in told(digest)


def test_a_job_that_failed_is_told_also_when_it_went_well_the_next_time(asmo_report):
    def hour(h, e):
        return snapshot(e, [stopped("backup", 7 if h == 13 else 0, started_at=stamp(e - 600), finished_at=stamp(e - 300))])
    digest = digest_of(asmo_report, day(hour))
    assert told(digest) == [("failed", "backup")]
    assert messages(digest, "warning", "backup") == [
        "Container backup failed (exit code 7) after 5 min, but ended well the next time"]


NOON = END - 60 - 11 * HOUR  # of `day`: 22:59, the first snapshot after it happened
AT = {"started_at": stamp(NOON - 1800), "finished_at": stamp(NOON - 1810)}
LATER = {"started_at": stamp(NOON - 1800), "finished_at": stamp(NOON - 2100)}


# What became of a container between 21:59 and 22:59, how many OOM kills there were, and what the issues say of it.
@pytest.mark.parametrize("became, oom_kills, expected", [
    (container("web", **AT), 0, []),
    (container("web", **LATER), 0, [("info", "Container web was down for 5 min")]),
    (container("web", restarts=1, **AT), 0, [("warning", "Container web was restarted by its policy at 22:29")]),
    (container("web", restarts=1, **LATER), 0, [("warning", "Container web was restarted by its policy at 22:29"),
                                                ("warning", "Container web was down for 5 min")]),
    (container("web", restarts=1, **AT), 1, [("critical", "Container web was killed for want of memory (OOM) at 22:28")]),
    (container("web", restarts=5, **AT), 1, [("critical", "Container web was killed for want of memory (OOM) at 22:28"),
                                             ("critical", "Container web was restarted by its policy 5 times, last at 22:29")]),
    (stopped("web", 137, finished_at=stamp(NOON - 1810)), 1,
     [("critical", "Container web was killed for want of memory (OOM) at 22:28 and is stopped since (12 h)")]),
    (stopped("web", 3, finished_at=stamp(NOON - 1810)), 0, [("warning", "Container web crashed (exit code 3), it is down since 22:28")]),
    (stopped("web", 3), 0, [("warning", "Container web crashed (exit code 3), it is down since 22:59 at the latest")]),
    (stopped("web", 143, finished_at=stamp(NOON - 1810)), 0,
     [("info", "Container web stopped (exit code 143, asked to stop), it is down since 22:28")]),
    (stopped("web", 1, finished_at=stamp(NOON - 1810), restart_policy="always"), 0,
     [("info", "Container web stopped (exit code 1), it is down since 22:28")]),
    (stopped("web", 0, finished_at=stamp(NOON - 1810)), 0, []),
    (stopped("web", 127, started_at=stamp(NOON - 9), finished_at=stamp(NOON - 8)), 0,
     [("warning", "Container web could not start (exit code 127, command not found), it is down since 22:58")]),
    (container("web", oom_killed=True), 1,
     [("critical", "Container web was killed for want of memory (OOM) between 21:59 and 22:59")]),
    (container("web", state="paused", status="stopped"), 0, [("info", "Container web is paused")]),
    (container("web"), 2, [("warning", "Out of memory: 2 processes OOM-killed, but no container ended by it")]),
    (container("web", state="restarting", status="stopped", restarts=9, exit_code=1, **AT), 0,
     [("critical", "Container web is in state restarting (exit code 1)"), ("critical", "Container web was restarted by its policy 9 times")]),
])
def test_issues_say_what_became_of_a_container(asmo_report, became, oom_kills, expected):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [became if h >= 12 else container("web")],
                                                              oom_kills=oom_kills if h >= 12 else 0)))
    assert [(p["severity"], p["message"]) for p in digest["problems"]] == expected


def test_one_that_was_paused_meanwhile_is_no_more_than_an_info(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web", state="paused" if 5 <= h < 9 else "running")])))
    assert told(digest) == [("paused", "web"), ("unpaused", "web")] and digest["severity"] == "ok"
    assert [p["message"] for p in digest["problems"]] == ["Container web was down for 3h 0m"]
    assert only(digest, "web")["crashes"] == 0


def test_one_that_was_paused_at_one_check_has_no_down_time_that_is_known(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web", state="paused" if h == 5 else "running")])))
    assert digest["problems"] == []
    assert (only(digest, "web")["seconds_up"], only(digest, "web")["seconds_down"]) == (21 * HOUR, 0)


def test_an_oom_kill_in_a_container_that_goes_on_is_no_crash(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web", oom_killed=h > 5)], oom_kills=int(h > 5))))
    assert told(digest) == [("oom_killed", "web")]
    assert (only(digest, "web")["oom_kills"], only(digest, "web")["crashes"]) == (1, 0)


def test_each_round_of_an_oom_loop_is_a_crash(asmo_report):
    loop = container("web", state="restarting", status="stopped", restarts=9, exit_code=137, oom_killed=True)
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [loop if h > 5 else container("web")])))
    assert told(digest) == [("oom_killed", "web")]
    assert (only(digest, "web")["restarts"], only(digest, "web")["crashes"]) == (9, 9)


def test_while_the_clock_was_set_no_run_time_is_known_but_of_what_ran_on(asmo_report):
    def hour(h, e):
        started = {"started_at": stamp(NOON - 1800), "finished_at": stamp(NOON - 2100)} if h >= 12 else {}
        return dict(snapshot(e, [container("on"), container("again", **started)]), epoch=e if h >= 12 else e - 5 * HOUR, boot_id="b")
    digest = digest_of(asmo_report, day(hour), "--hours", "30")
    assert only(digest, "on")["seconds_up"] == 23 * HOUR
    assert (only(digest, "again")["seconds_up"], only(digest, "again")["seconds_down"]) == (22 * HOUR, 0)


def test_a_container_that_is_expected_to_be_stopped_is_no_problem(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [
        container("test", expected="stopped") if h < 6 else
        stopped("test", 1, expected="stopped", finished_at=stamp(END - 17 * HOUR))])))
    assert digest["severity"] == "ok" and digest["problems"] == []
    assert only(digest, "test")["seconds_down"] == 0


def test_one_that_restarts_hour_after_hour_is_one_happening(asmo_report):
    def last(h, e):
        return e - max(h - 12, 0) * HOUR if h > 3 else END - 30 * HOUR
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [
        container("web", restarts=min(max(h - 3, 0), 9) * 2, started_at=stamp(last(h, e) - 60), finished_at=stamp(last(h, e) - 68))
    ])))
    assert told(digest) == [("restarted_by_policy", "web")]
    assert digest["events"][0]["times"] == only(digest, "web")["restarts"] == only(digest, "web")["crashes"] == 18
    assert digest["events"][0]["message"] == "web restarted by its policy 18 times, last back after 8.0 s"


def test_when_space_is_short_the_most_important_is_shown(asmo_report):
    def hour(h, e):
        often = [container("info-%02d" % i, started_at=stamp(e - 60 - i), finished_at=stamp(e - 70 - i)) for i in range(20)]
        victim = container("victim", restarts=h // 12, started_at=stamp(END - 12 * HOUR - 600 if h >= 12 else 0))
        return snapshot(e, [*often, victim], oom_kills=h // 12)
    message = report(asmo_report, day(hour)).json
    assert discord.faults(message) == []
    lines = message["embeds"][0]["fields"][2]["value"].splitlines()
    assert [line for line in lines if "victim OOM-killed" in line], lines
    shown = [line for line in lines if "by hand" in line]
    assert lines[-1] == "and %d more" % (23 * 20 - len(shown))
    times = [int(re.search(r"<t:(\d+):t>", line).group(1)) for line in lines[:-1]]
    assert times == sorted(times)
    text = report(asmo_report, day(hour), "-f", "text").stdout.decode()
    assert text.count(" restarted by hand") == 39 and "  and %d more\n" % (23 * 20 - 39) in text
    assert "\n- and %d more\n" % (23 * 20 - 39) in report(asmo_report, day(hour), "-f", "markdown").stdout.decode()


def chaos(seed):
    """Two days of anything: times that are missing, wrong or from another clock, containers that come and go."""
    dice = random.Random(seed)

    def moment(epoch):
        return dice.choice([None, stamp(epoch - dice.uniform(0, 7200)), stamp(epoch + dice.uniform(-1e7, 1e5)), "0001-01-01T00:00:00Z",
                            "yesterday"])

    def one(name, epoch):
        state = dice.choice(["running"] * 4 + ["paused", "restarting", "exited", "dead", "created", "removing", None])
        return container(name, state=state, id=dice.choice(["a" * 12] * 5 + ["b" * 12, None, "a" * 64, "a" * 10]),
                         restarts=dice.choice([0, 0, 1, 2, 50, None]), exit_code=dice.choice([0, 0, 1, 127, 137, 143, None, -1]),
                         oom_killed=dice.choice([True, False, False, None]), started_at=moment(epoch), finished_at=moment(epoch),
                         created_at=moment(epoch), health=dice.choice(["none", "healthy", "unhealthy", "starting", None]),
                         restart_policy=dice.choice(["no", "always", "unless-stopped", "on-failure", None]),
                         expected=dice.choice([None, None, "stopped"]), avg_seconds=dice.choice([None, 0, 3600, -5]),
                         cpu_avg_percent=dice.choice([None, 50.0]), net_rx_kb_per_second=dice.choice([None, 5.0]),
                         net_tx_kb_per_second=dice.choice([None, 5.0]), status=dice.choice(["running", "stopped", "unhealthy", None]))
    snapshots, uptime, epoch = [], 5e5, END - 47 * HOUR
    for _ in range(dice.randrange(1, 60)):
        step = dice.choice([HOUR, HOUR, HOUR, 5, 20000])
        uptime, epoch = uptime + step, epoch + step + dice.choice([0, 0, 0, 0, 3600, -3600, -step])
        boot, uptime = dice.choice([("b1", uptime)] * 8 + [("b2", dice.uniform(0, 3000)), (None, uptime), ("b1", None)])
        s = snapshot(epoch, [one(name, epoch) for name in "abcdef" if dice.random() < 0.9], boot_id=boot, uptime_seconds=uptime,
                     oom_kills=dice.choice([0, 0, 0, 1, 5, None]), avg_seconds=dice.choice([None, 3600]), cpu_avg_percent=30.0)
        s["docker"].update(available=dice.choice([True] * 6 + [False, None]), started_at=moment(epoch), error=dice.choice([None, "no"]))
        uptime = uptime or 5e5
        snapshots += [s] * dice.choice([1, 1, 1, 2])
    return snapshots


@pytest.mark.parametrize("seed", [*range(19), 516])  # which made more up time than a day has
def test_no_history_makes_nonsense(asmo_report, seed):
    snapshots = chaos(seed)
    digest = digest_of(asmo_report, snapshots)
    assert discord.faults(report(asmo_report, snapshots).json) == []
    report(asmo_report, snapshots, "-f", "text")
    begins = [e["epoch"] if e["from_epoch"] is None else e["from_epoch"] for e in digest["events"]]
    assert begins == sorted(begins)
    for event in digest["events"]:
        assert event["from_epoch"] is None or event["from_epoch"] <= event["epoch"]
        assert event["down_seconds"] is None or event["down_seconds"] >= 0
        assert event["times"] is None or event["times"] >= 1
        assert event["message"] and event["severity"] in ("critical", "warning", "info")
    assert 0 <= digest["observed_seconds"] <= 24 * HOUR
    assert all(gap["from_epoch"] < gap["to_epoch"] for gap in digest["gaps"])
    for one in digest["containers"]:
        assert one["seconds_up"] >= 0 and one["seconds_down"] >= 0
        assert one["seconds_up"] + one["seconds_down"] <= 24 * HOUR + 1
        assert one["restarts"] >= 0 and one["crashes"] >= 0 and 0 <= one["uptime_percent"] <= 100
    assert digest["cpu_percent"]["avg"] is None or 0 <= digest["cpu_percent"]["avg"] <= 100


class Webhook(http.server.BaseHTTPRequestHandler):
    """Discord's place: takes a message or refuses it as Discord would."""

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.faults = discord.faults(message)
        self.send_response(400 if self.server.faults else 204)
        self.end_headers()

    def log_message(self, *args):
        pass


def test_curl_posts_what_the_report_prints(asmo_report):
    printed = report(asmo_report, day(bad)).stdout
    server = http.server.HTTPServer(("127.0.0.1", 0), Webhook)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    posted = subprocess.run(["curl", "-sS", "--max-time", "10", "-H", "Content-Type: application/json", "-d", "@-", "-o", "/dev/null",
                             "-w", "%{http_code}", "http://127.0.0.1:%d/api/webhooks/1/x" % server.server_port],
                            input=printed, stdout=subprocess.PIPE, timeout=20, check=True)
    thread.join(20)
    server.server_close()
    assert posted.stdout == b"204", server.faults


@pytest.mark.parametrize("form, worker, gap", [
    ("text", "14:59-15:59  worker crashed", "12:59-17:59 "), ("markdown", "between 14:59 and 15:59 worker crashed", "from 12:59 to 17:59 No"),
    ("html", "between 14:59 and 15:59 warning: worker crashed", "from 12:59 to 17:59 warning: No")])
def test_a_time_that_is_known_to_lie_between_two_looks_is_no_duration(asmo_report, form, worker, gap):
    for what, expected in ((bad, worker), (gaps, gap)):
        text = report(asmo_report, day(what), "-f", form).stdout.decode()
        assert expected in (re.sub("<[^>]*>", "", text) if form == "html" else text)
        assert "2026-01-11 10:00 (UTC)" in text or form == "html"


@pytest.mark.parametrize("found", [True, False])
def test_a_day_on_which_no_engine_was_seen_says_so(asmo_report, found):
    docker = {"available": False, "engine": None, "version": None, "error": "unix:///x: Permission denied", "found": found}
    snapshots = day(lambda hour, epoch: dict(snapshot(epoch, [], docker=docker), containers_total=None, containers_running=None,
                                             containers_stopped=None, containers_unhealthy=None))
    digest = report(asmo_report, snapshots, "-f", "json").json
    assert digest["current"]["engine_error"] == "unix:///x: Permission denied"
    assert [(p["severity"], p["message"]) for p in digest["problems"]] == [
        ("warning", "The container engine does not answer: unix:///x: Permission denied")] * found
    for form in ("discord", "text", "markdown"):
        assert b"not seen: the container engine does not answer" in report(asmo_report, snapshots, "-f", form).stdout
    assert b"Permission denied" in report(asmo_report, snapshots, "-f", "html").stdout


def test_a_state_is_old_when_the_monitor_is_said_to_have_stopped(asmo_report):
    """Where it looks each quarter of an hour, an hour is long."""
    snapshots = [snapshot(history.END - 5400 - quarter * 900) for quarter in range(90, -1, -1)]
    text = report(asmo_report, snapshots, "-f", "text").stdout.decode()
    assert "The monitor is not running: the last snapshot is 1h 30m old" in text and "State last seen" in text
    assert "Current state at" in report(asmo_report, snapshots + [snapshot(history.END - 1800)], "-f", "text").stdout.decode()


def test_a_headline_names_a_container_once(asmo_report):
    snapshots = day(lambda hour, epoch: snapshot(epoch, [container("web", restarts=hour, status="unhealthy", health="unhealthy")]))
    assert [p["severity"] for p in digest_of(asmo_report, snapshots)["problems"] if p["subject"] == "web"] == ["critical"] * 2
    assert report(asmo_report, snapshots).json["embeds"][0]["description"] == "\U0001f6a8 **2 critical**: web"
