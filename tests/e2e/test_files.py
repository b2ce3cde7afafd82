"""Which files the programs touch, how private these are, and what the programs can't do any more once they read."""

import errno
import fcntl
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import builds
import fail_call
from fake_engine import FakeEngine

HERE = Path(__file__).resolve().parent
FAIL_CALL = [sys.executable, fail_call.__file__]
LANDLOCK = fail_call.landlock_version()
QUICK = {"sample_seconds": 0.1}
# For programs built with a sanitizer: a library that is preloaded comes first; leaks can't be searched for under strace.
SANITIZED = ":verify_asan_link_order=0:detect_leaks=0"
needs_landlock = pytest.mark.skipif(not LANDLOCK, reason="this kernel has no Landlock, or it is off")


def run(program, *args, before=(), env=None, config=None, **popen):
    """Runs the program with a config of the test's own behind the command `before`; the files are as conftest's."""
    files = {"history_file": str(program.history), "log_file": str(program.log)}
    program.config.write_text(json.dumps({"server_name": "e2e", **files, **QUICK, **(config or {})}))
    environment = {"PATH": os.environ["PATH"], "HOME": str(program.folder)}
    environment.update(builds.how_to_report())
    environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + SANITIZED
    return subprocess.run([*before, str(program.path), "-c", str(program.config), *map(str, args)], cwd=str(program.folder),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False,
                          env={**environment, **(env or {})}, **popen)


def works(program, *args, **keywords):
    done = run(program, *args, **keywords)
    assert done.returncode == 0, done
    return done


def stored(program):
    return len(json.loads(program.history.read_text()))


def modes(folder):
    """Of all that is in the folder: name below it -> mode."""
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in sorted(folder.rglob("*"))}


# Private files


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_what_is_made_is_private_whatever_the_umask(asmo_monitor, asmo_report, tmp_path, umask):
    home = tmp_path / "home"
    asmo_monitor.history = asmo_report.history = home / "var" / "data" / "history.json"
    asmo_monitor.log = asmo_report.log = home / "var" / "logs" / "asmo.log"
    works(asmo_monitor, "--no-docker", umask=umask)
    with open(asmo_monitor.history, "a") as history:
        history.write("damage")
    with open(asmo_monitor.log, "a") as log:
        log.write("x" * (1024 * 1024) + "\n")
    works(asmo_monitor, "--no-docker", umask=umask)
    works(asmo_report, "-o", home / "report.json", umask=umask)
    found = modes(home)
    kept = [name for name in found if ".corrupt-" in name]
    assert len(kept) == 1 and found == {
        "report.json": 0o600, "var": 0o700, "var/data": 0o700, "var/data/history.json": 0o600,
        "var/data/history.json.lock": 0o600, kept[0]: 0o600, "var/logs": 0o700, "var/logs/asmo.log": 0o600,
        "var/logs/asmo.log.1": 0o600}


@pytest.mark.parametrize("damage", ["", "damage"])
def test_a_history_and_a_log_that_others_could_read_are_closed_to_them(asmo_monitor, damage):
    works(asmo_monitor, "--no-docker")
    with open(asmo_monitor.history, "a") as history:
        history.write(damage)
    asmo_monitor.history.chmod(0o644)  # as the Python version left it
    asmo_monitor.log.chmod(0o664)
    works(asmo_monitor, "--no-docker")
    assert set(modes(asmo_monitor.history.parent).values()) == {0o600}
    assert modes(asmo_monitor.log.parent) == {"asmo.log": 0o600}
    assert stored(asmo_monitor) == 2


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o660])
def test_an_output_file_keeps_the_mode_and_the_group_that_it_was_given(asmo_report, tmp_path, mode):
    output = tmp_path / "report.json"
    output.write_text("old")
    group = 12345 if os.geteuid() == 0 else os.getegid()
    os.chown(output, -1, group)
    output.chmod(mode)
    works(asmo_report, "-o", output)
    assert json.loads(output.read_text()) and stat.S_IMODE(output.stat().st_mode) == mode
    assert output.stat().st_gid == group


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_an_output_file_that_another_user_left_there_opens_nothing_to_them(asmo_report, tmp_path):
    output = tmp_path / "report.json"
    output.write_text("old")
    output.chmod(0o666)
    os.chown(output, 12345, 12345)
    works(asmo_report, "-o", output)
    assert json.loads(output.read_text())
    assert (output.stat().st_uid, stat.S_IMODE(output.stat().st_mode)) == (0, 0o600)


