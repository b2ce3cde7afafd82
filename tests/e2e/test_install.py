"""`make install`: what it puts where, that it all goes again, and that man pages and completions know every option and key."""

import json
import os
import re
import shutil
import stat
import subprocess

import pytest

import shells
from conftest import CHECKOUT

pytestmark = pytest.mark.once
MAN = CHECKOUT / "contrib" / "man"
PROGRAMS = ("asmo-monitor", "asmo-report")


def make(*arguments, umask=0o022):
    done = subprocess.run(["make", "--no-print-directory", *arguments], cwd=CHECKOUT, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, umask=umask,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The DESTDIR of an installation below /usr/local."""
    folder = tmp_path_factory.mktemp("install")
    make("-s", "install", "DESTDIR=%s" % folder)
    return folder


def run(installed, program, *arguments):
    return subprocess.run([str(installed / "usr/local/bin" / program), *arguments], stdout=subprocess.PIPE, check=True, timeout=60,
                          env={"PATH": os.environ["PATH"]}).stdout.decode()


@pytest.fixture(scope="module")
def options(installed):
    """What --help says of each program: {name: {"--long": (letter with its dash or "", argument or "", help)}}"""
    row = re.compile(r"^  (?:(-\w), |    )(--[\w-]+)(?: (\S+))? +(\S.*)$", re.MULTILINE)
    table = {}
    for program in PROGRAMS:
        text = run(installed, program, "--help")
        table[program] = {long: (short, argument, help) for short, long, argument, help in row.findall(text)}
        assert len(table[program]) == len(text.split("Options:\n")[1].splitlines())
    return table


def test_uninstall_removes_what_install_put_there_and_nothing_else(tmp_path):
    folder = tmp_path / "with a space"
    place = ["DESTDIR=%s" % folder, "PREFIX=/usr", "zshdir=/usr/share/zsh/vendor-completions"]
    make("install", *place, umask=0o077)
    names = files(folder)
    assert {"usr/bin/asmo-monitor", "usr/bin/asmo-report", "usr/share/man/man1/asmo-monitor.1", "usr/share/man/man1/asmo-report.1",
            "usr/share/man/man5/asmo-config.5", "usr/share/bash-completion/completions/asmo-monitor",
            "usr/share/zsh/vendor-completions/_asmo-report", "usr/share/fish/vendor_completions.d/asmo-report.fish",
            "usr/share/doc/asmo/README.md", "usr/share/doc/asmo/config.example.json"} <= names
    for path in folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        is_program = path.is_dir() or path.read_bytes()[:2] in (b"\x7fE", b"#!") and os.access(path, os.X_OK)
        assert mode == (0o755 if is_program else 0o644), path
    foreign = folder / "usr" / "bin" / "somebody-else"
    foreign.write_text("")
    make("uninstall", *place)
    assert files(folder) == {"usr/bin/somebody-else"}
    assert not [path for path in folder.rglob("*") if path.name == "asmo"]
    make("uninstall", *place)


def test_install_builds_nothing_when_all_is_built(installed):
    # As under sudo, which hands on no CFLAGS.
    planned = make("-n", "install", "CFLAGS=-O0", "DESTDIR=%s" % installed)
    assert " -c -o " not in planned and "libasmo.a" not in planned and "flags" not in planned
    assert " -c -o " in make("-n", "all", "CFLAGS=-O0")


def test_what_starts_the_programs_names_them_where_they_are(tmp_path):
    make("-s", "install", "DESTDIR=%s" % tmp_path, "PREFIX=/opt/asmo-1")
    units = {path.name: path.read_text() for path in (tmp_path / "opt/asmo-1/lib/systemd/system").iterdir()}
    assert set(units) == {"%s.%s" % (program, kind) for program in PROGRAMS for kind in ("service", "timer")}
    for program in PROGRAMS:
        assert re.findall(r"^ExecStart=(\S+)", units[program + ".service"], re.MULTILINE) == ["/opt/asmo-1/bin/" + program]
    cron = (tmp_path / "opt/asmo-1/share/doc/asmo/examples/cron/asmo").read_text()
    assert re.findall(r"(\S+) -q --send", cron) == ["/opt/asmo-1/bin/" + program for program in PROGRAMS]
    key = tmp_path / "opt/asmo-1/lib/asmo/asmo-only"
    assert 'command="/opt/asmo-1/lib/asmo/asmo-only"' in key.read_text()
    assert subprocess.run([str(key)], env={"SSH_ORIGINAL_COMMAND": "asmo-report -V"}, stdout=subprocess.PIPE, timeout=60,
                          check=True).stdout.startswith(b"asmo-report ")


def test_the_package_has_the_version_of_the_programs(installed):
    version = re.match(r"asmo \(([\d.]+)-\d+\)", (CHECKOUT / "contrib/debian/changelog").read_text()).group(1)
    for program in PROGRAMS:
        assert run(installed, program, "-V") == "%s %s\n" % (program, version)


@pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace has to be made as root")
def test_an_installed_program_keeps_its_files_where_the_system_does(installed, tmp_path):
    """As root, on a machine with an empty /etc, /var/lib and /var/log of its own."""
    for name in ("etc", "lib", "log"):
        (tmp_path / name).mkdir()

    def on_it(*arguments):
        script = 'cd "$1" && mount --bind etc /etc && mount --bind lib /var/lib && mount --bind log /var/log && shift && exec "$@"'
        return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", str(tmp_path), *arguments],
                              stdout=subprocess.PIPE, check=True, timeout=60, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"}).stdout

    monitor = [str(installed / "usr/local/bin/asmo-monitor"), "--docker-host", "unix:///nonexistent"]
    assert json.loads(on_it(*monitor))["history"] == {"file": "/var/lib/asmo/health_history.json", "snapshots": 1, "stored": True}
    assert {"lib/asmo/health_history.json", "log/asmo/asmo.log"} <= files(tmp_path)
    # The example, copied to where it is read, changes nothing of that.
    (tmp_path / "etc" / "asmo").mkdir()
    shutil.copy(installed / "usr/local/share/doc/asmo/config.example.json", tmp_path / "etc" / "asmo" / "config.json")
    assert on_it(*monitor, "--check-config").startswith(b"The config is right: /etc/asmo/config.json\n")
    assert json.loads(on_it(*monitor))["history"] == {"file": "/var/lib/asmo/health_history.json", "snapshots": 2, "stored": True}
    report = json.loads(on_it(str(installed / "usr/local/bin/asmo-report"), "-f", "json"))
    assert report["snapshots"] == 2
    assert {path for path in files(tmp_path) if path.startswith("etc/")} == {"etc/asmo/config.json"}


def test_the_man_pages_are_right_to_mandoc():
    for page in sorted(MAN.iterdir()):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=60, check=False)
        assert done.returncode == 0 and not done.stdout, done.stdout.decode()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_man_page_has_each_option_that_the_program_has(options, program):
    page = (MAN / (program + ".1")).read_text()
    synopsis, description = page.split(".Sh DESCRIPTION\n")
    documented = {}
    for item in re.findall(r"^\.It (Fl .*)$", description, re.MULTILINE):
        form = re.fullmatch(r"(?:Fl (\w) , )?Fl -([\w-]+)(?: Ar (.+))?", item)
        short, long, argument = form.groups(default="")
        documented["--" + long] = ("-" + short if short else "", argument.replace(" ", ""))
    assert documented == {long: (short, argument) for long, (short, argument, _) in options[program].items()}
    flags = set(re.findall(r"Fl -?([\w-]+)", synopsis))
    once = flags | {letter for flag in flags - set(documented) for letter in flag}  # -nqv
    assert not [long for long, (short, _) in documented.items() if long[2:] not in once and short[1:] not in once]


def test_the_man_page_has_each_format_of_the_report(options):
    formats = re.findall(r"^\.It Cm (\w+)$", (MAN / "asmo-report.1").read_text(), re.MULTILINE)
    assert formats == formats_of(options, "asmo-report")


def formats_of(options, program):
    _, argument, help = options[program]["--format"]
    return re.split(r", | or ", help.rsplit(": ", 1)[1]) if argument == "FORMAT" else argument.split("|")


def test_the_man_page_has_each_key_of_the_config_with_what_is_allowed(installed, tmp_path):
    page = (MAN / "asmo-config.5").read_text()
    items = dict(re.findall(r"^\.It Cm (\S+)\n(.*?)(?=^\.It |^\.El)", page, re.MULTILINE | re.DOTALL))
    example = json.loads((CHECKOUT / "config.example.json").read_text())
    defaults = dict(flat(example))
    in_one = dict(re.findall(r'CONTAINER_KEY\("(\w+)", (\w+)\)', (CHECKOUT / "src/config/keys.c").read_text()))
    assert set(items) == set(defaults) | {"containers"} | {"containers.NAME." + key for key in in_one}
    for key, text in items.items():
        expected = what_is_allowed(installed, tmp_path, key)
        assert expected in words(text).lower(), key
        if key in defaults and not isinstance(defaults[key], list):
            assert "default: %s." % (json.dumps(defaults[key]).strip('"') or "empty") in words(text), key


def flat(value, before=""):
    for key, below in value.items():
        if isinstance(below, dict):
            yield from flat(below, before + key + ".")
        else:
            yield before + key, below


def words(text):
    return " ".join(text.split())


def what_is_allowed(installed, folder, key):
    """As the program says it of a value that is not, or "" if it says nothing."""
    if key == "containers":
        return "object"
    for wrong in ({"x": 1}, "no address"):  # a text may have to be an address
        config = wrong
        for part in reversed(key.split(".")):
            config = {part: config}
        (folder / "config.json").write_text(json.dumps(config))
        done = subprocess.run([str(installed / "usr/local/bin/asmo-monitor"), "-c", str(folder / "config.json"), "--check-config"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False)
        if done.returncode:
            allowed = json.loads(done.stdout)["error"].split("allowed is ")[1]
    return allowed.replace("1e+06", "1000000")


@pytest.mark.parametrize("shell", [shells.BASH, shells.ZSH], ids=["bash", "zsh"])
def test_bash_and_zsh_offer_each_option_and_each_format(installed, options, tmp_path, shell):
    with shells.listing(shell, installed / "usr/local/share", tmp_path) as ask:
        for program in PROGRAMS:
            known = {name for long, (short, _, _) in options[program].items() for name in (long, short) if name}
            assert shells.options_of(ask(program + " -")) == known
            for before in (" -f ", " --format ", " --format="):
                assert sorted(formats_of(options, program)) == ask(program + before).split()
        (tmp_path / "one.json").write_text("")
        for line in ("asmo-monitor --history ", "asmo-monitor -c ", "asmo-report -o ", "asmo-report --config=", "asmo-report "):
            assert "one.json" in ask(line).split(), line


def test_fish_offers_each_option_as_the_help_says_it(installed, options, tmp_path):
    share = installed / "usr/local/share"
    for program in PROGRAMS:
        offered = shells.fish(program + " -", share, tmp_path)
        for long, (short, _, help) in options[program].items():
            said = offered.pop(long)
            assert help == said or help.startswith(said + ": "), long
            assert not short or offered.pop(short) == said
        assert not offered
        assert sorted(shells.fish(program + " -f ", share, tmp_path)) == sorted(formats_of(options, program))
    (tmp_path / "one.json").write_text("")
    assert "one.json" in shells.fish("asmo-report ", share, tmp_path)
    assert "one.json" in shells.fish("asmo-monitor --history ", share, tmp_path)


def test_zsh_says_of_each_option_what_the_help_says():
    for program in PROGRAMS:
        text = (CHECKOUT / "contrib/completions/zsh" / ("_" + program)).read_text()
        fish = (CHECKOUT / "contrib/completions/fish" / (program + ".fish")).read_text()
        assert re.findall(r"\[([^]]*)\]", text.replace("\\:", ":")) == re.findall(r"-d '([^']*)'", fish)
