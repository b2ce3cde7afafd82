#!/usr/bin/env python3
"""Real container engines for the tests, each in a throw-away machine of its own (see machine.py).

    with engines.start("docker-26.1") as engine:
        engine.run("web", "-m", "64m", command=["sleep", "1000"])
        subprocess.run(["bin/asmo-monitor", "--docker-host", "unix://" + engine.socket])

As a command: `engines.py list | prepare NAME... | run NAME -- COMMAND... | shell NAME`.
"""

import argparse
import atexit
import collections
import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading

if __name__ == "__main__":
    # One module under one name: what zoo.py and others import as `engines` has to be this very one.
    sys.modules["engines"] = sys.modules["__main__"]

import image
import roots
import unix_http
from deadline import TooLate, wait_for
from machine import Machine, make_workdir, why_not as why_no_machine

Kind = collections.namedtuple("Kind", "suite version api programs")

_DOCKER = ("dockerd", "containerd", "runc", "docker", "busybox")
_PODMAN = ("podman", "conmon", "runc", "busybox")
KINDS = {
    # The API version is the one to speak: what the oldest engine has, and what the newer ones still have.
    "docker-20.10": Kind("bookworm", "20.10.", "1.41", _DOCKER),
    "docker-26.1": Kind("trixie", "26.1.", "1.44", _DOCKER),
    "docker-28.5": Kind("forky", "28.5.", "1.44", _DOCKER),
    "podman": Kind("bookworm", "4.3.", "1.41", _PODMAN),
}
DEFAULT = "docker-20.10,docker-26.1,podman"

DOCKERD = (
    "dockerd", "--config-file", "/run/daemon.json", "--exec-opt", "native.cgroupdriver=cgroupfs",
    "--cgroup-parent", "/{cgroup}",
    # Containers get a network, so that its counters are there, but no way out of it.
    "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false", "--userland-proxy=false",
)
PODMAN_SERVICE = ("podman", "system", "service", "--time", "0", "unix:///run/podman.sock")
# No systemd runs in the machine, hence neither its journal nor its control groups; the limits are those that a
# login would have given; CNI plugins for a network of their own are not among Podman's dependencies.
CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
# Far longer than it takes: on a busy machine all of it may be slow, and only a hang is to fail.
START_SECONDS = 300
CLI_SECONDS = 300

_running = []


class Unavailable(Exception):
    """This engine can't be had on this machine; the text says why, as a sentence."""


class CliError(Exception):
    """The engine's client failed; the text has its command line and what it said."""


def names():
    return list(KINDS)


def chosen():
    """Those that ASMO_TEST_ENGINES names; ValueError if there is no such one."""
    asked = os.environ.get("ASMO_TEST_ENGINES") or DEFAULT
    wanted = names() if asked == "all" else [name.strip() for name in asked.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in KINDS]
    if unknown:
        raise ValueError("ASMO_TEST_ENGINES: unknown: %s; there are %s" % (", ".join(unknown), ", ".join(names())))
    return wanted


def why_not(name):
    """Why `start(name)` is bound to fail here; None if it may be tried."""
    kind = KINDS[name]
    return why_no_machine() or roots.why_not(kind.suite, kind.programs)


def prepare(name):
    """Fetches whatever `start(name)` would have to fetch."""
    reason = why_not(name)
    if reason:
        raise Unavailable(reason)
    try:
        return roots.prepare(KINDS[name].suite, KINDS[name].programs)
    except roots.NoRoot as error:
        raise Unavailable(str(error)) from error


def start(name, workdir=None):
    """A running Engine with the test image in it, in a new folder below `workdir` (below /tmp without one)."""
    lower = prepare(name)
    _stop_all_at_the_end()
    engine = Engine(name, make_workdir(workdir or "/tmp"))
    try:
        engine._launch(lower)
        engine._await()
        engine._import_image()
    except BaseException:
        engine.stop()
        raise
    return engine


