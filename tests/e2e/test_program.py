"""The two programs as a person or a scheduler meets them: options, files, exit statuses, numbers of the host."""

import fcntl
import json
import os
import re
import shutil
import socket
import subprocess
import time

import pytest

NO_ENGINE = "--no-docker"


def snapshots(program):
    return json.loads(program.history.read_text())


def said(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=20, env={"LC_ALL": "C", "PATH": os.environ["PATH"]}
                          ).stdout.decode()


def test_a_run_prints_one_document_and_stores_one_line(asmo_monitor):
    for count in (1, 2):
        outcome = asmo_monitor(NO_ENGINE)
        assert outcome.code == 0 and outcome.stderr == b"", outcome
        document = outcome.json
        assert list(document) == ["success", "critical_alert", "notify", "summary", "alert", "docker", "history", "discord"]
        assert document["history"] == {"file": str(asmo_monitor.history), "snapshots": count, "stored": True}
        assert outcome.stdout.count(b"\n") == 1
        assert snapshots(asmo_monitor)[-1]["docker"] == {"available": None, "engine": None, "version": None,
                                                         "error": "not asked (--no-docker)", "started_at": None, "found": None}
    text = asmo_monitor.history.read_text()
    assert text.startswith("[\n{") and text.endswith("}\n]\n") and text.count("\n") == 4


