"""No secret leaves: neither what others put into logs and errors, nor the webhook's URL in the config."""

import json
import os
import shutil
import subprocess

import pytest

import history
from fake_engine import FIXTURES, FakeEngine

# What is looked for in all that is written: the secret, or either half of it.
HALVES = (b"hunt", b"ter2")
SECRET = "hunter2"

LIST = json.loads((FIXTURES / "docker-26.1-cgroup2" / "list.json").read_text())
INSPECT = json.loads((FIXTURES / "docker-26.1-cgroup2" / "healthy.inspect.json").read_text())


def frames(*lines, stream=2, size=1 << 20):
    """A log as the engine frames it, in frames of at most `size` bytes."""
    text = b"".join(line.encode() + b"\n" for line in lines)
    parts = [text[i:i + size] for i in range(0, len(text), size)]
    return b"".join(bytes([stream, 0, 0, 0]) + len(part).to_bytes(4, "big") + part for part in parts)


def written(program):
    """Every file that a run left, but the config: name -> bytes."""
    return {str(path.relative_to(program.folder)): path.read_bytes() for path in program.folder.rglob("*")
            if path.is_file() and path != program.config}


def leaks(program, *outcomes):
    """Where a part of the secret is found."""
    places = written(program)
    for outcome in outcomes:
        what = " ".join([outcome.command[0]] + [argument for argument in outcome.command[3:] if SECRET not in argument])
        places["stdout of " + what], places["stderr of " + what] = outcome.stdout, outcome.stderr
    return {place: text for place, text in places.items() if any(half in text.lower() for half in HALVES)}


def run_all(monitor, report, *args, config=None, **keywords):
    """Both programs, in every format, talkative."""
    if not isinstance(config, str):
        config = {"sample_seconds": 0.1, **(config or {})}
    return [monitor("-v", "-f", form, *args, config=config, **keywords) for form in ("json", "text")] + \
        [report("-v", "-f", form, config=config) for form in ("discord", "json", "markdown", "text")]


def with_engine(tmp_path, monitor, report, answers, **keywords):
    with FakeEngine(tmp_path, answers=answers) as engine:
        outcomes = run_all(monitor, report, engine=engine, **keywords)
    assert [outcome.code for outcome in outcomes] == [0] * 6, outcomes
    return outcomes


LOGS = [
    "ERROR: postgres://app:hunter2@db/app refused",
    "ERROR: password=hunter2 is wrong",
    'ERROR: {"token":"hunter2 hunter2"}',
    "ERROR: Authorization: Bearer hunter2hunter2",
    "ERROR: https://discord.com/api/webhooks/123/hunter2 is 404",
    "ERROR: Cookie: sid=hunter2; theme=hunter2",
    "ERROR: \x1b[31mpass\x1b[0mword=hun\x00ter2",
    "ERROR: pass\u200bword=hun\u202eter2",
    "ERROR: " + "x " * 2040 + "https://app:hunter2hunter2hunter2@db/",
    "ERROR: " + "x " * 140 + "https://app:hunter2hunter2hunter2@db/",
    "ERROR: " + "password=" + "y" * 4060 + " token=hunter2hunter2hunter2",
]


@pytest.mark.parametrize("size", [1 << 20, 7], ids=["whole", "split"])
def test_secrets_in_logs_are_written_nowhere(asmo_monitor, asmo_report, tmp_path, size):
    outcomes = with_engine(tmp_path, asmo_monitor, asmo_report, {"/logs": (200, frames(*LOGS, size=size))})
    assert leaks(asmo_monitor, *outcomes) == {}
    errors = json.loads(asmo_monitor.history.read_text())[-1]["containers"][0]["errors"]
    assert errors[:2] == ["ERROR: postgres://app:***@db/app refused", "ERROR: password=*** is wrong"]
    # Without what hides in them two say the same, the last one as well where it is cut; and so do the two of many x.
    assert len(errors) == len(LOGS) - 3