class Engine:
    """`.name`, `.socket` (a path), `.version`, `.api_version` (the newest that it speaks), `.api` (the one to use),
    `.cgroup` ("v1" or "v2"), `.is_podman`, `.image` (what containers are made of)."""

    def __init__(self, name, workdir):
        _running.append(self)
        self.name = name
        self.api = KINDS[name].api
        self.is_podman = name.startswith("podman")
        self.image = image.NAME
        self.version = self.api_version = self.cgroup = None
        self._program = "podman" if self.is_podman else "docker"
        self.socket = str(workdir / "run" / (self._program + ".sock"))
        self._workdir = workdir
        self._machine = None

    def cli(self, *args, check=True, timeout=CLI_SECONDS):
        """Runs the engine's own client and returns what it printed on stdout."""
        command = self._machine.inside(self._program, *args)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=timeout, check=False)
        if check and done.returncode:
            raise CliError("%s %s: exit %d: %s" % (self._program, " ".join(args), done.returncode,
                                                   done.stderr.decode(errors="replace").strip()))
        return done.stdout.decode(errors="replace")

    def run(self, name, *options, command=("sleep", "100000")):
        """Starts a container in the background, like `docker run --detach`, and returns its id."""
        if self.is_podman:
            options = ("--cgroup-parent", "/" + self._machine.cgroup, *options)
        return self.cli("run", "--detach", "--name", name, *options, self.image, *command).strip()

    def get(self, target, timeout=60.0):
        """GET `target` below the API version to use, e.g. get("/containers/json?all=1")."""
        return unix_http.get(self.socket, "/v%s%s" % (self.api, target), timeout)

    def inspect(self, name):
        reply = self.get("/containers/%s/json" % name)
        if reply.status != 200:
            raise CliError("inspect of %s: HTTP %d: %s" % (name, reply.status, reply.body.decode(errors="replace")))
        return reply.json()

    def inside(self, *words):
        """`words` as a command line that runs where the engine runs, to see what it sees."""
        return self._machine.inside(*words)

    def restart(self):
        """Ends the engine itself, as for an upgrade, and returns when it answers again."""
        old = self._daemon()
        subprocess.run(self.inside("/bin/busybox", "kill", old), timeout=CLI_SECONDS, check=True)
        wait_for("%s to have restarted" % self.name,
                 lambda: self._daemon() not in (None, old) and self._answers(), 2 * START_SECONDS, pause=0.2)

    def _daemon(self):
        """The number of its process, in its machine; None while there is none."""
        command = self.inside("/bin/busybox", "pidof", "podman" if self.is_podman else "dockerd")
        found = subprocess.run(command, stdout=subprocess.PIPE, timeout=CLI_SECONDS, check=False).stdout.split()
        return found[0].decode() if found else None

    def remove_all(self):
        """Removes every container; the image stays."""
        ids = self.cli("ps", "--all", "--quiet").split()
        if ids:
            at_once = ("--time", "0") if self.is_podman else ()
            self.cli("rm", "--force", "--volumes", *at_once, *ids, timeout=2 * CLI_SECONDS)

    def stop(self):
        """Ends the engine and all that it made. May be called again."""
        if self not in _running:
            return
        left = self._machine.destroy() if self._machine else []
        shutil.rmtree(self._workdir, ignore_errors=True)
        _running.remove(self)
        if left:
            raise RuntimeError("%s left behind: %s" % (self.name, ", ".join(map(str, left))))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def _launch(self, lower):
        # sun_path of unix(7), with its final NUL.
        if len(self.socket.encode()) > 107:
            raise Unavailable("%s is too long a path for a socket" % self.socket)
        run_dir = self._workdir / "run"
        run_dir.mkdir()
        (run_dir / "daemon.json").write_text("{}\n")
        (run_dir / "containers.conf").write_text(CONTAINERS_CONF)
        image.write(run_dir / "image.tar", lower / "bin" / "busybox")
        if self.is_podman:
            self._machine = Machine(lower, self._workdir, PODMAN_SERVICE, {"CONTAINERS_CONF": "/run/containers.conf"})
        else:
            self._machine = Machine(lower, self._workdir, DOCKERD)

    def _await(self):
        try:
            wait_for("%s to answer" % self.name, self._answers, START_SECONDS)
        except TooLate as error:
            raise Unavailable("%s; its last words: %s" % (error, self._machine.last_words())) from error
        version = self.get("/version").json()
        self.version, self.api_version = version["Version"], version["ApiVersion"]
        self.cgroup = "v" + (self.get("/info").json().get("CgroupVersion") or "1").lstrip("v")
        expected = KINDS[self.name].version
        if not self.version.startswith(expected):
            raise Unavailable("Debian %s now has version %s where %s* was expected" % (
                KINDS[self.name].suite, self.version, expected))

    def _answers(self):
        if not self._machine.alive():
            raise Unavailable("%s did not start: %s" % (self.name, self._machine.last_words()))
        try:
            return unix_http.get(self.socket, "/_ping", timeout=2.0).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def _import_image(self):
        self.cli("import", "/run/image.tar", self.image)
        (self._workdir / "run" / "image.tar").unlink()


