"""What lies in contrib/, with the programs that it is for: Debian's cron (whose clock runs fast), logrotate, sshd and
systemd-analyze. The units run in the virtual machine of `make test-vm`."""

import gzip
import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

import room
from deadline import wait_for
from webhook import Webhook, as_discord, status

pytestmark = pytest.mark.once

CHECKOUT = Path(__file__).resolve().parents[2]
CONTRIB = CHECKOUT / "contrib"
SECONDS = 60
# An hour is a minute and a half: from half a minute before the snapshot to the report are ten seconds.
CRON = "faketime -f '@2026-03-02 09:06:30 x40' cron -f"
WITHOUT_OTHER_JOBS = ": >/etc/crontab; rm -rf /etc/cron.d/* /var/spool/cron/crontabs/*\n"
HAVE_MAIL_KEPT = "printf '#!/bin/sh\\ncat >>%s/mail\\n' \"$PWD\" >/usr/sbin/sendmail; chmod +x /usr/sbin/sendmail\n"
INSTALLED = "install bin/* /usr/local/bin\n"
SYSTEMD = CONTRIB / "systemd"


@pytest.fixture
def checkout(tmp_path):
    """A folder as after `git clone` and make."""
    folder = tmp_path / "asmo"
    shutil.copytree(os.environ.get("ASMO_BIN_DIR") or CHECKOUT / "bin", folder / "bin",
                    ignore=lambda _, names: [name for name in names if not re.fullmatch("asmo-(monitor|report)", name)])
    shutil.copytree(CONTRIB, folder / "contrib")
    (folder / "src").mkdir()
    for name in ("config.example.json", "src/README.md"):
        shutil.copy(CHECKOUT / name, folder / name)
    return folder


def need(*programs):
    if room.why_not(*programs):
        pytest.skip(room.why_not(*programs))


def by_readme(title, hook):
    """The commands that README.md has under a title, for this webhook."""
    section = (CHECKOUT / "README.md").read_text().partition("**%s**" % title)[2]
    commands = re.search(r"```\n(.*?)```", section, re.DOTALL).group(1)
    url = hook.url("/api/webhooks/1/token")
    assert "https://discord.com/api/webhooks/..." in commands
    return commands.replace("https://discord.com/api/webhooks/...", url)


def titles(hook):
    return [request.json["embeds"][0]["title"] for request in hook.requests]


def config(hook, **more):
    return json.dumps({"server_name": "tower", "sample_seconds": 0.1,
                       "discord": {"webhook_url": hook.url("/api/webhooks/1/token")}, **more})


def test_the_readme_leads_to_reports_by_a_users_crontab(checkout):
    need("cron", "faketime")
    with Webhook() as hook:
        hook.will(as_discord)
        script = WITHOUT_OTHER_JOBS + by_readme("By cron", hook) + "\n: >by-hand\nexec " + CRON
        with room.Room(checkout, script) as cron:
            wait_for("the commands", lambda: cron.has_ended() or (checkout / "by-hand").exists(), SECONDS)
            assert not cron.has_ended(), cron.log.read_text()
            assert [title for title in titles(hook) if "24h Report" in title], "the report that the last command sends"
            history = checkout / "data" / "health_history.json"
            before = len(json.loads(history.read_text())), len(hook.requests)
            wait_for("cron's report", lambda: [title for title in titles(hook)[before[1]:] if "24h Report" in title], SECONDS)
        assert len(json.loads(history.read_text())) == before[0] + 1
        assert (checkout / "config.json").stat().st_mode & 0o777 == 0o600


def test_the_system_crontab_posts_the_news_and_mails_what_goes_wrong(checkout):
    need("cron", "faketime")
    with Webhook() as hook:
        hook.will(as_discord, status(404))
        (checkout / "etc.json").write_text(config(hook, thresholds={"ram_critical": 0.01}))
        script = WITHOUT_OTHER_JOBS + HAVE_MAIL_KEPT + INSTALLED + (
            "install -D -m 600 etc.json /etc/asmo/config.json; install -m 644 contrib/cron/asmo /etc/cron.d\nexec " + CRON)
        mail = checkout / "mail"
        with room.Room(checkout, script):
            wait_for("cron's mail", lambda: mail.exists() and "not sent" in mail.read_text(), SECONDS)
        alert, report = titles(hook)
        assert "24h Report" not in alert and "24h Report" in report
        assert "To: root" in mail.read_text() and mail.read_text().count("Subject:") == 1
        assert "asmo-report: not sent to Discord (127.0.0.1:%d): it answered 404" % hook.port in mail.read_text()


@pytest.mark.parametrize("of_the_machine", [
    "mkdir -p /run/systemd/system; install -D -m 600 etc.json /etc/asmo/config.json", "rm -rf /etc/asmo"],
    ids=["systemd", "no config"])