KEY = ["MIIEhunter2" + "A" * 53, "hunter2/ERROR/" + "B" * 50, "err/hunter2/" + "C" * 52, "hunter2/err="]


@pytest.mark.parametrize("before, behind", [
    (["-----BEGIN RSA PRIVATE KEY-----"], ["-----END RSA PRIVATE KEY-----"]),
    (["ERROR: bad key -----BEGIN OPENSSH PRIVATE KEY-----"], []),
    ([], ["-----END PRIVATE KEY-----"]),  # only the last lines of the log were asked for
], ids=["whole", "without an end", "without a beginning"])
@pytest.mark.parametrize("patterns", [None, ["."]], ids=["errors", "every line"])
def test_a_private_key_of_several_lines_is_written_nowhere(asmo_monitor, asmo_report, tmp_path, before, behind, patterns):
    config = {"docker": {"error_patterns": patterns}} if patterns else None
    log = frames("ERROR: first", *before, *KEY, *behind, "ERROR: last")
    outcomes = with_engine(tmp_path, asmo_monitor, asmo_report, {"/logs": (200, log)}, config=config)
    assert leaks(asmo_monitor, *outcomes) == {}
    errors = json.loads(asmo_monitor.history.read_text())[-1]["containers"][0]["errors"]
    assert errors[0] == "ERROR: first" and errors[-1] == "ERROR: last"


@pytest.mark.parametrize("shown", range(2, 40, 6))
def test_a_log_that_is_cut_within_a_secret_shows_no_part_of_it(asmo_monitor, asmo_report, tmp_path, shown):
    """Only the first MiB is read."""
    last = "ERROR: https://app:hunter2hunter2hunter2@db/"
    lines = ["x" * 1023] * 1023
    lines.append("x" * (1024 * 1024 - 1 - 8 - 1023 * 1024 - 1 - shown))
    outcomes = with_engine(tmp_path, asmo_monitor, asmo_report, {"/logs": (200, frames(*lines, last))})
    assert "longer than 1024 KiB, only its beginning was searched" in asmo_monitor.history.read_text()
    assert leaks(asmo_monitor, *outcomes) == {}


REFUSAL = json.dumps({"message": "error mounting //nas: username=u,password=hunter2 and https://u:hunter2@proxy/"})


@pytest.mark.parametrize("path", ["/_ping", "/containers/json", "/json$", "/logs", "/stats"])
def test_secrets_in_the_engines_errors_are_written_nowhere(asmo_monitor, asmo_report, tmp_path, path):
    outcomes = with_engine(tmp_path, asmo_monitor, asmo_report, {path: (500, REFUSAL)})
    assert leaks(asmo_monitor, *outcomes) == {}
    if path != "/_ping":
        assert "username=u,password=***" in asmo_monitor.history.read_text()


def test_secrets_in_names_of_images_and_unused_parts_are_written_nowhere(asmo_monitor, asmo_report, tmp_path):
    containers = [dict(LIST[0], Image=image, Command="run --password hunter2", Labels={"traefik.auth": "u:hunter2"},
                       Status="hunter2") for image in ("bob:hunter2@registry.example.org/app:1", "https://bob:hunter2@r/app:1")]
    containers[1].update(Id="f" * 64, Names=["/other"])
    inspect = dict(INSPECT, Args=["hunter2"])
    inspect["State"] = dict(INSPECT["State"], Error="mount failed: password=hunter2",
                            Health={"Status": "unhealthy", "Log": [{"ExitCode": 1, "Output": "curl -u a:hunter2 failed"}]})
    inspect["Config"] = dict(INSPECT["Config"], Env=["DB_PASSWORD=hunter2"])
    outcomes = with_engine(tmp_path, asmo_monitor, asmo_report, {
        "/containers/json": (200, json.dumps(containers)), "/json$": (200, json.dumps(inspect))})
    assert leaks(asmo_monitor, *outcomes) == {}
    stored = json.loads(asmo_monitor.history.read_text())[-1]["containers"]
    assert {c["image"] for c in stored} == {"bob:***@registry.example.org/app:1", "https://bob:***@r/app:1"}
    assert outcomes[0].json["critical_alert"] is True


