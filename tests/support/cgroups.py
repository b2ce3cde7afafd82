"""Finding, thawing and removing the control groups of a throw-away machine, on cgroup v1, v2 and the hybrid.

Control groups are the one thing that no namespace takes away with it, so each machine's containers are put below
one group whose name no other has, and that group is removed by name.
"""

import os
import re
import time
from pathlib import Path

PREFIX = "asmo-test-"


def _hierarchies():
    with open("/proc/self/mounts") as mounts:
        for line in mounts:
            _, mount_point, kind = line.split()[:3]
            if kind in ("cgroup", "cgroup2"):
                yield Path(mount_point)


def _groups(name):
    """Every group called `name` at the top of a hierarchy, and those below it, children before parents."""
    for top in _hierarchies():
        for folder, _, _ in os.walk(top / name, topdown=False):
            yield Path(folder)


def cpu_counter(container_id):
    """The file with the CPU time of a running container of any machine; None if there is none."""
    for top in _hierarchies():
        for machine in top.glob(PREFIX + "*"):
            for folder, _, files in os.walk(machine):
                if container_id not in os.path.basename(folder):
                    continue
                for name in ("cpuacct.usage", "cpu.stat"):
                    if name in files and cpu_seconds(Path(folder) / name) is not None:
                        return Path(folder) / name
    return None


def cpu_seconds(counter):
    text = counter.read_text()
    if counter.name == "cpuacct.usage":
        return int(text) / 1e9
    used = re.search(r"^usage_usec (\d+)", text, re.MULTILINE)  # cgroup v1 has a cpu.stat without it
    return int(used.group(1)) / 1e6 if used else None


def thaw(name):
    """Lets paused containers run on: on cgroup v1 a frozen process can't be killed, and so outlives its machine."""
    for group in _groups(name):
        for file, word in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
            try:
                (group / file).write_text(word)
            except OSError:
                pass


def remove(name, seconds=10.0):
    """Removes the groups; those whose last process is still dying are tried again. Returns what would not go."""
    end = time.monotonic() + seconds
    while True:
        left = []
        for group in _groups(name):
            try:
                group.rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                left.append(group)
        if not left or time.monotonic() > end:
            return left
        thaw(name)
        time.sleep(0.05)


def sweep():
    """Removes the groups of machines whose maker died before it could: the name holds the maker's process id."""
    names = {entry.name for top in _hierarchies() for entry in top.glob(PREFIX + "*")}
    for name in names:
        maker = re.fullmatch(re.escape(PREFIX) + r"(\d+)-\d+", name)
        if maker and not os.path.exists("/proc/" + maker.group(1)):
            thaw(name)
            remove(name, seconds=2.0)