def stop_all():
    """Stops every engine that this process has started."""
    for engine in list(_running):
        engine.stop()


def _stop_all_at_the_end():
    """Cleans up at the end of the process too, be it by a signal. Idempotent."""
    if threading.current_thread() is not threading.main_thread():
        # Whoever starts an engine in a thread has set this up in the main one, or has to call stop() himself.
        return
    atexit.unregister(_stop_own)
    atexit.register(_stop_own, os.getpid())
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _stop_and_die)


def _stop_own(owner):
    # A forked child inherits the list, but the engines are its parent's.
    if os.getpid() == owner:
        stop_all()


def _stop_and_die(number, _frame):
    signal.signal(number, signal.SIG_DFL)
    try:
        stop_all()
    finally:
        os.kill(os.getpid(), number)


def _command_line():
    parser = argparse.ArgumentParser(description="Runs real container engines for tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="say which engines can be had here, and why others can't")
    commands.add_parser("prepare", help="fetch what the engines need beforehand").add_argument(
        "names", nargs="+", choices=names(), metavar="NAME")
    for verb, explanation in (("run", "run a command with ASMO_TEST_SOCKET and DOCKER_HOST naming the engine's socket"),
                              ("shell", "a shell with the engine up")):
        sub = commands.add_parser(verb, help=explanation)
        sub.add_argument("--zoo", action="store_true", help="with the containers of zoo.py")
        sub.add_argument("name", choices=names(), metavar="NAME")
        if verb == "run":
            sub.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND ...")
    return parser.parse_args()


def _with_engine(name, with_zoo, words):
    with start(name) as engine:
        if with_zoo:
            import zoo
            zoo.make(engine)
        print("%s %s, API %s, cgroup %s: %s" % (name, engine.version, engine.api_version, engine.cgroup,
                                                engine.socket), file=sys.stderr)
        environment = dict(os.environ, ASMO_TEST_SOCKET=engine.socket, DOCKER_HOST="unix://" + engine.socket)
        return subprocess.call(words, env=environment)


def main():
    options = _command_line()
    if options.command == "list":
        for name in names():
            print("%-14s %s" % (name, why_not(name) or "available"))
        return 0
    try:
        if options.command == "prepare":
            for name in options.names:
                print("%-14s %s" % (name, prepare(name)))
            return 0
        words = [os.environ.get("SHELL", "/bin/sh")]
        if options.command == "run":
            words = options.words[1:] if options.words[:1] == ["--"] else options.words
        return _with_engine(options.name, options.zoo, words)
    except Unavailable as error:
        print("engines.py: %s" % error, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
