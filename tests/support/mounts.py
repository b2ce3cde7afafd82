"""Mounts, and a network, that nobody else sees: in namespaces of their own, and gone with them."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from deadline import wait_for

SILENT = Path(__file__).resolve().parent / "silent_fuse.py"
SECONDS = 30


def why_not():
    """Why there can be no such mounts here, as a sentence; None if nothing speaks against it."""
    if os.geteuid() != 0:
        return "a mount namespace has to be made as root"
    if not os.path.exists("/dev/fuse"):
        return "the kernel has no FUSE"
    missing = [program for program in ("unshare", "nsenter", "bindfs") if not shutil.which(program)]
    return "missing: " + ", ".join(missing) if missing else None


class PrivateMounts:
    """A context manager. At its end every server is killed, and with it goes whoever still waits for its answer.

    With `has_network` there is a network as well, of a loopback interface that is down.
    """

    def __init__(self, has_network=False):
        self._network = ["--net"] if has_network else []

    def __enter__(self):
        self._holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", *self._network, "cat"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._holder.stdin.write(b"here\n")
        self._holder.stdin.flush()
        self._holder.stdout.readline()
        self._servers = []
        return self

    def __exit__(self, *exception):
        for process in [*self._servers, self._holder]:
            process.kill()
        for process in [*self._servers, self._holder]:
            process.communicate(timeout=SECONDS)

    def inside(self, *words):
        """`words` as a command line that runs where the mounts are."""
        return ["nsenter", "--target", str(self._holder.pid), "--mount", *self._network, "--wd", "--",
                *map(str, words)]

    def bind(self, folder, point):
        """Shows `folder` at `point` as well, through bindfs. Returns its process."""
        self._servers.append(subprocess.Popen(self.inside("bindfs", "-f", folder, point), stdout=subprocess.PIPE))
        wait_for("bindfs", lambda: str(point) in self.points(), SECONDS)
        return self._servers[-1]

    def hear_and_be_silent(self, points):
        """Mounts silent_fuse.py at each of the points."""
        self.serve("mounted", "/usr/bin/python3", SILENT, *points)

    def serve(self, ready, *words):
        """Starts a server that prints the line `ready` when it is."""
        server = subprocess.Popen(self.inside(*words), stdout=subprocess.PIPE)
        self._servers.append(server)
        said = server.stdout.readline().decode().strip()
        if said != ready:
            raise RuntimeError("%s said %r instead of %r" % (words[0], said, ready))

    def points(self):
        """The mount points, unescaped."""
        lines = Path("/proc/%d/mounts" % self._holder.pid).read_text(errors="surrogateescape").splitlines()
        return [re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), line.split()[1]) for line in lines]


def stop(process):
    """Stops a server and waits until it has: it reads no more questions."""
    os.kill(process.pid, signal.SIGSTOP)
    status = Path("/proc/%d/stat" % process.pid)
    wait_for("the server to stop", lambda: status.read_text().rpartition(")")[2].split()[0] == "T", SECONDS)