def test_the_numbers_are_those_of_free_df_and_uptime(asmo_monitor):
    asmo_monitor(NO_ENGINE)
    free = [int(n) for n in re.search(r"^Mem:(.*)$", said("free", "-b"), re.MULTILINE).group(1).split()]
    seconds = float(open("/proc/uptime").read().split()[0])
    snapshot = snapshots(asmo_monitor)[-1]
    gib = 1 << 30
    assert snapshot["ram_total_gb"] == pytest.approx(free[0] / gib, abs=0.06)
    assert snapshot["ram_used_gb"] == pytest.approx((free[0] - free[5]) / gib, abs=0.06 + 0.02 * free[0] / gib)
    assert snapshot["ram_percent"] == pytest.approx(snapshot["ram_used_gb"] / snapshot["ram_total_gb"] * 100, abs=1)
    assert snapshot["cpu_count"] == os.cpu_count()
    assert snapshot["uptime_seconds"] == pytest.approx(seconds, abs=10)
    minutes = int(snapshot["uptime_seconds"] // 60)
    words = {"d": minutes // 1440, "h": minutes // 60 % 24, "m": minutes % 60}
    shown = {unit: int(number) for number, unit in re.findall(r"(\d+)([dhm])", snapshot["uptime"])}
    assert shown == {unit: n for unit, n in words.items() if unit in shown}
    assert len(snapshot["load_average"]) == 3
    assert 0 <= snapshot["cpu_percent"] <= 100
    assert snapshot["problems"] == []


def test_the_disks_are_those_of_df(asmo_monitor):
    asmo_monitor(NO_ENGINE)
    disks = {disk["mount"]: disk for disk in snapshots(asmo_monitor)[-1]["disks"]}
    if "/" not in disks:
        pytest.skip("the root of this machine is no file system of its own")
    rows = [line.split() for line in said("df", "-B1", "--output=target,size,used,pcent").splitlines()[1:]]
    for target, size, used, percent in rows:
        if target in disks:
            assert disks[target]["total_gb"] == pytest.approx(int(size) / (1 << 30), abs=0.06)
            assert disks[target]["used_gb"] == pytest.approx(int(used) / (1 << 30), abs=0.3)
            assert 0 <= int(percent.rstrip("%")) - disks[target]["used_percent"] < 1.5
    assert not [mount for mount in disks if mount.startswith(("/proc", "/sys", "/dev"))]


def test_a_busy_machine_reads_busy(asmo_monitor):
    busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(os.cpu_count())]
    try:
        asmo_monitor(NO_ENGINE)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert snapshots(asmo_monitor)[-1]["cpu_percent"] > 80


def test_a_copied_proc_is_read_instead(asmo_monitor, tmp_path):
    proc = tmp_path / "proc"
    shutil.copytree(asmo_monitor_fixture(), proc)
    outcome = asmo_monitor(NO_ENGINE, "--proc", proc)
    snapshot = snapshots(asmo_monitor)[-1]
    assert outcome.code == 0
    assert snapshot["cpu_count"] == 2 and snapshot["cpu_percent"] is None  # time stands still there
    assert snapshot["ram_total_gb"] == 1.9
    (proc / "meminfo").write_text("MemTotal: lots kB\n")
    (proc / "loadavg").unlink()
    asmo_monitor(NO_ENGINE, "--proc", proc)
    snapshot = snapshots(asmo_monitor)[-1]
    assert snapshot["ram_percent"] is None and snapshot["load_average"] == []
    assert any("meminfo" in problem for problem in snapshot["problems"])
    assert any("meminfo" in problem for problem in asmo_monitor(NO_ENGINE, "-n", "--proc", proc).json["problems"])
    assert any("loadavg" in problem for problem in snapshot["problems"])


def asmo_monitor_fixture():
    from fake_engine import FIXTURES
    return FIXTURES / "docker-26.1-cgroup2" / "proc"


def test_a_dry_run_leaves_nothing_behind(asmo_monitor):
    outcome = asmo_monitor(NO_ENGINE, "--dry-run")
    assert outcome.code == 0 and outcome.json["history"]["stored"] is False
    assert not asmo_monitor.history.exists() and not asmo_monitor.log.exists()


def test_the_log_gets_a_line_or_two_a_run(asmo_monitor, asmo_report):
    asmo_monitor(NO_ENGINE)
    asmo_report()
    lines = asmo_monitor.log.read_text().splitlines()
    assert 2 <= len(lines) <= 3
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d asmo-monitor: stored in \d\.\d\d s: CPU ", lines[0])
    assert "asmo-report: discord report of 1 of 1 snapshots" in lines[-1]
    assert asmo_monitor.log.stat().st_mode & 0o777 == 0o600


def test_text_is_for_a_person(asmo_monitor):
    text = asmo_monitor(NO_ENGINE, "-f", "text").stdout.decode()
    assert "CPU" in text and "Stored in" in text and max(map(len, text.splitlines())) <= 200
    assert "\n  Containers n/a\n" in text and text.endswith(", which holds 1 snapshot.\n")
    assert asmo_monitor(NO_ENGINE, "-f", "text").stdout.endswith(b", which holds 2 snapshots.\n")


def test_text_says_what_could_not_be_looked_at(asmo_monitor, tmp_path):
    (tmp_path / "empty").mkdir()
    text = asmo_monitor(NO_ENGINE, "--proc", tmp_path / "empty", "-f", "text").stdout.decode()
    assert re.search(r"\n  unknown   meminfo cannot be opened: No such file", text), text


@pytest.mark.parametrize("args, expected", [
    (["--frobnicate"], "unknown option --frobnicate"),
    (["-x"], "unknown option -x"),
    (["--quiet", "-xv"], "unknown option -x"),
    (["--quiet", "-vx"], "unknown option -x"),
    (["--frobnicate=5"], "unknown option --frobnicate;"),
    (["--dry-run=5"], "option --dry-run takes no argument"),
    (["--no-d=5"], "option --no-docker takes no argument"),
    (["--ver"], "ambiguous option --ver;"),
    (["-f"], "option --format wants an argument"),
    (["-vc"], "option --config wants an argument"),
    (["-q", "--hist"], "option --history wants an argument"),
    (["-f", "xml"], "format xml is not known"),
    (["extra"], "unexpected argument extra"),
    (["--proc", "/nowhere"], "the folder /nowhere cannot be opened: No such file or directory"),
])
def test_a_wrong_option_is_one_sentence_and_exit_2(asmo_monitor, args, expected):
    outcome = asmo_monitor(*args)
    assert outcome.code == 2
    assert expected in outcome.stderr.decode() and outcome.stderr.count(b"\n") == 1
    assert outcome.json["success"] is False and expected in outcome.json["error"]
    assert not asmo_monitor.history.exists()


@pytest.mark.parametrize("args, expected", [
    (["--hours", "many"], "--hours many is wrong"),
    (["--hours", "-1"], "--hours -1 is wrong"),
    (["--until", "yesterday"], "--until yesterday is no time"),
    (["-f", "xml"], "format xml is not known, allowed is discord, json, html, markdown, png or text"),
    (["x.json"] * 11, "11 histories are too many"),
])
def test_the_report_says_what_is_wrong_too(asmo_report, args, expected):
    outcome = asmo_report(*args)
    assert outcome.code == 2 and outcome.stdout == b""
    assert expected in outcome.stderr.decode() and outcome.stderr.count(b"\n") == 1


@pytest.mark.parametrize("config, expected", [
    ("", "not JSON: it is empty"),
    ("{", "not JSON: fault in line 1"),
    ("[]", "expected one object of keys, found a list"),
    ('{"thresholds": {"cpu_critical": 950}}', "thresholds.cpu_critical is 950, allowed is a number from 0 to 100"),
    ('{"docker": {"error_patterns": ["("]}}', "docker.error_patterns is \"(\", allowed is an extended regular expression"),
    ('{"docker": 1}', "docker is a number, allowed is an object"),
])
def test_a_wrong_config_is_one_sentence_and_exit_2(asmo_monitor, asmo_report, config, expected):
    for program in (asmo_monitor, asmo_report):
        outcome = program(config=config)
        assert outcome.code == 2, outcome
        assert expected in outcome.stderr.decode() and str(program.config) in outcome.stderr.decode()
        assert outcome.stderr.count(b"\n") == 1


@pytest.mark.parametrize("config, args, uses", [
    ({"log_file": "data/../data/health_history.json"}, [], ["the log", "the history"]),
    ({"prometheus_file": "asmo.prom"}, ["--history", "./asmo.prom"], ["prometheus_file", "the history"]),
    ({"prometheus_file": "link.prom"}, [], ["prometheus_file", "the history"]),
    ({}, ["--history", "config.json"], ["the history", "the config"]),
    ({"prometheus_file": "config.json"}, [], ["prometheus_file", "the config"]),
])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_file_with_two_uses_is_refused_before_it_is_lost(asmo_monitor, tmp_path, config, args, uses, is_first):
    (tmp_path / "link.prom").symlink_to(asmo_monitor.history)
    if not is_first:
        asmo_monitor(NO_ENGINE)
        (tmp_path / "asmo.prom").write_text("[]")
    before = {path: path.read_bytes() for path in (asmo_monitor.history, tmp_path / "asmo.prom") if path.exists()}
    outcome = asmo_monitor(NO_ENGINE, *args, config=config)
    assert outcome.code == 2 and outcome.stderr.count(b"\n") == 1, outcome
    assert all(use in outcome.stderr.decode() for use in uses)
    assert {path: path.read_bytes() for path in before} == before
    assert json.loads(asmo_monitor.config.read_text())["server_name"] == "e2e"
    assert not list(tmp_path.rglob("*.corrupt*"))


@pytest.mark.parametrize("name, use", [
    ("one.json", "the history one.json"), ("linked.json", "the history one.json"), ("logs/../logs/asmo.log", "the log"),
    ("data/health_history.json", "the history"), ("config.json", "the config")])
def test_a_report_takes_the_place_of_no_file_with_another_use(asmo_monitor, asmo_report, tmp_path, name, use):
    asmo_monitor(NO_ENGINE)
    shutil.copy(asmo_monitor.history, tmp_path / "one.json")
    (tmp_path / "linked.json").symlink_to("one.json")
    before = (tmp_path / name).read_bytes()
    outcome = asmo_report("-o", name, "one.json", "two.json")
    assert outcome.code == 2 and "the output %s is the same file as %s" % (name, use) in outcome.stderr.decode(), outcome
    assert (tmp_path / name).read_bytes() == before or name == "config.json"
    assert asmo_report("-o", "new.json", "one.json").code == 0


def test_an_unknown_key_is_a_warning_that_names_the_nearest(asmo_monitor):
    outcome = asmo_monitor(NO_ENGINE, config={"thresholds": {"cpu_critcal": 90}})
    assert outcome.code == 0
    assert b"unknown key thresholds.cpu_critcal has no effect; the nearest known one is thresholds.cpu_critical" in outcome.stderr


def test_a_config_can_be_checked(asmo_monitor):
    outcome = asmo_monitor("--check-config", "--docker-host", "unix:///nowhere")
    assert outcome.code == 0 and outcome.stdout.decode().splitlines() == [
        "The config is right: %s" % asmo_monitor.config, "  history  %s" % asmo_monitor.history, "  log      %s" % asmo_monitor.log,
        "  engine   unix:///nowhere", "  --send   to no place: the config names none"]
    url = "https://discord.com/api/webhooks/1/secret"
    outcome = asmo_monitor("--check-config", config={"discord": {"webhook_url": url}, "thresolds": {}})
    assert outcome.code == 0 and outcome.stdout.startswith(b"The config can be used, but what is said above needs a look: ")
    assert b"  --send   Discord, discord.com\n" in outcome.stdout and b"secret" not in outcome.stdout
    outcome = asmo_monitor("--check-config", config={"discord": {"webhook_url": "https://discord.com/api/webhooks/..."}})
    assert outcome.code == 2 and b"... stands for the rest of it" in outcome.stderr
    assert asmo_monitor("--check-config", config="{").code == 2
    assert not asmo_monitor.history.exists()


def test_the_exit_code_follows_the_verdict_when_asked(asmo_monitor):
    def run(**thresholds):
        quiet = {"cpu_warning": None, "cpu_critical": None, "disk_warning": None, "disk_critical": None, "ram_warning": None,
                 "ram_critical": None}
        return asmo_monitor(NO_ENGINE, "--exit-code", config={"thresholds": {**quiet, **thresholds}}).code
    assert run() == 0
    assert run(ram_warning=0) == 1
    assert run(ram_critical=0) == 2
    assert asmo_monitor(NO_ENGINE, "--exit-code", config="{").code == 3


def test_a_history_that_cannot_be_written_is_exit_1_and_still_a_document(asmo_monitor, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = asmo_monitor(NO_ENGINE, "--history", tmp_path / "file" / "history.json")
    assert outcome.code == 1
    assert outcome.json["success"] is False and "Not a directory" in outcome.json["error"]
    assert outcome.json["summary"]["cpu_percent"] is not None
    assert outcome.json["history"]["stored"] is False


def test_a_damaged_history_is_kept_aside_and_told(asmo_monitor):
    asmo_monitor(NO_ENGINE)
    with open(asmo_monitor.history, "a") as history:
        history.write('{"timestamp":"2026-')
    outcome = asmo_monitor(NO_ENGINE)
    assert outcome.code == 0 and b"damaged" in outcome.stderr
    assert outcome.json["history"]["salvaged"] == 1 and len(snapshots(asmo_monitor)) == 2
    assert os.path.exists(outcome.json["history"]["damaged_kept_as"])
    assert "the history was damaged: 1 snapshots could be read" in asmo_monitor.log.read_text()


def test_a_log_that_somebody_holds_is_waited_for_once(asmo_monitor):
    asmo_monitor.log.parent.mkdir()
    with asmo_monitor.log.open("w") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        outcome = asmo_monitor(NO_ENGINE, config={"unknown_%d" % i: 0 for i in range(20)})
    assert outcome.code == 0 and outcome.stderr.count(b"cannot be locked") == 1
    assert outcome.stderr.count(b"unknown_") == 20 and outcome.seconds < 20  # a wait is two seconds


def test_complaints_go_to_the_log_as_well(asmo_monitor):
    asmo_monitor(NO_ENGINE, "--proc", "/nowhere")
    asmo_monitor(NO_ENGINE, config={"docker": {"hots": ""}, "log_file": str(asmo_monitor.log)})
    log = asmo_monitor.log.read_text()
    assert "the folder /nowhere cannot be opened" in log and "unknown key docker.hots" in log


def at(entry, epoch):
    return dict(entry, epoch=epoch, timestamp=time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(epoch)))


def test_a_clock_that_runs_ahead_ages_nothing(asmo_monitor):
    asmo_monitor(NO_ENGINE)
    now = snapshots(asmo_monitor)[0]
    week = [at(now, now["epoch"] - hour * 3600) for hour in range(24 * 6, 0, -1)]
    long_ago = [at(entry, entry["epoch"] - 365 * 86400) for entry in week]
    asmo_monitor.history.write_text(json.dumps(long_ago))  # as if the clock had jumped ahead by a year since
    for _ in range(3):
        asmo_monitor(NO_ENGINE)
    assert len(snapshots(asmo_monitor)) == len(week) + 3
    ahead = [at(now, now["epoch"] + 365 * 86400 + hour * 3600) for hour in range(3)]
    asmo_monitor.history.write_text(json.dumps([*week, *ahead]))  # and as if it were right again
    for _ in range(3):
        asmo_monitor(NO_ENGINE)
    assert len(snapshots(asmo_monitor)) == len(week) + 6


def test_old_snapshots_are_dropped(asmo_monitor):
    asmo_monitor(NO_ENGINE)
    old = snapshots(asmo_monitor)[0]
    entries = [dict(old, epoch=old["epoch"] - days * 86400) for days in (8, 6, 0.5)]
    asmo_monitor.history.write_text(json.dumps(entries))
    asmo_monitor(NO_ENGINE)
    assert [round((old["epoch"] - s["epoch"]) / 86400) for s in snapshots(asmo_monitor)] == [6, 0, 0]


def test_a_reader_that_goes_away_is_an_error_not_a_crash(asmo_monitor):
    asmo_monitor(NO_ENGINE)
    done = subprocess.run(["sh", "-c", '"$0" --no-docker -c "$1" | true; exec 3>&1', str(asmo_monitor.path),
                           str(asmo_monitor.config)], timeout=30, check=False)
    assert done.returncode == 0 and len(snapshots(asmo_monitor)) == 2


@pytest.fixture
def installed(asmo_monitor, tmp_path):
    """The program in a bin/ that is no checkout, run with no config."""
    folder = tmp_path / "usr" / "bin"
    folder.mkdir(parents=True)
    shutil.copy(asmo_monitor.path, folder)
    def run(env, *args):
        done = subprocess.run([str(folder / "asmo-monitor"), NO_ENGINE, *args], cwd="/", stdout=subprocess.PIPE, timeout=30, check=False,
                              env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **env})
        return json.loads(done.stdout)
    return run


