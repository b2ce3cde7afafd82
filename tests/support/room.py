"""A copy of this machine to change and to start daemons in, without a change outside: its root is an overlay in memory, its
/run empty, its processes are in a namespace of their own and end with it. Network and clock are the machine's.
"""

import os
import shutil
import subprocess
from pathlib import Path

BUILD = """
layer=$1 shared=$2; shift 2
mount -t tmpfs layer "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root"
cd "$layer/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p ".$shared"
mount --bind "$shared" ".$shared"
cd "$shared"
exec chroot "$layer/root" env -C "$shared" "$@"
"""
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
SECONDS = 120


def why_not(*programs):
    """Why there can be no such room with these programs in it, as a sentence; None if nothing speaks against it."""
    if os.geteuid() != 0:
        return "a mount namespace has to be made as root"
    if os.stat("/usr").st_dev != os.stat("/").st_dev:
        return "/usr is a file system of its own"
    missing = [name for name in ("unshare", *programs) if not shutil.which(name, path=ENVIRONMENT["PATH"])]
    return "missing: " + ", ".join(missing) if missing else None


class Room:
    """Runs the shell script `script` in a room whose folder `shared` is the real one; `.log` is what it prints.

    As a context manager it ends the script, and all that it started, when the block is left. `finish` waits for its end.
    """

    def __init__(self, shared, script):
        layer = Path(shared) / "layer"
        layer.mkdir(exist_ok=True)
        self.log = Path(shared) / "room.log"
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=KILL",
                 "sh", "-euc", BUILD, "room", str(layer), str(shared), "sh", "-euc", script],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._process.kill()
        self._process.wait(SECONDS)

    def has_ended(self):
        return self._process.poll() is not None

    def finish(self):
        """Its exit status and what it printed."""
        code = self._process.wait(SECONDS)
        return code, self.log.read_text(errors="replace")


def run(shared, script):
    """Runs the script to its end, however that is: its exit status and what it printed."""
    with Room(shared, script) as room:
        return room.finish()
