"""A throw-away machine to run a container engine in: a root of its own and process, mount, network, host name and
IPC namespaces of its own, so that ending its first process ends all that ever ran in it and takes its mounts and
networks along. Nothing of the machine outside is written to, and nothing there has to be searched for or guessed.

Only control groups are shared with the outside; see cgroups.py.
"""

import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import cgroups
from deadline import TooLate, wait_for

INIT = Path(__file__).resolve().parent / "machine-init.sh"
NEEDS = ("setpriv", "unshare", "nsenter", "mount", "mountpoint", "pivot_root")
HOSTNAME = "asmo-test"
END_SECONDS = 60
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}

_serial = itertools.count(1)


def why_not():
    """Why no machine can be made here, as a sentence; None if nothing speaks against it."""
    if os.geteuid() != 0:
        return "a container engine has to be started as root"
    missing = [program for program in NEEDS if not shutil.which(program, path=ENVIRONMENT["PATH"])]
    if missing:
        return "util-linux lacks " + ", ".join(missing)
    if "overlay" not in Path("/proc/filesystems").read_text():
        return "the kernel has no overlay file system loaded"
    return None


def make_workdir(parent):
    """A new folder for a machine. Those of machines whose maker died before it could clean up go first."""
    for folder in Path(parent).glob("asmo-*-*"):
        maker = re.match(r"asmo-(\d+)-", folder.name)
        if maker and not os.path.exists("/proc/" + maker.group(1)) and folder.stat().st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)
    cgroups.sweep()
    return Path(tempfile.mkdtemp(prefix="asmo-%d-" % os.getpid(), dir=str(parent)))


class Machine:
    """Runs `command` as soon as it is made, in a root that looks like the folder `lower`.

    `workdir/run` is the machine's /run, `workdir/engine.log` what `command` prints; the folder is the caller's to
    remove. The machine dies with the thread that made it, even if that one is killed by SIGKILL; what is left then
    (the folder, the control groups, and on cgroup v1 a paused container) goes when the next machine is made.
    """

    def __init__(self, lower, workdir, command, environment=()):
        self.workdir = Path(workdir)
        self.run_dir = self.workdir / "run"
        self.log = self.workdir / "engine.log"
        self.cgroup = "%s%d-%d" % (cgroups.PREFIX, os.getpid(), next(_serial))
        self._environment = dict(ENVIRONMENT, **dict(environment))
        self.run_dir.mkdir(parents=True, exist_ok=True)
        command = [word.replace("{cgroup}", self.cgroup) for word in command]
        with open(self.log, "wb") as log:
            self._outer = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL",
                 "unshare", "--mount", "--propagation", "private", "--pid", "--net", "--uts", "--ipc",
                 "--fork", "--kill-child=KILL",
                 "sh", str(INIT), str(lower), str(self.workdir), HOSTNAME, *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment, start_new_session=True)

    def alive(self):
        return self._outer.poll() is None

    def last_words(self, lines=4):
        text = self.log.read_text(errors="replace").strip().splitlines()
        return " | ".join(text[-lines:]) or "it printed nothing"

    def inside(self, *words):
        """`words` as a command line that runs inside the machine; RuntimeError if that has ended."""
        first = wait_for("the machine's first process", self._find_first, 120)
        environment = ["%s=%s" % pair for pair in self._environment.items()]
        return ["nsenter", "--target", str(first), "--mount", "--uts", "--ipc", "--net", "--pid", "--root",
                "--wd", "--", "/bin/busybox", "env", "-i", *environment, *words]

    def destroy(self):
        """Ends all of it. Returns the control groups that would not go: none, if all is well."""
        cgroups.thaw(self.cgroup)
        try:
            # unshare(1) ends only when its child has, and that one, being process 1, only after all the others.
            # (The number can't have gone to another process meanwhile: unshare has not yet waited for its child.)
            os.kill(wait_for("the first process", self._find_first, 60), signal.SIGKILL)
            self._outer.wait(timeout=END_SECONDS)
        except (RuntimeError, TooLate, ProcessLookupError, subprocess.TimeoutExpired):
            self._outer.kill()
            self._outer.wait()
        return cgroups.remove(self.cgroup, END_SECONDS)

    def _find_first(self):
        """The process that unshare(1) forked: its number out here, as in there it is 1."""
        if not self.alive():
            raise RuntimeError("the machine ended early: " + self.last_words())
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                after_name = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(after_name[1]) == self._outer.pid:
                return int(status.parent.name)
        return None
