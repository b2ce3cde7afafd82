#!/usr/bin/env python3
"""Records what a real engine says of the containers of zoo.py, as a fixture: `record.py ENGINE FOLDER`.

Everything is asked through the API as asmo asks it, so that the bytes are those it will meet. The host's files in
proc/ and the text of `docker stats` are of the same moment, to compare with.
"""

import concurrent.futures
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import engines
import unix_http
import zoo

CHECKOUT = Path(__file__).resolve().parents[2]
PROC = {"stat": "stat", "meminfo": "meminfo", "loadavg": "loadavg", "uptime": "uptime", "vmstat": "vmstat",
        "mounts": "self/mounts", "mountinfo": "self/mountinfo", "net/dev": "self/net/dev"}
SAMPLE_SECONDS = 1.0
ONE_SHOT = "/containers/%s/stats?stream=false&one-shot=true"

README = """\
Recorded by tests/support/record.py from a real {engine} {version} (newest API {newest}, asked through v{api}), Debian's
package, kernel {kernel}, cgroup {cgroup}, {cpus} CPUs, {memory} MiB of memory. The engine had a root, a process
namespace and a network namespace of its own, so proc/mounts and proc/net/dev are those that it saw.

Containers: those of tests/support/zoo.py, which says how each was started. `NAME.stats1.json` are one-shot bodies, of
containers that don't run too; `NAME.stats2.json` follow about a second later, of those that do. `NAME.logs.bin` are raw
log streams (stdout and stderr, tail=50; framed, but that of `tty`). `docker-stats.txt` is what the engine's own client
printed over the same second; `proc/` the host's files right after it.
"""
README_PODMAN = """
Podman's containers use the host's network; its health checks, which systemd would run, were run by hand. Its CPU % in
`docker-stats.txt` is the average since the container's start. It answers for the stats of a container that doesn't run
with nothing at all: those files are empty.
"""


def record(engine, folder):
    animals = zoo.make(engine)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "_ping.http").write_bytes(_raw(unix_http.get(engine.socket, "/_ping")))
    (folder / "version.json").write_bytes(engine.get("/version").body)
    with concurrent.futures.ThreadPoolExecutor(len(animals) + 1) as pool:
        printed = pool.submit(engine.cli, "stats", "--no-stream")
        begin = time.monotonic()
        _save(engine, pool, folder, animals, "stats1.json", ONE_SHOT)
        # Docker 20.10 has by now taken that long by itself.
        time.sleep(max(0.0, begin + SAMPLE_SECONDS - time.monotonic()))
        running = [name for name in animals if engine.inspect(name)["State"]["Status"] in ("running", "paused")]
        _save(engine, pool, folder, running, "stats2.json", ONE_SHOT)
        (folder / "docker-stats.txt").write_text(printed.result())
        (folder / "list.json").write_bytes(engine.get("/containers/json?all=1").body)
        _save(engine, pool, folder, animals, "inspect.json", "/containers/%s/json")
        _save(engine, pool, folder, animals, "logs.bin", "/containers/%s/logs?stdout=1&stderr=1&tail=50")
    for name, source in PROC.items():
        target = folder / "proc" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_neutral(engine, subprocess.check_output(
            engine.inside("/bin/busybox", "cat", "/proc/" + source), timeout=10)))
    (folder / "README.md").write_text(_readme(engine))


def _save(engine, pool, folder, names, ending, target):
    """GETs `target` of all names at once: so asmo does, and on Docker 20.10 a single one-shot takes a second."""
    replies = {name: pool.submit(engine.get, target % name) for name in names}
    for name, reply in replies.items():
        (folder / (name + "." + ending)).write_bytes(_neutral(engine, reply.result().body))


def _raw(response):
    head = ["HTTP/1.1 %d %s" % (response.status, response.reason)]
    head += ["%s: %s" % pair for pair in response.headers]
    return "\r\n".join(head + ["", ""]).encode() + response.body


def _neutral(engine, text):
    """Without what is this recording's alone: its paths, in proc/mounts in an overlay's options, and the name of its
    control group, which Podman shows as CgroupParent."""
    folder = str(Path(engine.socket).parents[1])
    text = re.sub(rb"asmo-test-\d+-\d+", b"asmo-test", text)
    return text.replace(folder.encode(), b"/tmp/asmo-XXXX").replace(str(CHECKOUT).encode(), b"/srv/asmo")


def _readme(engine):
    info = engine.get("/info").json()
    text = README + (README_PODMAN if engine.is_podman else "")
    return text.format(
        engine="Podman" if engine.is_podman else "Docker", version=engine.version, newest=engine.api_version,
        api=engine.api, kernel=info["KernelVersion"], cgroup=engine.cgroup, cpus=info["NCPU"],
        memory=info["MemTotal"] // zoo.MIB)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in engines.names():
        sys.exit("usage: record.py %s FOLDER" % "|".join(engines.names()))
    with engines.start(sys.argv[1]) as engine:
        record(engine, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