@pytest.mark.not_under_valgrind("it copies the program")
def test_a_config_is_found_in_the_documented_places(installed, tmp_path):
    def write(path, server):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"server_name": server, "history_file": "h.json", "log_file": "a.log"}))
    write(tmp_path / "home" / "asmo" / "config.json", "from XDG")
    write(tmp_path / "env.json", "from ASMO_CONFIG")
    write(tmp_path / "c.json", "from -c")
    xdg = {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    document = installed(xdg)
    assert document["summary"]["server"] == "from XDG"
    assert document["history"]["file"] == str(tmp_path / "home" / "asmo" / "h.json")  # relative to its folder
    env = {**xdg, "ASMO_CONFIG": str(tmp_path / "env.json")}
    assert installed(env)["summary"]["server"] == "from ASMO_CONFIG"
    assert installed(env, "-c", str(tmp_path / "c.json"))["summary"]["server"] == "from -c"


@pytest.mark.not_under_valgrind("it copies the program")
def test_a_checkout_keeps_its_files_to_itself(asmo_monitor, tmp_path):
    checkout = tmp_path / "checkout"
    (checkout / "bin").mkdir(parents=True)
    (checkout / "src").mkdir()
    for name in ("config.example.json", "src/README.md"):
        (checkout / name).write_text("{}")
    shutil.copy(asmo_monitor.path, checkout / "bin")
    done = subprocess.run([str(checkout / "bin" / "asmo-monitor"), NO_ENGINE], cwd="/", stdout=subprocess.PIPE, timeout=30, check=True,
                          env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    assert json.loads(done.stdout)["history"]["file"] == str(checkout / "data" / "health_history.json")
    assert (checkout / "logs" / "asmo.log").exists()


def test_help_and_version(asmo_monitor, asmo_report):
    for program in (asmo_monitor, asmo_report):
        assert program("--help").stdout.startswith(b"Usage: asmo-")
        assert re.match(rb"asmo-(monitor|report) \d+\.\d+\.\d+\n", program("-V").stdout)


def test_where_there_is_no_engine_nothing_is_missed_and_one_that_lets_nobody_in_is_warned_of(asmo_monitor, tmp_path):
    quiet = {"thresholds": {name: None for name in ("cpu_warning", "cpu_critical", "ram_warning", "ram_critical", "disk_warning",
                                                     "disk_critical", "swap_warning")}, "sample_seconds": 0.1}
    outcome = asmo_monitor("--docker-host", "unix://%s" % (tmp_path / "nowhere"), config=quiet)
    assert outcome.json["docker"]["found"] is False and outcome.json["alert"]["warnings"] == [] and outcome.json["notify"] is False
    with socket.socket(socket.AF_UNIX) as closed:  # bound, and nobody listens
        closed.bind(str(tmp_path / "closed"))
        outcome = asmo_monitor("--docker-host", "unix://%s" % (tmp_path / "closed"), config=quiet)
    warning, = outcome.json["alert"]["warnings"]
    assert outcome.json["docker"]["found"] is True and warning.startswith("The container engine does not answer: unix://")
    assert outcome.json["notify"] is True and outcome.json["critical_alert"] is False
