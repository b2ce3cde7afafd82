"""A made-up machine with containers, of which every second is known, for programs that are run against it.

It has two times: `t`, the true one, in which everything happens, and the clock, which somebody may set. The files
of /proc, the sizes of the disks and the engine's answers are those of the second at which the world stands, as Linux
and Docker 26 would give them. `shim.c` gives a program the world's clock, disks and CPU counters.
"""

import collections
import copy
import datetime
import json
import os
import re
import struct
import subprocess
import urllib.parse

from fake_engine import FakeEngine

GIB = 1024 ** 3
MIB = 1024 ** 2
CORES = 4
NEVER = "0001-01-01T00:00:00Z"
KEPT_UP = ("always", "unless-stopped")
READING = 0.1  # seconds between two readings of one run

SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The world's clock: it stands still while a program runs. */
int clock_gettime(clockid_t id, struct timespec *now)
{
	const char *clock = getenv("WORLD_CLOCK");
	char *end;

	if (id != CLOCK_REALTIME || !clock)
		return (int)syscall(SYS_clock_gettime, id, now);
	now->tv_sec = strtoll(clock, &end, 10);
	now->tv_nsec = *end == '.' ? atol(end + 1) * 1000000 : 0;
	return 0;
}

/* Of /proc/stat each reading is a later one. */
int openat(int fd, const char *path, int flags, ...)
{
	static int reading;
	char name[32];
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (strcmp(path, "stat") == 0) {
		snprintf(name, sizeof(name), "stat.%d", reading++);
		path = name;
	}
	return (int)syscall(SYS_openat, fd, path, flags, mode);
}