# Things planted where the programs write


VICTIM = "this is not asmo's\n"
WORKS = None  # the run works as if nothing were there
LINK, FOLDER = "is a symbolic link, which is not followed: remove it", "is a folder: remove it"
OTHER = "is a pipe, a socket or a device: remove it"

# What is planted -> what the run says, where it can't work; the run of the monitor fails for the lock alone.
PLANTED = {
    "lock": {"link": LINK, "dangling link": LINK, "folder": FOLDER, "pipe": WORKS, "socket": OTHER, "hard link": WORKS},
    "temporary file": {"folder": "left by an earlier run, cannot be removed: Is a directory"},
    "copy kept aside": {},
    "log": {"link": LINK, "dangling link": LINK, "folder": FOLDER, "pipe": OTHER, "socket": OTHER, "hard link": WORKS},
    "rotated log": {"folder": "asmo.log.1 " + FOLDER},
    "output's temporary file": {"folder": "left by an earlier run, cannot be removed: Is a directory"},
}
KINDS = ["link", "dangling link", "folder", "pipe", "socket", "hard link"]


def plant(kind, path, victim):
    path.parent.mkdir(exist_ok=True)
    if path.exists():
        path.unlink()
    if kind == "link":
        path.symlink_to(victim)
    elif kind == "dangling link":
        path.symlink_to(victim.parent / "made")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(os.path.relpath(path))  # its name may be 107 bytes long
    else:
        os.link(victim, path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLANTED)
def test_nothing_that_is_planted_leads_a_write_elsewhere(asmo_monitor, asmo_report, tmp_path, monkeypatch, place, kind):
    monkeypatch.chdir(tmp_path)
    victim = tmp_path / "victims" / "file"
    victim.parent.mkdir()
    victim.write_text(VICTIM)
    victim.chmod(0o644)
    works(asmo_monitor, "--no-docker")
    history, log, output = asmo_monitor.history, asmo_monitor.log, tmp_path / "report.json"
    places = {"lock": [Path("%s.lock" % history)], "temporary file": [Path("%s.tmp" % history)], "log": [log],
              "rotated log": [Path("%s.1" % log)], "output's temporary file": [],
              "copy kept aside": [Path("%s.corrupt-%d" % (history, time.time() + second)) for second in range(60)]}
    for path in places[place]:
        plant(kind, path, victim)
    if place == "copy kept aside":
        with open(history, "a") as file:
            file.write("damage")
    if place == "rotated log":
        with open(log, "a") as file:
            file.write("x" * 1024 * 1024)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK) if (place, kind) == ("log", "pipe") else None
    if place.startswith("output"):
        planted = "%s.tmp.$$" % output
        plant(kind, tmp_path / "planted", victim)
        done = run(asmo_report, "-o", output, before=["sh", "-c", 'mv planted "%s"; exec "$@"' % planted, "sh"])
    else:
        done = run(asmo_monitor, "--no-docker")
    said = PLANTED[place].get(kind, WORKS)
    if said is WORKS:
        assert done.returncode == 0 and (b"damaged" in done.stderr or done.stderr == b""), done
    else:
        assert said in done.stderr.decode(), done
    fails = said is not WORKS and "log" not in place
    assert done.returncode == (1 if fails else 0), done
    if place.startswith("output"):
        assert output.exists() == (said is WORKS)
    else:
        assert stored(asmo_monitor) == (1 if fails else 2)
    assert victim.read_text() == VICTIM and stat.S_IMODE(victim.stat().st_mode) == 0o644
    assert [path.name for path in victim.parent.iterdir()] == ["file"]
    if reader is not None:
        assert os.read(reader, 1) == b""
        os.close(reader)


