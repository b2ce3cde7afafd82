"""A fresh Debian of this machine's release, in a folder, on which packages can be installed and daemons run.

    with Debian(folder) as debian:
        debian.run("apt-get", "install", "-y", "/root/x.deb")
        with debian.daemon("cron", "-f"): ...

Every command has mounts and processes of its own, which end with it; the network is this machine's. There is no systemd.
"""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import roots

SECONDS = 600
# What apt and dpkg note down for themselves, and what is not on the disk.
NOT_COUNTED = ("proc", "sys", "dev", "run", "var/lib/apt", "var/lib/dpkg", "var/log/apt", "var/log/dpkg.log", "var/cache")
# In a process namespace of its own, so that /proc shows no other one and all ends with the first of them.
ENTER = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "sh", "-c",
         'mount -t proc proc "$1/proc" && exec chroot "$@"', "sh"]


def release():
    """The name of this machine's Debian, or None where it is something else."""
    lines = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return lines.get("VERSION_CODENAME") if lines.get("ID") == "debian" else None


class Debian:
    """`.root` is its folder."""

    def __init__(self, folder, packages=()):
        self.root = Path(folder)
        self._packages = packages

    def __enter__(self):
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.parent.mkdir(parents=True, exist_ok=True)
        try:
            roots.bootstrap(release(), self.root, "minbase", self._packages)
            shutil.copy("/etc/resolv.conf", self.root / "etc" / "resolv.conf")
            self.run("apt-get", "update")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def run(self, *command):
        """Its output; it has to succeed."""
        done = subprocess.run(self._inside(command), env=self._environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        assert done.returncode == 0, "%s: %s" % (" ".join(command), done.stdout.decode(errors="replace"))
        return done.stdout.decode(errors="replace")

    @contextlib.contextmanager
    def daemon(self, *command):
        """It runs while the block does, and so does what it starts."""
        process = subprocess.Popen(self._inside(command), env=self._environment(), stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.kill()  # unshare, whose child the kernel kills then, and with that all of its namespace
            process.wait()

    def files(self):
        """The paths of all that is there, links and folders included."""
        found = set()
        for folder, folders, names in os.walk(self.root):
            inside = os.path.relpath(folder, self.root)
            paths = {os.path.normpath(os.path.join(inside, name)): name for name in folders + names}
            found |= {path for path in paths if path not in NOT_COUNTED}
            folders[:] = [name for path, name in paths.items() if name in folders and path not in NOT_COUNTED]
        return found

    def _inside(self, command):
        return ENTER + [str(self.root), *command]

    @staticmethod
    def _environment():
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive"}
