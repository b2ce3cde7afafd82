"""asmo-report over histories with a known truth."""

import http.server
import json
import os
import re
import subprocess
import threading
from pathlib import Path

import pytest

import discord
import history
from history import END, HOUR, container, day, disk, snapshot, stopped

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SUFFIXES = {"discord": "discord.json", "json": "json", "text": "txt"}


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


def quiet(_hour, epoch):
    return snapshot(epoch, [container("jellyfin", mem_mb=308.2, health="healthy"), container("n8n", cpu_percent=2.5),
                            stopped("backup")])


def bad(hour, epoch):
    """A day on which much goes wrong."""
    web = container("web", restarts=min(hour, 7), errors=["SQLite Error 5: database is locked"] if hour % 3 == 0 else [],
                    error_counts=[2] if hour % 3 == 0 else [], error_count=2 if hour % 3 == 0 else 0)
    database = container("db") if hour < 15 else stopped("db", 137, finished_at="2026-01-11T01:00:00Z")
    proxy = container("proxy", health="unhealthy", status="unhealthy") if hour >= 22 else container("proxy", health="healthy")
    worker = stopped("worker", 3) if 5 <= hour < 9 else container("worker")
    disks = [disk("/", 400 + hour, 457.0), disk("/mnt/nas", 1100.0, 3600.0)]
    return snapshot(epoch, [container("jellyfin", mem_mb=308.2), web, database, proxy, worker, stopped("job", 0)],
                    cpu_percent=97.5 if hour == 3 else 20.0, disks=disks, oom_kills=0 if hour < 15 else 1)


def gaps(hour, epoch):
    if 3 <= hour < 7:
        return None
    if hour in (10, 11):
        return snapshot(epoch, docker={"available": False, "engine": None, "version": None, "error": "Connection refused"},
                        containers_total=None, containers_running=None, containers_stopped=None, containers_unhealthy=None)
    return quiet(hour, epoch)


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
    printed = report(asmo_report, day(DAYS[name]), "-f", form).stdout.decode()
    golden = GOLDEN / ("%s.%s" % (name, SUFFIXES[form]))
    if os.environ.get("ASMO_TEST_UPDATE"):
        golden.write_text(printed)
    assert printed == golden.read_text()


@pytest.mark.parametrize("name", [*DAYS, "hostile"])
def test_discord_accepts_every_day(asmo_report, name):
    message = report(asmo_report, day({**DAYS, "hostile": hostile}[name])).json
    assert discord.faults(message) == []
    assert [field["name"] for field in message["embeds"][0]["fields"]] == ["Current State", "Issues", "Top Memory", "Top CPU"]
    assert message["embeds"][0]["title"].endswith("\u2022 24h Report")


def test_discord_accepts_a_hundred_sick_containers(asmo_report):
    names = ["container-with-a-rather-long-name-%03d" % i for i in range(100)]
    message = report(asmo_report, day(lambda hour, epoch: snapshot(epoch, [
        container(name, restarts=hour * 5, errors=["Error: %s %s" % (name, "x" * 250)], status="unhealthy",
                  health="unhealthy") for name in names]))).json
    assert discord.faults(message) == []
    issues = message["embeds"][0]["fields"][1]["value"]
    assert "more" in issues.splitlines()[-1], issues


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
    assert digest["cpu_percent"] == {"avg": 15.3, "min": 15.3, "max": 15.3}
    assert only(digest, "jellyfin")["uptime_percent"] == 100


def test_what_goes_wrong_is_told_once_and_rightly(asmo_report):
    digest = digest_of(asmo_report, day(bad))
    assert digest["severity"] == "critical"
    assert messages(digest, "critical", "web") == ["Container web was restarted 7 times"]
    assert "OOM" in messages(digest, "critical", "db")[0]
    assert messages(digest, "critical", "proxy") == ["Container proxy is unhealthy: its health check fails"]
    assert messages(digest, "warning", "worker") == ["Container worker was seen running in 20 of 24 checks only (83.3 %)"]
    assert messages(digest, "critical", "CPU")[0].startswith("CPU reached 97.5 % (critical above 95 %)")
    assert messages(digest, "critical", "/")[0].startswith("Disk / is at 92.6 % (critical above 90 %), +23.0 GiB")
    assert messages(digest, "info", "web") == [
        "Container web logged 16 error lines, most often: SQLite Error 5: database is locked"]
    assert not [p for p in digest["problems"] if p["subject"] in ("jellyfin", "job", "/mnt/nas")]
    assert only(digest, "web")["errors"] == [{"message": "SQLite Error 5: database is locked", "count": 16}]
    severities = [p["severity"] for p in digest["problems"]]
    assert severities == sorted(severities, key=["critical", "warning", "info"].index)