def test_a_tag_is_no_secret(asmo_monitor, tmp_path):
    images = ["org/token:1.2", "org/secret:latest", "nginx:1@sha256:" + "a" * 64]
    containers = [dict(LIST[0], Image=image, Id="%064x" % i, Names=["/c%d" % i]) for i, image in enumerate(images)]
    with FakeEngine(tmp_path, answers={"/containers/json": (200, json.dumps(containers))}) as engine:
        asmo_monitor(engine=engine)
    assert [c["image"] for c in json.loads(asmo_monitor.history.read_text())[-1]["containers"]] == images


HOSTS = ["tcp://bob:hunter2@127.0.0.1:1", "http://bob:hunter2@127.0.0.1:1/", "ssh://bob:hunter2@nas", "bob:hunter2@nas/x",
         "tcp://bob:" + "hunter2" * 100 + "@127.0.0.1:1", "ssh://bob:" + "hunter2" * 1000 + "@nas"]


@pytest.mark.parametrize("how, host", [("option", host) for host in HOSTS] + [("config", HOSTS[0]), ("environment", HOSTS[2])],
                         ids=range(len(HOSTS) + 2))
def test_credentials_in_the_engines_address_are_written_nowhere(asmo_monitor, asmo_report, how, host):
    outcomes = run_all(asmo_monitor, asmo_report, *(["--docker-host", host] if how == "option" else []),
                       config={"docker": {"host": host if how == "config" else "", "required": True}},
                       env={"DOCKER_HOST": host} if how == "environment" else None)
    assert [outcome.code for outcome in outcomes] == [0] * 6
    assert outcomes[0].json["docker"]["error"]
    assert leaks(asmo_monitor, *outcomes) == {}


def test_a_damaged_history_is_kept_aside_without_secrets(asmo_monitor, asmo_report, tmp_path):
    with FakeEngine(tmp_path, answers={"/logs": (200, frames(*LOGS))}) as engine:
        asmo_monitor(engine=engine)
        with open(asmo_monitor.history, "a") as stored:
            stored.write('{"timestamp":"2026-')
        outcomes = run_all(asmo_monitor, asmo_report, engine=engine)
    assert [name for name in written(asmo_monitor) if ".corrupt-" in name]
    assert leaks(asmo_monitor, *outcomes) == {}


@pytest.mark.parametrize("secret", [SECRET, SECRET * 100], ids=["short", "long"])
def test_credentials_in_the_source_of_a_mount_are_written_nowhere(asmo_monitor, asmo_report, tmp_path, secret):
    proc = tmp_path / "proc"
    shutil.copytree(FIXTURES / "docker-26.1-cgroup2" / "proc", proc)
    (proc / "mounts").write_text("curlftpfs#ftp://bob:%s@nas/ / fuse rw 0 0\n" % secret)
    outcomes = run_all(asmo_monitor, asmo_report, "--no-docker", "--proc", proc)
    shutil.rmtree(proc)
    assert '"device":"curlftpfs#ftp://bob:***' in asmo_monitor.history.read_text()
    assert leaks(asmo_monitor, *outcomes) == {}


URL = "https://discord.com/api/webhooks/1234567890/hunter2-hunter2_hunter2"

