"""One container of each kind that a monitor has to tell apart, all of the one busybox image.

`make(engine)` starts them and returns, for each, what the engine has to say of it: see Animal below. Every engine can
have every one of them; in what they differ is in _fitted and _is_ready. What none of this promises is the engine's
OOMKilled of `oom`: Docker sets it on cgroup v1, and not always on v2; Podman 4.3 does not set it.
"""

import collections
import concurrent.futures
import time

import ooms
from deadline import wait_for
from engines import CliError

MIB = 1 << 20
READY_SECONDS = 300

# How the container is started, and what of it is to be seen once it is ready. `state` is a set: a crash loop changes
# its state all the time. `health` is "none" without a health check, `exit_code` None where it says nothing.
Animal = collections.namedtuple("Animal", "options command state health exit_code", defaults=("none", None))

_SLEEP = ("sleep", "100000")
_RUNNING, _EXITED = frozenset(["running"]), frozenset(["exited"])


def _sh(script):
    return ("sh", "-c", script)


# 16 MiB of page cache, which `docker stats` does not count, then 32 MiB in a dd that waits for a reader for ever.
_HOLD_32_MIB = """
dd if=/dev/zero of=/cache bs=1M count=16
mkfifo /pipe; sleep 100000 <>/pipe & exec dd if=/dev/zero of=/pipe bs=32M
"""
_LOG_LINES = """
echo 'listening on port 8080'
echo 'GET /health 200'
echo 'ERROR: database is locked' >&2
echo '0 errors, 0 warnings'
echo 'ERROR: database is locked' >&2
echo 'level=info msg="job done" failed=0'
echo 'panic: connect to postgres://app:hunter2@db/app refused' >&2
echo 'GET /health 200'
exec sleep 100000
"""
_BINARY_LINES = r"""
printf 'before\0after the NUL\n'
printf 'ERROR: \377\376 is not UTF-8, \303\050 neither\n' >&2
printf '\033[31mERROR\033[0m: in red\033]0;title\007\r\n' >&2
printf 'ERROR: caf\303\251 \342\202\254 \360\237\220\263\n' >&2
printf 'no newline at the end'
exec sleep 100000
"""

ZOO = {
    # A health check takes a tenth of a second of CPU and more, so there is not one a second.
    "healthy": Animal(("--health-cmd", "true", "--health-interval", "5s"), _SLEEP, _RUNNING, "healthy"),
    "unhealthy": Animal(("--health-cmd", "echo no answer on port 8080; exit 1", "--health-interval", "5s",
                         "--health-retries", "1"), _SLEEP, _RUNNING, "unhealthy"),
    # 10 % of a core: `--cpus 0.1`, but in slices of half the length, so that any second has about as many of them,
    # and with a weight that gets it its share on a busy machine too.
    "burner": Animal(("--cpu-period", "50000", "--cpu-quota", "5000", "--cpu-shares", "16384", "-m", "64m"),
                     _sh("while :; do :; done"), _RUNNING),
    "limited": Animal(("-m", "64m"), _sh(_HOLD_32_MIB), _RUNNING),
    "isolated": Animal(("--network", "none"), _SLEEP, _RUNNING),
    "paused": Animal((), _SLEEP, frozenset(["paused"])),
    "logger": Animal((), _sh(_LOG_LINES), _RUNNING),
    "tty": Animal(("--tty",), _sh("echo 'ERROR: seen on a terminal'; exec sleep 100000"), _RUNNING),
    "binary": Animal((), _sh(_BINARY_LINES), _RUNNING),
    "oom": Animal(("-m", "16m", "--memory-swap", "16m"), ("tail", "/dev/zero"), _EXITED, "none", 137),
    "exited0": Animal((), ("true",), _EXITED, "none", 0),
    "exited3": Animal((), _sh("echo 'fatal: no such table' >&2; exit 3"), _EXITED, "none", 3),
    # `docker stop`: one that heeds SIGTERM, and one that has to be killed after the grace period.
    # (Process 1 ignores a signal that it has no handler for, so /ready says when there is one.)
    "stopped": Animal((), _sh("trap 'exit 143' TERM; touch /ready; while :; do sleep 0.1; done"), _EXITED, "none", 143),
    "killed": Animal((), _SLEEP, _EXITED, "none", 137),
    "crashloop": Animal(("--restart", "always"), _sh("echo 'cannot open config' >&2; exit 1"),
                        frozenset(["restarting", "running", "exited"])),
    "created": Animal((), _SLEEP, frozenset(["created"]), "none", 0),
}

def make(engine):
    """Starts every container of ZOO, and returns name -> Animal once each is as described.

    Raises deadline.TooLate, naming the container, if one does not get there.
    """
    animals = {name: _fitted(engine, name, animal) for name, animal in ZOO.items()}
    with ooms.alone(), concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(_start, engine, name, animal) for name, animal in animals.items()]:
            done.result()
        for name, animal in animals.items():
            wait_for("%s to be ready" % name, lambda: _is_ready(engine, name, animal), READY_SECONDS, pause=0.2)
    return animals


def _fitted(engine, name, animal):
    """What Podman does in a way of its own."""
    if engine.is_podman and name == "crashloop":
        # It restarts at once and for ever, without Docker's growing pauses: that would take a whole core.
        return animal._replace(command=_sh("sleep 1; echo 'cannot open config' >&2; exit 1"),
                               state=animal.state | {"stopped"})
    return animal


def _start(engine, name, animal):
    if name == "created":
        engine.cli("create", "--name", name, *animal.options, engine.image, *animal.command)
        return
    engine.run(name, *animal.options, command=animal.command)
    if name == "paused":
        _pause(engine, name)
    elif name == "stopped":
        engine.cli("exec", name, "sh", "-c", "until [ -e /ready ]; do sleep 0.1; done")
        engine.cli("stop", name)
    elif name == "killed":
        engine.cli("stop", "--time", "1", name)


def _pause(engine, name):
    """The kernel's freezer gives up now and then: "unable to freeze". Asked again, it does."""
    for attempt in range(10):
        try:
            engine.cli("pause", name)
            return
        except CliError as error:
            if "freeze" not in str(error) or attempt == 9:
                raise
            time.sleep(0.5)


def _is_ready(engine, name, animal):
    if engine.is_podman and animal.health != "none":
        # Podman leaves its health checks to a systemd timer, and there is no systemd here.
        engine.cli("healthcheck", "run", name, check=False)
    inspected = engine.inspect(name)
    state = inspected["State"]
    health = (state.get("Health") or state.get("Healthcheck") or {}).get("Status") or "none"
    if state["Status"] not in animal.state or health != animal.health:
        return False
    if animal.exit_code is not None and state["ExitCode"] != animal.exit_code:
        return False
    if name == "crashloop":
        return inspected["RestartCount"] >= 2
    if name == "limited":
        stats = engine.get("/containers/%s/stats?stream=false&one-shot=true" % name).json()
        return stats["memory_stats"].get("usage", 0) > 40 * MIB
    return True