def test_restarts_are_the_rise_of_the_counter_and_survive_a_reset(asmo_report):
    counts = [5, 5, 8, 0, 2, 2] + [2] * 18
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web", restarts=counts[h])])))
    assert only(digest, "web")["restarts"] == 3 + 0 + 2


@pytest.mark.parametrize("ids", [[None, None], ["a" * 64, "a" * 64], ["a" * 10, "a" * 12], [None, "a" * 12]])
def test_the_same_container_by_ids_of_another_length_has_not_restarted(asmo_report, ids):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web", restarts=2, id=ids[h % 2])])))
    assert only(digest, "web")["restarts"] == 0


def test_a_container_made_anew_counts_from_zero(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [
        container("web", restarts=50 if h < 12 else 3, id="a" * 12 if h < 12 else "b" * 12)])))
    assert only(digest, "web")["restarts"] == 3


def test_an_engine_that_did_not_answer_is_no_downtime_of_its_containers(asmo_report):
    digest = digest_of(asmo_report, day(gaps))
    assert only(digest, "jellyfin")["uptime_percent"] == 100
    assert messages(digest, "warning", "engine") == ["The container engine did not answer in 2 of 20 checks"]


def test_an_engine_that_was_not_asked_is_no_failure(asmo_report):
    not_asked = {"available": None, "engine": None, "version": None, "error": "not asked (--no-docker)"}
    digest = digest_of(asmo_report, day(lambda h, e: quiet(h, e) if h < 23 else snapshot(e, docker=not_asked)))
    assert digest["severity"] == "ok"
    assert only(digest, "jellyfin")["status"] == "running"


def test_a_container_that_was_removed_is_told_as_such(asmo_report):
    digest = digest_of(asmo_report, day(lambda h, e: snapshot(e, [container("web")] + ([container("old", health="unhealthy",
                                        status="unhealthy")] if h < 20 else []))))
    assert only(digest, "old")["status"] == "removed"
    assert messages(digest, "warning", "old") == ["Container old was unhealthy in 20 of 20 checks"]


def test_hours_without_a_snapshot_are_told(asmo_report):
    digest = digest_of(asmo_report, day(gaps))
    assert (digest["snapshots"], digest["expected_snapshots"]) == (20, 24)
    assert messages(digest, "warning", "monitor") == [
        "4 of 24 snapshots are missing: what happened then is not known"]


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
    assert digest["disks"] == [{"mount": "/", "used_percent": 27.9, "min_percent": 25.0, "max_percent": 27.9,
                                "change_gb": 11.5, "used_gb": 111.5, "total_gb": 400.0, "problem": None, "full_epoch": None,
                                "growth_gb_per_day": None}]


def test_a_disk_that_was_full_or_is_gone_is_told(asmo_report):
    def hour(h, e):
        disks = [disk("/", 97.0 if h < 20 else 50.0, 100.0)] + ([disk("/mnt/nas", 10.0, 100.0)] if h < 23 else [])
        return snapshot(e, disks=disks)
    digest = digest_of(asmo_report, day(hour))
    assert messages(digest, "critical", "/") == ["Disk / reached 97.0 % (critical above 90 %) and is at 50.0 % now"]
    assert messages(digest, "critical", "/mnt/nas") == ["Disk /mnt/nas is no longer mounted"]


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
    assert messages(digest, "critical", "web") == ["Container web was restarted 7 times"]
    assert only(digest, "web")["error_count"] == 8


def test_a_report_goes_to_a_file_whole_or_not_at_all(asmo_report, tmp_path):
    target = tmp_path / "report.json"
    assert report(asmo_report, day(quiet), "-o", target).stdout == b""
    assert discord.faults(json.loads(target.read_text())) == []
    assert [p.name for p in tmp_path.iterdir() if ".tmp" in p.name] == []
    outcome = asmo_report("-o", tmp_path / "no" / "such" / "folder")
    assert outcome.code == 1 and b"cannot be created" in outcome.stderr


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