def test_the_system_crontab_is_silent_where_systemd_runs_or_nothing_is_set_up(checkout, of_the_machine):
    need()
    lines = [line.split(None, 6)[6] for line in (CONTRIB / "cron" / "asmo").read_text().splitlines()
             if re.match(r"\d+ ", line)]
    assert len(lines) == 2
    (checkout / "etc.json").write_text('{"discord": {"webhook_url": "http://127.0.0.1:9/api/webhooks/1/token"}}')
    script = INSTALLED + of_the_machine + "\nrm -rf /var/lib/asmo\n" + "\n".join(lines) + "\n[ ! -e /var/lib/asmo ]"
    assert room.run(checkout, script) == (0, "")


def test_the_units_are_right_and_give_up_what_they_need_not(checkout):
    need("systemd-analyze")
    units = " ".join("contrib/systemd/" + path.name for path in sorted(SYSTEMD.iterdir()))
    assert room.run(checkout, INSTALLED + "systemd-analyze verify --man=no " + units) == (0, "")
    for unit, tenths in (("asmo-monitor", 21), ("asmo-report", 16)):
        code, text = room.run(checkout, "systemd-analyze security --no-pager --offline=true --threshold=%d contrib/systemd/%s.service"
                              % (tenths, unit))
        assert code == 0, text


def test_logrotate_loses_no_line(checkout):
    """Eight weeks, while four others write all the time."""
    need("logrotate", "faketime")
    (checkout / "etc.json").write_text('{"server_name": "tower"}')
    script = INSTALLED + """
        rm -rf /var/log/asmo /var/lib/asmo
        install -D -m 600 etc.json /etc/asmo/config.json
        cp contrib/logrotate/asmo /etc/logrotate.d/asmo
        asmo-monitor -q --no-docker >/dev/null
        : >/var/log/asmo/asmo.log
        for writer in 1 2 3 4; do
            (for run in $(seq 40); do asmo-report -q >/dev/null; done) &
            writers="${writers-} $!"
        done
        for day in 01-01 01-09 01-17 01-25 02-02 02-10 02-18 02-26; do
            asmo-report -q >/dev/null
            faketime "2026-$day 00:00:00" logrotate --state /var/lib/logrotate/asmo /etc/logrotate.d/asmo
        done
        wait $writers
        asmo-report -q >/dev/null
        cp -a /var/log/asmo log"""
    assert room.run(checkout, script) == (0, "")
    files = sorted((checkout / "log").iterdir())
    assert [path.name for path in files] == ["asmo.log"] + [
        "asmo.log-2026%s%s" % (day, suffix) for day, suffix in
        (("0109", ".gz"), ("0117", ".gz"), ("0125", ".gz"), ("0202", ".gz"), ("0210", ".gz"), ("0218", ".gz"), ("0226", ""))]
    lines = [line for path in files for line in
             (gzip.open(path, "rt") if path.suffix == ".gz" else open(path)).read().splitlines()]
    assert len(lines) == 4 * 40 + 8 + 1 and all("asmo-report: discord report of" in line for line in lines)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