def test_an_output_pipe_without_a_reader_is_an_error_and_no_hang(asmo_report, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    done = run(asmo_report, "-o", tmp_path / "pipe")
    assert done.returncode == 1 and b"pipe cannot be opened: No such device or address" in done.stderr


@pytest.mark.once
def test_an_output_pipe_whose_reader_takes_nothing_is_an_error_and_no_hang(asmo_report, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with open(os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)) as reader:
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
        done = run(asmo_report, "-f", "html", "-o", tmp_path / "pipe")
    assert done.returncode == 1 and b"pipe cannot be written: its reader has taken nothing for 30 seconds" in done.stderr


@pytest.mark.parametrize("behind", [[], ["-q"]])
def test_a_stdout_without_a_name_is_written_to(asmo_report, tmp_path, behind):
    with tempfile.TemporaryFile(dir=tmp_path) as nameless:  # /proc/self/fd/1 is a link to `...(deleted)`
        asmo_report(config=QUICK)
        subprocess.run([str(asmo_report.path), "-c", str(asmo_report.config), "-o", "/proc/self/fd/1", *behind], stdout=nameless,
                       stderr=subprocess.DEVNULL, check=True, timeout=60)
        nameless.seek(0)
        assert json.loads(nameless.read())


def test_a_device_is_written_to_and_stays_one(asmo_report):
    works(asmo_report, "-o", "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    done = run(asmo_report, "-o", "/dev/full")
    assert done.returncode == 1 and b"/dev/full cannot be written: No space left on device" in done.stderr


# Nothing written elsewhere: every system call of whole runs


CHANGING = set("""creat mkdir mkdirat rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat rmdir truncate
    ftruncate chmod fchmod fchmodat chown fchown lchown fchownat mknod mknodat utimensat utime utimes setxattr fsetxattr lsetxattr
    removexattr mount chroot open_by_handle_at bind listen""".split())
COUNTS = ".gcda"  # what a program that is built for measuring coverage writes
OPENING, WRITING = {"open", "openat", "openat2"}, re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")


def traced(program, *args, expected=0, **keywords):
    """(what was changed, what was connected to, which programs were started) in a run; the first are paths, or whole calls."""
    trace = program.folder / "trace"
    done = run(program, *args, before=["strace", "-f", "-qq", "-y", "-s", "4096", "-o", str(trace), "-e",
                                       "trace=%file,%network,execve,fchmod,fchown,ftruncate,fsetxattr"], **keywords)
    assert done.returncode == expected, done
    changed, connected, started = [], [], []
    for line in trace.read_text(errors="replace").splitlines():
        match = re.match(r"\d+ +(\w+)\((.*)\) += (-?\d+|\?)(?:<.*>)? ?(\w*)", line) or re.match(r"\d+ +(\w+)\((.*)", line)
        if not match:
            continue  # a signal, an end, the second half of a call
        call, arguments, code = match.group(1), match.group(2), match.groups()[-1]
        paths = re.findall(r'"([^"]*)"', arguments) or re.findall(r"<([^>]*)>", arguments)
        if call in OPENING and WRITING.search(arguments) or call in CHANGING and not (call == "mkdir" and code == "EEXIST"):
            changed += [os.path.join(str(program.folder), path) for path in paths or [line] if not path.endswith(COUNTS)]
        elif call in ("connect", "sendto", "sendmsg") and "sa_family=" in arguments:
            connected.append(arguments)
        elif call.startswith("execve"):
            started.append(arguments)
    return changed, connected, started


def below(path, folders):
    return any(os.path.commonpath([path, folder]) == str(folder) for folder in map(str, folders))


@pytest.mark.parametrize("state", ["fresh", "existing", "damaged", "full log", "linked history"])
def test_a_run_changes_nothing_outside_its_folders(asmo_monitor, asmo_report, tmp_path, state):
    folders = [asmo_monitor.history.parent, asmo_monitor.log.parent]
    if state != "fresh":
        works(asmo_monitor, "--no-docker")
    if state == "damaged":
        asmo_monitor.history.write_text("[" + asmo_monitor.history.read_text())
    if state == "full log":
        asmo_monitor.log.write_text("x" * 1024 * 1024)
    if state == "linked history":
        (tmp_path / "elsewhere").mkdir()
        asmo_monitor.history.rename(tmp_path / "elsewhere" / "real.json")
        asmo_monitor.history.symlink_to("../elsewhere/real.json")
        folders.append(tmp_path / "elsewhere")
    with FakeEngine(tmp_path) as engine:
        changed, connected, started = traced(asmo_monitor, "--docker-host", "unix://" + engine.socket)
    assert len(changed) > 3 and [path for path in changed if not below(path, folders)] == []
    assert connected and [address for address in connected if '"%s"' % engine.socket not in address] == []
    assert len(started) == 1
    assert stored(asmo_monitor) == (1 if state == "fresh" else 2)
    assert not state.startswith("linked") or asmo_monitor.history.is_symlink()

    (tmp_path / "out").mkdir()
    for _ in range(2):
        changed, connected, started = traced(asmo_report, "-o", tmp_path / "out" / "report.json")
        assert [path for path in changed if not below(path, [asmo_report.log.parent, tmp_path / "out"])] == []
        assert changed and connected == [] and len(started) == 1


def test_a_dry_run_changes_nothing_at_all(asmo_monitor, tmp_path):
    with FakeEngine(tmp_path) as engine:
        changed, _, started = traced(asmo_monitor, "-n", "--docker-host", "unix://" + engine.socket)
    assert changed == [] and len(started) == 1
    assert not asmo_monitor.history.parent.exists() and not asmo_monitor.log.parent.exists()


# Least privilege: what the programs try, once they read what others wrote, is refused by the kernel


@pytest.fixture(scope="session")
def probe(tmp_path_factory):
    library = tmp_path_factory.mktemp("probe") / "probe.so"
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-shared", "-fPIC", "-o", str(library), str(HERE / "probe.c")],
                   check=True, timeout=60)
    return library


class World:
    """What there is to be tried, and how it ended: `tried(program, *args)` is {(what, where): error, or ""}."""

    def __init__(self, folder, probe):
        self.probe = probe
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        (self.elsewhere / "file").write_text(VICTIM)
        self.data, self.logs, self.out = (folder / name for name in ("data", "logs", "out"))
        self.out.mkdir()
        self.config = folder / "config.json"
        self.history = self.data / "health_history.json"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.listener.getsockname()[1])
        self.nameless = socket.socket(socket.AF_UNIX)
        self.nameless.bind("")  # the kernel chooses a name that is no file's
        self.nameless.listen()
        self.bystander = subprocess.Popen(["sleep", "60"])

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.listener.close()
        self.nameless.close()
        self.bystander.kill()
        self.bystander.wait()

    def tried(self, program, *args, probes, at=None, before=(), config=None):
        lines = "\n".join("%s %s" % (what, where) for what, where in probes)
        reading, writing = os.pipe()
        try:
            done = run(program, *args, before=before, config=config, pass_fds=[writing], env={
                "LD_PRELOAD": str(self.probe), "PROBES": lines, "PROBE_FD": str(writing),
                "PROBE_AT": at or "/proc/:%s" % self.history})
            os.close(writing)
            writing = None
            with open(reading, closefd=False) as results:
                ended = [line.split() for line in results]
        finally:
            os.close(reading)
            if writing is not None:
                os.close(writing)
        assert done.returncode == 0, done
        assert len(ended) == len(probes), (done, ended)  # what was read was what others wrote
        return {(what, where): errno.errorcode.get(int(code), "") for what, where, code in ended}, done

    def elsewhere_probes(self):
        there = str(self.elsewhere) + "/"
        in_tmp = "%s/asmo-probe-%d" % (tempfile.gettempdir(), os.getpid())
        return [("create", str(self.config.parent / "new")), ("create", in_tmp), ("create", there + "new"),
                ("write", str(self.config)), ("write", there + "file"), ("write", "/dev/null"), ("remove", there + "file"),
                ("move", there + "file"), ("mkdir", there + "folder"), ("link", there + "link"),
                ("pipe", there + "pipe"), ("run", "/bin/true")]

    def later_probes(self):
        """What Landlock learnt to refuse: (version, probe)."""
        return [(3, ("truncate", str(self.elsewhere / "file"))), (4, ("listen", "0")), (4, ("call", self.port)),
                (6, ("signal", str(self.bystander.pid))), (6, ("connect", "@" + self.nameless.getsockname()[1:].decode()))]