CONFIGS = {
    "right": {"discord": {"webhook_url": URL}},
    "in a list": {"discord": {"webhook_url": [URL]}},
    "in a list, and no URL": {"discord": {"webhook_url": ["hunter2"]}},
    "in an object": {"discord": {"webhook_url": {"url": URL}}},
    "without its group": {"webhook_url": URL},
    "as its group": {"discord": URL},
    "under a name near it": {"discord": {"webhok_url": URL}},
    "as a key": {URL: ""},
    "as a key of its group": {"discord": {URL: 1}},
    "as another key's list": {"discord": {"username": [URL]}},
    "as another key's object": {"server_name": {"webhook_url": URL}},
    "as a number": {"retention_days": URL},
    "as a pattern": {"docker": {"error_patterns": ["(" + URL]}},
    "as the engine": {"docker": {"host": URL}},
    "beside an unknown key": {"discord": {"webhook_url": URL, "usrname": "x"}},
    "beside a wrong one": {"discord": {"webhook_url": URL, "username": 5}},
    "in broken JSON": '{"discord": {"webhook_url": "%s" "x": 1}}' % URL,
    "in JSON that ends early": '{"discord": {"webhook_url": "%s' % URL,
    "in no JSON": "webhook_url = %s" % URL,
    "as all of it": '"%s"' % URL,
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_webhook_is_written_nowhere(asmo_monitor, asmo_report, config):
    outcomes = run_all(asmo_monitor, asmo_report, "--no-docker", config=config) + [
        asmo_monitor("--check-config", "-v", config=config),
        asmo_monitor("-f", "xml", config=config),
        asmo_monitor("--proc", "/nowhere", "-v", config=config),
        asmo_monitor("-n", "--no-docker", config=config),
        asmo_monitor("-v", "-n", config=config),
        asmo_report("--hours", "x", config=config),
        asmo_report("-o", "/nowhere/x", config=config)]
    assert leaks(asmo_monitor, *outcomes) == {}


def test_the_webhook_is_not_in_an_alert(asmo_monitor):
    outcome = asmo_monitor("--no-docker", "-v", config={"discord": {"webhook_url": URL}, "thresholds": {"ram_critical": 0}})
    assert outcome.json["discord"]["embeds"]
    assert leaks(asmo_monitor, outcome) == {}


@pytest.mark.parametrize("url", [URL, ""], ids=["webhook", "no webhook"])
@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o604, 0o644, 0o660, 0o666, 0o620])
def test_a_webhook_that_others_can_read_is_warned_of(asmo_monitor, asmo_report, mode, url):
    config = json.dumps({"discord": {"webhook_url": url}, "history_file": str(asmo_monitor.history),
                         "log_file": str(asmo_monitor.log)})
    asmo_monitor.config.write_text(config)
    asmo_monitor.config.chmod(mode)
    warning = b"config %s: others can read the webhook_url in it: chmod 600 %s\n" % ((str(asmo_monitor.config).encode(),) * 2)
    for program, args in ((asmo_monitor, ["--no-docker"]), (asmo_monitor, ["--check-config"]), (asmo_report, [])):
        done = subprocess.run([str(program.path), "-c", str(program.config), *args], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=True, env={"PATH": os.environ["PATH"]})
        expected = url and mode & 0o044
        assert (warning in done.stderr) == bool(expected), done.stderr
        assert b"chmod" in done.stderr or not expected
    assert ("chmod 600" in asmo_monitor.log.read_text()) == bool(expected)


def test_a_secret_in_an_old_history_is_not_reported(asmo_report):
    """The Python version did not mask."""
    history.write(asmo_report.history, history.day(lambda hour, epoch: history.snapshot(epoch, [history.container(
        "web", errors=["ERROR: password=hunter2"], error_counts=[1], error_count=1, problem="logs: password=hunter2")],
        docker={"available": hour != 5, "engine": None, "version": None, "error": "tcp://u:hunter2@h: refused"})))
    outcomes = [asmo_report("--until", history.END, "-v", "-f", form) for form in ("discord", "json", "markdown", "text")]
    assert b"password=" in outcomes[1].stdout
    assert {place for place in leaks(asmo_report, *outcomes)} == {"data/health_history.json"}
