"""The package of `make deb` on a fresh Debian: installed with what it needs, run by a real cron, purged.

The tests are the life of one installation, in this order.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "support"))

from deadline import wait_for  # noqa: E402 (found by the line above)
from debian import Debian, release  # noqa: E402
from webhook import Webhook  # noqa: E402

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="a Debian in a folder has to be made as root"),
              pytest.mark.skipif(not release(), reason="this machine is no Debian")]


@pytest.fixture(scope="module")
def debian():
    with Debian(CHECKOUT / "build" / "deb" / "root", packages=("cron",)) as made:
        made.before = made.files()
        yield made


def test_it_installs_with_what_it_needs(debian):
    package, = (CHECKOUT / "build" / "deb").glob("asmo_*.deb")
    shutil.copy(package, debian.root / "root" / "asmo.deb")
    debian.run("apt-get", "install", "-y", "--no-install-recommends", "/root/asmo.deb")
    (debian.root / "root" / "asmo.deb").unlink()
    version = debian.run("dpkg-query", "-W", "-f", "${Version}", "asmo")
    for program in ("asmo-monitor", "asmo-report"):
        assert debian.run(program, "-V").strip() == "%s %s" % (program, version.rsplit("-", 1)[0])
        assert "etc/systemd/system/timers.target.wants/%s.timer" % program in debian.files()
    assert {"usr/share/man/man5/asmo-config.5.gz", "usr/share/bash-completion/completions/asmo-report", "etc/cron.d/asmo",
            "usr/share/zsh/vendor-completions/_asmo-monitor", "usr/share/fish/vendor_completions.d/asmo-report.fish",
            "usr/share/doc/asmo/config.example.json"} <= debian.files()
    for kind in ("service", "timer"):  # usr-merged, or not
        assert (debian.root / "usr/lib/systemd/system" / ("asmo-monitor." + kind)).exists()


def test_nothing_runs_until_there_is_a_config(debian):
    cron = (debian.root / "etc/cron.d/asmo").read_text()
    commands = re.findall(r"^\d.*?root +(.*)$", cron, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert debian.run("sh", "-c", command) == ""
    assert not {"var/lib/asmo", "var/log/asmo"} & debian.files()


def test_cron_runs_it(debian):
    """As README.Debian says it, and each minute instead of each hour and each day."""
    history = debian.root / "var/lib/asmo/health_history.json"
    debian.run("install", "-m", "600", "/usr/share/doc/asmo/config.example.json", "/etc/asmo/config.json")
    config, table = debian.root / "etc/asmo/config.json", debian.root / "etc/cron.d/asmo"
    table.write_text(re.sub(r"^\d+ \S+ ", "* * ", table.read_text(), flags=re.MULTILINE))
    with Webhook(None) as hook:
        config.write_text(config.read_text().replace('"webhook_url": ""', '"webhook_url": "%s"' % hook.url("/discord")))
        with debian.daemon("cron", "-f"):
            wait_for("a snapshot and a report", lambda: history.exists() and hook.requests, 300, pause=1)
    assert json.loads(history.read_text())[0]["ram_total_gb"] > 0
    assert hook.requests[0].path.startswith("/discord")
    assert debian.run("stat", "-c", "%a", "/var/lib/asmo", "/var/lib/asmo/health_history.json").split() == ["700", "600"]


def test_removing_it_keeps_history_and_config(debian):
    debian.run("dpkg", "--remove", "asmo")
    assert {"var/lib/asmo/health_history.json", "etc/asmo/config.json", "etc/cron.d/asmo"} <= debian.files()
    assert "usr/bin/asmo-monitor" not in debian.files()
    for command in re.findall(r"^\*.*?root +(.*)$", (debian.root / "etc/cron.d/asmo").read_text(), re.MULTILINE):
        assert debian.run("sh", "-c", command) == ""


def test_purging_it_leaves_nothing(debian):
    debian.run("dpkg", "--purge", "asmo")
    assert not {path for path in debian.files() if "asmo" in path}
    debian.run("apt-get", "autoremove", "--purge", "-y")
    assert debian.files() == debian.before
