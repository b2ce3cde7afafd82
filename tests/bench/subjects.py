"""The programs that are measured on an engine: each does the whole job, and is checked to have done it."""

import json
import shutil
import time
from pathlib import Path

import costs
import histories

PYTHON, SEED_MONITOR = "/usr/bin/python3", Path(__file__).resolve().parent / "seed_monitor.py"
THREADS = 32
HOUR, HOURS_OF_A_WEEK = 3600, 168


class Asmo:
    """The programs in the folder `programs`, with a config, log and history of their own in the new folder `folder`."""

    def __init__(self, programs, folder, docker_host=""):
        folder.mkdir()
        self._programs = programs
        self.history = folder / "health_history.json"
        self._config = folder / "config.json"
        self._config.write_text(json.dumps({"server_name": "bench", "history_file": self.history.name,
                                            "log_file": "asmo.log", "docker": {"host": docker_host}}))

    def monitor(self, *options):
        return [self._programs / "asmo-monitor", "-c", self._config, *options]

    def report(self, *options):
        return [self._programs / "asmo-report", "-c", self._config, *options]

    def check_stored(self, stdout, containers):
        """Whether a snapshot was stored in which all of so many containers were measured."""
        if not json.loads(stdout)["history"]["stored"]:
            raise costs.Failed("asmo-monitor stored nothing: " + stdout)
        _check_containers("asmo-monitor", json.loads(histories.last_snapshot(self.history))["containers"], containers)


def asmo_monitor(meter, programs, folder, engine, containers):
    """asmo-monitor as it runs every hour: its history reaches back a week and ends an hour ago. Returns that history,
    made of the first snapshot that it took here, and the subject."""
    asmo = Asmo(programs, folder, "unix://" + engine.socket)
    meter.run(costs.subject("asmo-monitor", asmo.monitor()))
    week = folder / "week.json"
    histories.write(week, histories.last_snapshot(asmo.history), HOURS_OF_A_WEEK, HOUR, time.time() - HOUR)
    return week, costs.subject("asmo-monitor", asmo.monitor(), prepare=lambda: _copy(week, asmo.history),
                               check=lambda stdout: asmo.check_stored(stdout, containers))


def docker_stats(engine, containers):
    """The engine's own client."""
    def check(stdout):
        # ID, name, CPU, memory, ...: one that did not answer in time has -- or 0B there.
        memory = [line.split()[3] for line in stdout.strip().splitlines()[1:]]
        if len(memory) != containers or "--" in memory or "0B" in memory:
            raise costs.Failed("docker stats measured something else than %d containers:\n%s" % (containers, stdout))

    return costs.subject("docker stats --no-stream", engine.inside("docker", "stats", "--no-stream"), check=check)


def python_monitors(meter, folder, engine, containers):
    """seed_monitor.py with threads and, a minute long, without; on a history like asmo-monitor's."""
    folder.mkdir()
    history, week = folder / "health_history.json", folder / "week.json"
    one_by_one = ["env", "DOCKER_HOST=unix://" + engine.socket, PYTHON, SEED_MONITOR, "--history", history]
    threaded = [*one_by_one, "--threads", THREADS]

    def check(stdout):
        if not json.loads(stdout)["success"]:
            raise costs.Failed("seed_monitor.py failed: " + stdout)
        _check_containers("seed_monitor.py", json.loads(history.read_text())[-1]["containers"], containers)

    def subject(name, command, is_slow=False):
        return costs.subject(name, command, lambda: _copy(week, history), check, is_slow)

    meter.run(costs.subject("seed_monitor.py", threaded))
    _write_python_history(week, json.loads(history.read_text())[-1])
    return [subject("Python, %d threads" % THREADS, threaded), subject("Python, one by one", one_by_one, is_slow=True)]


def _write_python_history(path, snapshot):
    newest = time.time() - HOUR
    path.write_text(json.dumps([
        dict(snapshot, timestamp=histories.local_time(newest - (HOURS_OF_A_WEEK - 1 - index) * HOUR))
        for index in range(HOURS_OF_A_WEEK)], indent=2))


def _copy(source, target):
    shutil.copy(str(source), str(target))


def _check_containers(program, found, expected):
    measured = [container for container in found
                if container["state"] == "running" and container["cpu_percent"] is not None and container["mem_mb"]]
    if len(found) != expected or len(measured) != expected:
        raise costs.Failed("%s found %d containers and measured %d; there are %d" % (
            program, len(found), len(measured), expected))