class Sshd:
    """A real one on loopback, for root with one key, whose line is the one that contrib/ssh/asmo-only shows."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        for key in ("host", "n8n"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True, timeout=SECONDS)
        shown = re.search(r"^#   (restrict,.*) ssh-ed25519 ", (CONTRIB / "ssh" / "asmo-only").read_text(), re.MULTILINE).group(1)
        (folder / "authorized_keys").write_text("%s %s" % (shown, (folder / "n8n.pub").read_text()))
        (folder / "sshd_config").write_text("\n".join((
            "Port %d" % self.port, "ListenAddress 127.0.0.1", "HostKey %s/host" % folder, "PidFile none", "StrictModes no", "UsePAM no",
            "AuthorizedKeysFile %s/authorized_keys" % folder, "PasswordAuthentication no", "PermitRootLogin yes",
            "MaxStartups 100", "Subsystem sftp internal-sftp", "")))
        self._room = room.Room(folder, INSTALLED + """
            install -D contrib/ssh/asmo-only /usr/local/lib/asmo/asmo-only
            install -D -m 600 etc.json /etc/asmo/config.json
            sed -i 's/^root:[^:]*:/root:*:/' /etc/shadow
            sed -i 's|^\\(root:.*:\\).*|\\1/bin/sh|' /etc/passwd
            mkdir -p /run/sshd
            exec /usr/sbin/sshd -D -e -f sshd_config""")

    def __enter__(self):
        self._room.__enter__()
        try:
            wait_for("sshd", lambda: "Server listening" in self._room.log.read_text(), SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        self._room.__exit__(*exception)

    def __call__(self, *command, options=()):
        return subprocess.run(
            ["ssh", "-F", "none", "-i", self.folder / "n8n", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-p", str(self.port), *options, "--", "root@127.0.0.1", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=SECONDS, check=False)


@pytest.fixture
def sshd(checkout):
    need("sshd", "ssh", "ssh-keygen")
    (checkout / "etc.json").write_text(json.dumps({
        "server_name": "tower", "sample_seconds": 0.1, "history_file": str(checkout / "history.json"),
        "log_file": str(checkout / "asmo.log")}))
    with Sshd(checkout) as sshd:
        yield sshd


def test_the_ssh_key_runs_the_programs(sshd):
    # The second is what n8n's SSH node makes of it.
    for command in ("asmo-monitor", "cd / ; /opt/asmo/bin/asmo-monitor -q --exit-code", "cd /home && asmo-monitor -f json"):
        done = sshd(command)
        assert json.loads(done.stdout)["success"] is True, (command, done)
    assert len(json.loads((sshd.folder / "history.json").read_text())) == 3
    done = sshd("cd / ; asmo-report --hours 12 --format=markdown --until 2036-01-31T09:00:00")
    assert done.returncode == 0 and done.stdout.startswith("# "), done
    assert sshd("asmo-report -f nonsense").returncode == 2, "the exit status is the program's"


def test_the_ssh_key_runs_nothing_else(sshd):
    canary = sshd.folder / "canary"
    touch = "touch %s" % canary
    other = sshd.folder / "other.json"
    refused = [
        touch, "sh", "bash -c id", "asmo-monitor; " + touch, "asmo-monitor;" + touch, "asmo-monitor && " + touch, "asmo-monitor & " + touch,
        "asmo-monitor | " + touch, "asmo-monitor || " + touch, "asmo-monitor\n" + touch, "\n" + touch, "asmo-monitor\r" + touch,
        "asmo-monitor $(%s)" % touch, "$(%s)" % touch, "`%s`" % touch, "asmo-monitor >%s" % canary, "asmo-report -o %s" % canary,
        "asmo-report -o%s" % canary, "asmo-report --output=%s" % canary, "asmo-report --outp=%s" % canary, "asmo-report -qo %s" % canary,
        "asmo-report -q -o %s" % canary, "asmo-report -- %s" % canary, "asmo-report /etc/passwd", "asmo-report -f -o %s" % canary,
        "asmo-report --hours -o %s" % canary, "asmo-monitor -c %s" % other, "asmo-monitor --config=%s" % other, "asmo-monitor --conf=%s" % other,
        "asmo-monitor --history %s" % canary, "asmo-monitor --hist=%s" % canary, "asmo-monitor --docker-host tcp://127.0.0.1:1",
        "asmo-monitor --proc /tmp", "asmo-monitor --no-docker", "cd / ; " + touch, "cd / ; cd / ; asmo-monitor", "cd $(%s) ; asmo-monitor" % touch,
        "cd / ; asmo-monitor ; " + touch, "cd /;asmo-monitor", "asmo-monitor '-q'", "asmo-monitor -q\\", "asmo-monitor ~", "asmo-monitor *",
        "asmo-monitor {-q,-v}", "ASMO_CONFIG=%s asmo-monitor" % other, "env asmo-monitor", "asmo-monitor/../sh", "/bin/sh", "-asmo-monitor", " ",
        "asmo-monitor \u2028id", "internal-sftp", "/usr/lib/openssh/sftp-server", "scp -f /etc/passwd", "rsync --server . /",
    ]
    one_connection = ["-o", "ControlMaster=auto", "-o", "ControlPath=%s/ssh" % sshd.folder, "-o", "ControlPersist=yes"]
    for command in refused:
        done = sshd(command, options=one_connection)
        assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("asmo-only: refused: "), (command, done)
    assert not canary.exists() and not (sshd.folder / "history.json").exists()
    login = sshd()
    assert login.returncode == 2 and "no shell here" in login.stderr


def test_the_ssh_key_has_no_terminal_no_forwarding_and_no_files(sshd):
    done = sshd("asmo-monitor --version", options=["-tt", "-o", "LogLevel=INFO"])
    assert "PTY allocation request failed" in done.stderr, done
    with Webhook() as hook:
        done = sshd(options=["-W", "127.0.0.1:%d" % hook.port])
        assert done.returncode != 0 and "stdio forwarding failed" in done.stderr, done
        done = sshd(options=["-N", "-o", "ExitOnForwardFailure=yes", "-R", "127.0.0.1:0:127.0.0.1:%d" % hook.port])
        assert done.returncode != 0 and "remote port forwarding failed" in done.stderr, done
        assert hook.connections == 0
    assert sshd("sftp", options=["-s"]).returncode == 2, "a subsystem is a command like another"
    done = sshd("asmo-monitor --check-config", options=["-o", "SetEnv=ASMO_CONFIG=/nowhere"])
    assert "/etc/asmo/config.json" in done.stdout, "the environment is the server's"