@pytest.fixture
def world(tmp_path, probe, asmo_monitor):
    works(asmo_monitor, "--no-docker")
    with World(tmp_path, probe) as world:
        yield world


ALWAYS = [("privileges", "x"), ("core", "x")]


@needs_landlock
def test_the_monitor_writes_to_the_folders_of_history_and_log_alone(world, asmo_monitor, tmp_path):
    refused = world.elsewhere_probes() + [probe for version, probe in world.later_probes() if version <= LANDLOCK]
    refused += [("mkdir", str(world.data / "folder")), ("link", str(world.logs / "link"))]
    with FakeEngine(tmp_path) as engine:
        allowed = [("create", str(world.data / "new")), ("write", str(world.history)), ("create", str(world.logs / "new")),
                   ("write", str(asmo_monitor.log)), ("move", str(world.data / "new")), ("remove", str(world.logs / "new")),
                   ("read", "/etc/passwd"), ("read", str(world.elsewhere / "file")), ("connect", engine.socket)]
        tried, _ = world.tried(asmo_monitor, "--docker-host", "unix://" + engine.socket, probes=refused + ALWAYS + allowed)
    for probe in refused:
        assert tried[probe] in ("EACCES", "EPERM"), probe
    assert [tried[probe] for probe in ALWAYS] == ["EPERM", "EPERM"]
    assert [probe for probe in allowed if tried[probe]] == []
    assert (world.elsewhere / "file").read_text() == VICTIM and len(list(world.elsewhere.iterdir())) == 1
    assert stored(asmo_monitor) == 2