int statvfs(const char *path, struct statvfs *space)
{
	FILE *disks = fopen(getenv("WORLD_DISKS"), "r");
	unsigned long blocks, free_blocks, available;
	char mount[256];

	memset(space, 0, sizeof(*space));
	space->f_bsize = space->f_frsize = 4096;
	while (disks && fscanf(disks, "%255s %lu %lu %lu", mount, &blocks, &free_blocks, &available) == 4) {
		if (strcmp(mount, path) != 0)
			continue;
		space->f_blocks = blocks;
		space->f_bfree = free_blocks;
		space->f_bavail = available;
	}
	if (disks)
		fclose(disks);
	return 0;
}
"""


def build_shim(folder):
    """The path of the shared library to preload."""
    source, library = folder / "shim.c", folder / "shim.so"
    source.write_text(SHIM)
    subprocess.run(["cc", "-D_FILE_OFFSET_BITS=64", "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True)
    return library


class Wave:
    """A rate that goes through `values`, each for `step` seconds, over and over."""

    def __init__(self, values, step):
        self.values, self.step = values, step

    def at(self, t):
        return self.values[int(t // self.step) % len(self.values)]

    def between(self, a, b):
        """What it adds up to."""
        return self._until(b) - self._until(a)

    def _until(self, t):
        steps, rest = divmod(t, self.step)
        rounds, place = divmod(int(steps), len(self.values))
        whole = rounds * sum(self.values) + sum(self.values[:place])
        return whole * self.step + self.values[place] * rest


class Container:
    """`spans` is its life: [from, until or None, state] in true time."""

    def __init__(self, name, policy="no", stop_code=143, cpu=(0.02, 0.3), memory=lambda age: 100.0, net=(3.0, 5.0),
                 checked=False):
        self.name, self.policy, self.stop_code, self.memory = name, policy, stop_code, memory
        step = 400 + 37 * len(name)
        self.cpu = Wave(cpu, step)
        self.rx, self.tx = Wave((net[0], 0.0), step * 3), Wave((net[1], net[1] / 2), step * 2)
        self.health = "healthy" if checked else None
        self.number = 0
        self.state, self.exit_code, self.oom_killed, self.restarts = "created", 0, False, 0
        self.started = self.finished = None  # by the clock, as the engine notes them
        self.started_t = self.finished_t = None
        self.created = 1700000000.0
        self.stopped_by_hand = False
        self.spans = []
        self.lines = []  # its log: (clock, text)

    @property
    def id(self):
        return ("%02d%s" % (self.number, self.name)).encode().hex().ljust(64, "0")[:12].ljust(64, "a")

    def kept_up(self):
        return self.policy in KEPT_UP

    def is_up(self):
        return self.state in ("running", "paused")

    def turn(self, t, state):
        self.state = state
        if self.spans:
            self.spans[-1][1] = t
        self.spans.append([t, None, state])

    def seconds(self, state, a, b):
        """How long it was in this state between two true times."""
        return sum(max(min(b, until if until is not None else b) - max(a, since), 0)
                   for since, until, was in self.spans if was == state)

    def used(self, wave, a, b):
        """What a rate came to, as long as it ran."""
        total = 0
        for since, until, state in reversed(self.spans):
            if until is not None and until <= a:
                break
            lo, hi = max(a, since), min(b, until if until is not None else b)
            if state == "running" and lo < hi:
                total += wave.between(lo, hi)
        return total


Fact = collections.namedtuple("Fact", "t subject kind epoch down code")
"""What happened. `epoch`: by the clock, None where nothing keeps the time. `kind`: what the report calls it, or one of
"died" and "revived", an end that the restart policy makes up for, and its restart."""


class World:
    def __init__(self, t, containers, disks, load=None, memory=None):
        self.t, self.offset = t, 0.0
        self.boot, self.boots = t - 40 * 86400.0, 1
        self.engine_is_there, self.engine_started = True, t - 40 * 86400.0 + 12
        self.oom_kills = 0
        self.containers = {c.name: c for c in containers}
        self.disks = disks  # mount -> (GiB in all, t -> GiB used)
        self.load = load or Wave((0.1, 0.35, 0.05, 0.975, 0.6), 1234)  # of all cores
        self.memory = memory or (lambda t: 0.45)
        self.rx, self.tx = Wave((40.0, 300.0, 12.0), 2111), Wave((9.0, 4.0), 1777)  # KiB a second
        self.facts, self._due, self._count = [], [], 0

    # Time

    def clock(self, t=None):
        return (self.t if t is None else t) + self.offset

    def at(self, t, what, *args, **named):
        self._count += 1
        self._due.append((t, self._count, what, args, named))
        self._due.sort(key=lambda due: due[:2])

    def advance(self, t):
        while self._due and self._due[0][0] <= t:
            self.t, _, what, args, named = self._due.pop(0)
            what(*args, **named)
        self.t = t

    def tell(self, subject, kind, exact=True, t=None, down=None, code=None):
        t = self.t if t is None else t
        self.facts.append(Fact(t, subject, kind, self.clock(t) if exact else None, down, code))

    # What the engine does

    def run(self, c, by_policy=False):
        c.exit_code, c.oom_killed = 0, False
        c.restarts = c.restarts if by_policy else 0
        c.started, c.started_t, c.stopped_by_hand = self.clock(), self.t, False
        c.turn(self.t, "running")

    def end(self, c, code, oom=False, state="exited"):
        c.exit_code, c.oom_killed = code, oom
        c.finished, c.finished_t = self.clock(), self.t
        c.turn(self.t, state)

    def stop_engine(self):
        for c in self.containers.values():
            if c.is_up():
                self.end(c, c.stop_code)
                c.comes_back = c.kept_up() or (c.policy == "on-failure" and c.stop_code != 0)
                if not c.comes_back:
                    self.tell(c.name, "left_down", code=c.exit_code)
            else:
                c.comes_back = c.kept_up() and not c.stopped_by_hand
        self.engine_is_there = False

    def start_engine(self, with_host=False):
        self.engine_is_there, self.engine_started = True, float(int(self.clock()))
        if not with_host:
            self.facts.append(Fact(self.t, "engine", "engine_restarted", self.engine_started, None, None))
        for i, c in enumerate(c for c in self.containers.values() if c.comes_back):
            self.at(self.t + 1 + 0.3 * i, self.run, c)

    # What can happen

    def crash(self, name, code=1, oom=False, flag=True, back=2.4):
        c = self.containers[name]
        self.oom_kills += oom
        if c.policy == "no":
            self.end(c, code, oom and flag)
            self.tell(name, "oom_killed" if oom else "crashed", code=code)
            return
        self.end(c, code, oom and flag, "restarting")
        c.restarts += 1
        self.tell(name, "oom" if oom else "died", down=back, code=code)
        self.at(self.t + back, self.revive, c)

    def revive(self, c):
        self.tell(c.name, "revived", down=self.t - c.finished_t)
        self.run(c, by_policy=True)

    def crash_loop(self, name, seconds):
        """Dies a second after each start, and is started again after twice as long as the time before, at most 60 s."""
        t, wait = self.t, 0.1
        end = t + seconds
        while t < end:
            self.at(t, self.crash, name, code=139, back=wait)
            t += wait + 1
            wait = min(2 * wait, 60)

    def stop(self, name, code=None):
        c = self.containers[name]
        self.end(c, c.stop_code if code is None else code)
        c.stopped_by_hand = True
        self.tell(name, "stopped" if c.exit_code or c.kept_up() else "finished", code=c.exit_code)

    def start(self, name):
        c = self.containers[name]
        self.tell(name, "started", down=self.clock() - c.finished if c.finished else None)
        self.run(c)

    def restart(self, name, down=5):
        c = self.containers[name]
        self.end(c, c.stop_code)
        self.at(self.t + down, lambda: (self.tell(name, "restarted_by_hand", down=down), self.run(c)))

    def recreate(self, name, down=7):
        c = self.containers[name]
        self.end(c, c.stop_code)

        def make():
            c.number += 1
            c.created, c.finished, c.finished_t = self.clock(), None, None
            self.run(c)
            self.tell(name, "recreated")
        self.at(self.t + down, make)

    def job(self, name, seconds, code=0):
        c = self.containers[name]
        self.start(name)
        begin = self.t

        def finish():
            if c.state == "running" and c.started_t == begin:
                self.end(c, code)
                self.tell(name, "crashed" if code else "finished", code=code)
        self.at(self.t + seconds, finish)

    def set_health(self, name, health):
        self.containers[name].health = health
        self.tell(name, health, exact=False)

    def pause(self, name):
        self.containers[name].turn(self.t, "paused")
        self.tell(name, "paused", exact=False)

    def unpause(self, name):
        self.containers[name].turn(self.t, "running")
        self.tell(name, "unpaused", exact=False)

    def log(self, name, text):
        self.containers[name].lines.append((self.clock(), text))

    def restart_engine(self, down=6):
        self.stop_engine()
        self.at(self.t + down, self.start_engine)

    def hang_engine(self, seconds):
        self.engine_is_there = False
        self.at(self.t + seconds, lambda: setattr(self, "engine_is_there", True))

    def reboot(self, down=240):
        some_ran = any(c.is_up() for c in self.containers.values())
        self.stop_engine()

        def up():
            self.boot, self.boots, self.oom_kills = self.t, self.boots + 1, 0
            self.tell("host", "host_rebooted", down=down if some_ran else None)
            self.at(self.t + 12, self.start_engine, with_host=True)
        self.boot = None
        self.at(self.t + down, up)

    def set_clock(self, seconds):
        self.offset += seconds

    # What can be seen

    def health_of(self, c):
        """No check runs on one that is stopped or paused, which Docker calls unhealthy."""
        if not c.health or c.state != "running":
            return c.health and "unhealthy"
        return "starting" if c.health == "healthy" and self.t - c.started_t < 30 else c.health

    def cpu_ticks(self, reading):
        """Busy and all, since boot. Readings are so near to each other that a tick more or less would show."""
        busy = round(self.load.between(self.boot, self.t) * CORES * 100)
        total = round((self.t - self.boot) * CORES * 100)
        later = reading * READING * CORES * 100
        return busy + round(later * self.load.at(self.t)), total + round(later)

    def write(self, proc, disks):
        """The files of this second."""
        (proc / "net").mkdir(parents=True, exist_ok=True)
        (proc / "sys/kernel/random").mkdir(parents=True, exist_ok=True)
        for reading in range(3):
            busy, total = self.cpu_ticks(reading)
            columns = "%d 0 0 %d 0 0 0 0 0 0\n" % (busy, total - busy)
            cores = "".join("cpu%d 0 0 0 0 0 0 0 0 0 0\n" % core for core in range(CORES))
            (proc / ("stat.%d" % reading)).write_text("cpu  " + columns + cores)
        total = 16 * MIB  # in KiB
        (proc / "meminfo").write_text("MemTotal: %d kB\nMemFree: 0 kB\nMemAvailable: %d kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n" % (
            total, round(total * (1 - self.memory(self.t)))))
        (proc / "loadavg").write_text("0.50 0.40 0.30 1/100 4242\n")
        (proc / "uptime").write_text("%.2f 1.00\n" % (self.t - self.boot))
        (proc / "vmstat").write_text("nr_free_pages 1\noom_kill %d\n" % self.oom_kills)
        (proc / "sys/kernel/random/boot_id").write_text("%08d-0000-4000-8000-000000000000\n" % self.boots)
        rx, tx = (round(wave.between(self.boot, self.t) * 1024) for wave in (self.rx, self.tx))
        (proc / "net/dev").write_text("Inter-|   Receive |  Transmit\n face |bytes packets\n"
                                      "  eth0: %d 1 0 0 0 0 0 0 %d 1 0 0 0 0 0 0\n" % (rx, tx))
        (proc / "mounts").write_text("".join("/dev/sd%s %s ext4 rw 0 0\n" % ("abcdef"[i], mount)
                                             for i, mount in enumerate(self.disks)))
        lines = []
        for mount, (size, used) in self.disks.items():
            blocks, taken = size * GIB / 4096, used(self.t) * GIB / 4096
            lines.append("%s %d %d %d\n" % (mount, blocks, blocks - taken, blocks - taken))
        disks.write_text("".join(lines))

    def sight(self):
        """Whatever is true now and could be seen: a copy."""
        seen = copy.copy(self)
        seen.containers = {name: copy.copy(c) for name, c in self.containers.items()}
        return seen


class Engine(FakeEngine):
    """Docker 26 of a world. `move` it on with the world."""

    def __init__(self, folder, world):
        super().__init__(folder)
        self.world = world
        self.folder = folder
        self._is_up = True

    def move(self):
        """To the world's second."""
        self._read.clear()
        world = self.world
        if self._is_up and not world.engine_is_there:
            super().__exit__()
        elif not self._is_up and world.engine_is_there:
            super().__enter__()
        self._is_up = world.engine_is_there
        pid_file = self.folder / "docker.pid"
        pid_file.write_text("1")
        os.utime(pid_file, (world.engine_started, world.engine_started))

    def __exit__(self, *exception):
        if self._is_up:
            super().__exit__(*exception)

    def _recorded(self, path):
        world = self.world
        if path == "/_ping":
            return 200, b"OK"
        if "/containers/json" in path:
            return 200, json.dumps([self._listed(c) for c in world.containers.values()])
        identity, what = re.search(r"/containers/([0-9a-f]+)/(json|stats|logs)", path).groups()
        c = next((c for c in world.containers.values() if c.id == identity), None)
        if not c:
            return 404, '{"message":"No such container: %s"}' % identity
        if what == "json":
            return 200, json.dumps(self._inspected(c))
        if what == "stats":
            return 200, json.dumps(self._stats(c))
        return 200, self._logs(c, urllib.parse.parse_qs(path.partition("?")[2]))

    def _listed(self, c):
        return {"Id": c.id, "Names": ["/" + c.name], "Image": c.name + ":1", "ImageID": "sha256:0", "Command": "run",
                "Created": int(c.created), "Ports": [], "Labels": {}, "State": c.state, "Status": "",
                "HostConfig": {"NetworkMode": "bridge"}, "Mounts": []}

    def _inspected(self, c):
        state = {"Status": c.state, "Running": c.is_up() or c.state == "restarting", "Paused": c.state == "paused",
                 "Restarting": c.state == "restarting", "OOMKilled": c.oom_killed, "Dead": False,
                 "Pid": 4242 if c.is_up() else 0, "ExitCode": c.exit_code, "Error": "",
                 "StartedAt": go_time(c.started), "FinishedAt": go_time(c.finished)}
        if c.health:
            state["Health"] = {"Status": self.world.health_of(c), "FailingStreak": 0, "Log": []}
        return {"Id": c.id, "Created": go_time(c.created), "State": state, "Name": "/" + c.name,
                "RestartCount": c.restarts, "Config": {"Tty": False, "Labels": {}},
                "HostConfig": {"NetworkMode": "bridge", "RestartPolicy": {"Name": c.policy, "MaximumRetryCount": 0},
                               "LogConfig": {"Type": "json-file", "Config": {}}}}

    def _stats(self, c):
        if not c.is_up():  # so Docker answers
            return {"id": c.id, "read": NEVER, "preread": NEVER, "cpu_stats": {"cpu_usage": {"total_usage": 0}},
                    "precpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}}
        world = self.world
        t = world.t + (READING if c.name in self._read else 0)
        self._read.add(c.name)
        cache = 10 * MIB
        return {"read": go_time(world.clock(t)), "preread": NEVER,
                "cpu_stats": {"cpu_usage": {"total_usage": int(c.used(c.cpu, c.started_t, t) * 1e9)}, "online_cpus": CORES},
                "precpu_stats": {"cpu_usage": {"total_usage": 0}},
                "memory_stats": {"usage": int(memory_of(c, world.t) * MIB) + cache, "stats": {"inactive_file": cache},
                                 "limit": 16 * GIB},
                "networks": {"eth0": {"rx_bytes": int(c.used(c.rx, c.started_t, t) * 1024),
                                      "tx_bytes": int(c.used(c.tx, c.started_t, t) * 1024)}}}

    def _logs(self, c, query):
        since = float(query.get("since", ["0"])[0])
        lines = [(when, text) for when, text in c.lines if when >= since]
        if "tail" in query:
            lines = lines[-int(query["tail"][0]):]
        body = b""
        for when, text in lines:
            line = ("%s %s\n" % (go_time(when), text) if query.get("timestamps") == ["1"] else text + "\n").encode()
            body += struct.pack(">BxxxL", 2, len(line)) + line
        return body


def memory_of(c, t):
    return c.memory(t - c.started_t)


def go_time(epoch):
    if epoch is None:
        return NEVER
    whole = int(epoch // 1)
    moment = datetime.datetime.fromtimestamp(whole, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + ("%.6f" % (epoch - whole))[1:].rstrip("0").rstrip(".") + "Z"