@needs_landlock
def test_it_is_so_before_the_first_byte_of_proc_on_a_fresh_start_too(world, asmo_monitor):
    world.history.unlink()
    tried, _ = world.tried(asmo_monitor, "--no-docker", probes=world.elsewhere_probes(), at="/proc/")
    assert set(tried.values()) == {"EACCES"}
    assert stored(asmo_monitor) == 1


@needs_landlock
def test_the_report_writes_to_the_folders_of_log_and_output_and_not_to_the_history(world, asmo_report):
    refused = world.elsewhere_probes() + [probe for version, probe in world.later_probes() if version <= LANDLOCK]
    refused += [("write", str(world.history)), ("move", str(world.history)), ("remove", str(world.history)),
                ("create", str(world.data / "new"))]
    allowed = [("create", str(world.logs / "new")), ("write", str(asmo_report.log)), ("create", str(world.out / "new")),
               ("read", "/etc/passwd")]
    tried, _ = world.tried(asmo_report, "-o", world.out / "report.json", probes=refused + ALWAYS + allowed, at=str(world.history))
    for probe in refused:
        assert tried[probe] in ("EACCES", "EPERM"), probe
    assert [tried[probe] for probe in ALWAYS] == ["EPERM", "EPERM"]
    assert [probe for probe in allowed if tried[probe]] == []
    assert json.loads((world.out / "report.json").read_text())


@needs_landlock
def test_a_dry_run_may_write_nowhere(world, asmo_monitor):
    probes = world.elsewhere_probes() + [("write", str(world.history)), ("write", str(asmo_monitor.log)),
                                         ("create", str(world.data / "new")), ("create", str(world.logs / "new"))]
    tried, _ = world.tried(asmo_monitor, "-n", "--no-docker", probes=probes)
    assert set(tried.values()) == {"EACCES"}


@needs_landlock
def test_the_monitor_writes_to_the_folder_of_the_metrics_too_and_a_dry_run_does_not(world, asmo_monitor, tmp_path):
    folder = tmp_path / "metrics"
    folder.mkdir()
    metrics = folder / "asmo.prom"
    metrics.write_text("old")
    config = {"prometheus_file": str(metrics)}
    writes = [("create", str(folder / "new")), ("write", str(metrics))]
    refused = world.elsewhere_probes() + [("mkdir", str(folder / "folder")), ("link", str(folder / "link"))]
    tried, _ = world.tried(asmo_monitor, "-n", "--no-docker", probes=refused + writes, config=config)
    assert set(tried.values()) == {"EACCES"} and metrics.read_text() == "old"
    tried, _ = world.tried(asmo_monitor, "--no-docker", probes=refused + writes, config=config)
    assert {tried[probe] for probe in refused} == {"EACCES"} and {tried[probe] for probe in writes} == {""}
    assert metrics.read_text().startswith("# ")


@needs_landlock
def test_a_log_that_is_a_link_opens_nothing_of_where_it_leads(world, asmo_monitor, asmo_report):
    asmo_monitor.log.unlink()
    asmo_monitor.log.symlink_to(world.elsewhere / "file")
    for program, args in ((asmo_monitor, ["--no-docker"]), (asmo_report, [])):
        tried, done = world.tried(program, *args, probes=[("write", str(world.elsewhere / "file"))])
        assert list(tried.values()) == ["EACCES"] and LINK in done.stderr.decode()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_log_of_a_user_without_a_config_has_a_folder_of_its_own(asmo_monitor, asmo_report):
    """Else whoever may write the log, as the report may, could replace the history."""
    with tempfile.TemporaryDirectory() as folder:
        home, installed = Path(folder) / "home", Path(folder) / "bin"
        for made in (home, installed):
            made.mkdir()
        os.chown(home, 12345, 12345)
        os.chmod(folder, 0o755)
        for program, args in ((asmo_monitor, ["--no-docker"]), (asmo_report, ["-o", "/dev/null"])):
            shutil.copy(program.path, installed)
            subprocess.run([str(installed / program.path.name), *args], user=12345, group=12345, extra_groups=[], cwd=str(home),
                           env={"HOME": str(home)}, stdout=subprocess.DEVNULL, check=True, timeout=60)
        files = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
        assert files == {".local/state/asmo/" + name for name in (
            "health_history.json", "health_history.json.lock", "logs/asmo.log")}


@needs_landlock
@pytest.mark.parametrize("name", ["device", "pipe", "link", "stdout"])
def test_an_output_that_is_no_file_opens_itself_and_not_its_folder(world, asmo_report, name):
    place = {"device": Path("/dev/null"), "stdout": Path("/proc/self/fd/1")}.get(name, world.elsewhere / name)
    target = world.out / "report.json"
    if name == "pipe":
        os.mkfifo(place)
        reader = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
    elif name == "link":
        place.symlink_to(target)  # to what is not there yet
    tried, _ = world.tried(asmo_report, "-o", place, at=str(world.history), probes=[
        ("create", str(world.elsewhere / "new")), ("write", str(world.elsewhere / "file")), ("write", "/dev/zero"),
        ("write", str(target if name == "link" else place))])
    assert list(tried.values()) == ["EACCES", "EACCES", "EACCES", "ENOENT" if name == "link" else ""]
    if name == "pipe":
        assert json.loads(os.read(reader, 65536))
        os.close(reader)
    elif name == "link":
        assert place.is_symlink() and json.loads(target.read_text())


@needs_landlock
@pytest.mark.parametrize("host, ended", [("tcp://127.0.0.1:%s", ""), ("unix:///nowhere", "EACCES")])
def test_an_engine_that_is_asked_over_tcp_can_be_called_and_nobody_else_listens(world, asmo_monitor, host, ended):
    if LANDLOCK < 4:
        pytest.skip("the Landlock of this kernel knows nothing of TCP")
    at = host % world.port if "%s" in host else host
    tried, _ = world.tried(asmo_monitor, "--docker-host", at, probes=[("call", world.port), ("listen", "0")],
                           config={"docker": {"timeout_seconds": 1}})
    assert list(tried.values()) == [ended, "EACCES"]


@pytest.mark.parametrize("call, code", [
    ("landlock_create_ruleset", "ENOSYS"), ("landlock_create_ruleset", "EOPNOTSUPP"),
    pytest.param("landlock_add_rule", "ENOMEM", marks=needs_landlock),
    pytest.param("landlock_restrict_self", "E2BIG", marks=needs_landlock)])
def test_without_landlock_it_goes_on_and_says_so_when_asked(world, asmo_monitor, asmo_report, call, code):
    failing = [*FAIL_CALL, call, code]
    for program, args in ((asmo_monitor, ["--no-docker"]), (asmo_report, ["-o", world.out / "report.json"])):
        probes = [("write", str(world.elsewhere / "file")), *ALWAYS]
        tried, done = world.tried(program, "-v", *args, probes=probes, before=failing)
        assert list(tried.values()) == ["", "EPERM", "EPERM"]
        assert "not confined: " in done.stderr.decode() and os.strerror(getattr(errno, code)) in done.stderr.decode()
        assert works(program, *args, before=failing).stderr == b""
        assert b"not confined" not in works(program, "-v", *args).stderr or not LANDLOCK
    assert stored(asmo_monitor) == 4


def test_a_folder_that_cannot_be_made_is_named_with_its_own_reason(asmo_monitor, tmp_path):
    """Not as what Landlock would refuse: it is the full disk that a person has to see to."""
    asmo_monitor.history = tmp_path / "new" / "history.json"
    calls = 2 * len(tmp_path.parts)  # one a folder of the log's and of the history's; later ones Landlock refuses
    inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=mkdir", "-e", "inject=mkdir:error=ENOSPC:when=1..%d" % calls]
    done = run(asmo_monitor, "--no-docker", before=inject)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == "folder %s cannot be made: No space left on device" % asmo_monitor.history.parent


def test_a_child_that_hangs_is_still_ended(world, asmo_monitor, tmp_path):
    """The processes that measure file systems are the program's own: it may signal them, and them alone."""
    inject = ["strace", "-f", "-qq", "-o", str(tmp_path / "trace"), "-e", "trace=statfs,kill,exit_group", "-e",
              "inject=statfs:delay_enter=3000000"]
    works(asmo_monitor, "--no-docker", before=inject, config={"disks": {"timeout_seconds": 1}})
    trace = (tmp_path / "trace").read_text()
    killed = set(re.findall(r"kill\((\d+), SIGKILL\) += 0", trace))
    assert killed and killed == set(re.findall(r"^(\d+) +\+\+\+ killed by SIGKILL", trace, re.MULTILINE)), trace
