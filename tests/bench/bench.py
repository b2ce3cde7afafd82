#!/usr/bin/python3
"""`make bench`: what asmo costs in time, CPU and memory.

First against `docker stats` and against a Python monitor that does the same job, on real engines; then with a history
of a week by the minute. All in one table, which also goes to build/bench.txt and, for programs, build/bench.json.

The figures count only where nothing else runs meanwhile; the head of the table says how loaded the machine was.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "support"))

import costs
import engines
import histories
import results
import subjects

BUILD = CHECKOUT / "build"
MINUTE, MINUTES_OF_A_DAY, MINUTES_OF_A_WEEK = 60, 1440, 10080

# One container in five has a log in which something went wrong.
TALKER = """
i=0
while [ $i -lt 120 ]; do
	echo "GET /item/$i 200"
	[ $((i % 10)) != 7 ] || echo "ERROR: upstream $((i % 4)) timed out" >&2
	i=$((i + 1))
done
exec sleep 100000
"""


class Bench:
    """What every part needs: the programs, a folder to write in, the way to measure, the table."""

    def __init__(self, options, scratch):
        self.options = options
        self.scratch = scratch
        # Copies, so that a build that goes on meanwhile changes nothing.
        self.programs = Path(shutil.copytree(str(CHECKOUT / "bin"), str(scratch / "bin")))
        self.meter = costs.Meter(scratch)
        self.table = results.Table()
        self.table.note("commit " + revision())

    def measure(self, group, programs, pause=lambda: None):
        """Measures the programs and adds their rows to the table; returns those by the program's name."""
        print("bench: %s: %s" % (group, ", ".join(program.name for program in programs)), file=sys.stderr, flush=True)
        rows = costs.measure(self.meter, programs, self.options.warm_ups, self.options.runs, pause)
        for row in rows:
            self.table.add(group, row)
        return {row.program: row for row in rows}


def revision():
    """The commit that is checked out; "-dirty" behind it says that the sources differ from it."""
    done = subprocess.run(["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, universal_newlines=True, check=False)
    return done.stdout.strip() or "unknown"


def let_the_engine_fall_asleep(generator=random.Random(1)):
    """An hourly run finds the engine's collector of statistics asleep: when for a second nobody has asked it stops,
    and whoever asks next wakes it at once. Straight after another program it would be somewhere in that second, and
    luck would decide how long the first sample takes."""
    time.sleep(generator.uniform(1.05, 1.35))


def make_containers(engine, numbers):
    def make(number):
        command = ("sh", "-c", TALKER) if number % 5 == 0 else ("sleep", "100000")
        engine.run("c%03d" % number, command=command)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(make, number) for number in numbers]:
            done.result()
    time.sleep(2)  # until the engine has come to rest


def bench_engine(bench, name):
    """All monitors with some containers, then asmo-monitor with many. Returns a real snapshot."""
    some, many = bench.options.containers, bench.options.many
    with engines.start(name) as engine:
        bench.table.note("%s: version %s, API %s, cgroup %s" % (name, engine.version, engine.api_version,
                                                                engine.cgroup))
        make_containers(engine, range(some))
        week, asmo = subjects.asmo_monitor(bench.meter, bench.programs, bench.scratch / (name + "-asmo"), engine, some)
        python = subjects.python_monitors(bench.meter, bench.scratch / (name + "-python"), engine, some)
        programs = [asmo, subjects.docker_stats(engine, some), *python]
        if bench.options.quick:
            programs = [program for program in programs if not program.is_slow]
        group = "%s, %d containers" % (name, some)
        rows = bench.measure(group, programs, let_the_engine_fall_asleep)
        set_engine_targets(bench.table, group, rows, 0.9 if name == "docker-20.10" else 0.5)
        if many:
            make_containers(engine, range(some, many))
            _, asmo = subjects.asmo_monitor(bench.meter, bench.programs, bench.scratch / (name + "-many"), engine, many)
            more = bench.measure("%s, %d containers" % (name, many), [asmo], let_the_engine_fall_asleep)
            bench.table.target("%s: wall with %d containers, more than with %d" % (name, many, some),
                               more[asmo.name].wall - rows[asmo.name].wall, 0.5, "s")
    return histories.last_snapshot(week)


def set_engine_targets(table, group, rows, part_of_docker_stats):
    asmo, docker_stats, *pythons = rows.values()
    table.target("%s: wall, %g x %s" % (group, part_of_docker_stats, docker_stats.program), asmo.wall,
                 part_of_docker_stats * docker_stats.wall, "s")
    for python in pythons:
        table.target("%s: CPU, 1/12 of %s" % (group, python.program), asmo.cpu, python.cpu / 12, "s")
    table.target("%s: peak memory" % group, asmo.peak, 14, "MiB")


def bench_history(bench, snapshot):
    """Appending to a long history, held against copying it; and reporting on its last day."""
    count, week = bench.options.snapshots, subjects.HOURS_OF_A_WEEK
    long, short = (subjects.Asmo(bench.programs, bench.scratch / name) for name in ("long", "short"))
    histories.write(long.history, snapshot, count, MINUTE, time.time() - 30)
    histories.write(short.history, snapshot, week, subjects.HOUR, time.time() - 30)
    copy = bench.scratch / "long" / "copy"
    # A quarter of an hour may pass until the report is measured.
    in_a_day = min(count, MINUTES_OF_A_DAY) - 15

    def prepare():
        """So that an fsync does not wait for what others have left to be written."""
        with contextlib.suppress(FileNotFoundError):
            copy.unlink()
        os.sync()

    def append(name, asmo):
        return costs.subject(name, asmo.monitor("--no-docker"), prepare, lambda stdout: asmo.check_stored(stdout, 0))

    def report(form, check):
        return costs.subject("asmo-report -f " + form, long.report("-f", form), prepare, check)

    def check_discord(stdout):
        if not json.loads(stdout)["embeds"]:
            raise costs.Failed("asmo-report had nothing to say")

    def check_json(stdout):
        if json.loads(stdout)["snapshots"] < in_a_day:
            raise costs.Failed("asmo-report did not find the %d snapshots of the last day" % in_a_day)

    rows = bench.measure("history of %d snapshots, %.0f MB" % (count, long.history.stat().st_size / 1e6), [
        append("asmo-monitor --no-docker", long),
        append("the same, %d snapshots" % week, short),
        costs.subject("cp and fsync", ["sh", "-c", 'cp "$1" "$2" && sync "$2"', "sh", long.history, copy], prepare),
        report("discord", check_discord),
        report("json", check_json),
    ])
    set_history_targets(bench.table, *rows.values())


def set_history_targets(table, append, append_to_short, copying, *reports):
    alone = append.wall - append_to_short.wall
    table.note("append alone, what the long history takes longer than the short one: %.3f s" % alone)
    table.target("append alone: wall, 2 x (cp and fsync) + 0.15 s", alone, 2 * copying.wall + 0.15, "s")
    table.target("append: peak memory", append.peak, 24, "MiB")
    for report in reports:
        table.target("%s: wall" % report.program, report.wall, 0.25, "s")
        table.target("%s: peak memory" % report.program, report.peak, 24, "MiB")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--engine", action="append", choices=[name for name in engines.names() if name != "podman"],
                        help="on this one (may be repeated; default: docker-20.10 and docker-26.1)")
    parser.add_argument("--runs", type=int, help="how often each program is measured (default: 5)")
    parser.add_argument("--quick", action="store_true",
                        help="a smoke run in less than a minute: docker-26.1, 3 runs, 10 containers, a short history, "
                             "and not the Python monitor that takes one container after the other")
    options = parser.parse_args()
    options.engine = options.engine or (["docker-26.1"] if options.quick else ["docker-20.10", "docker-26.1"])
    options.runs = options.runs or (3 if options.quick else 5)
    options.warm_ups = 0 if options.quick else 1
    options.containers, options.many = (10, None) if options.quick else (30, 100)
    options.snapshots = 500 if options.quick else MINUTES_OF_A_WEEK
    return options


def main():
    options = parse_options()
    BUILD.mkdir(exist_ok=True)
    # As an exception, so that engines and files are removed.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    scratch = Path(tempfile.mkdtemp(prefix="bench.", dir=str(BUILD)))
    try:
        bench = Bench(options, scratch)
        snapshots = [bench_engine(bench, name) for name in options.engine]
        bench_history(bench, snapshots[0])
    except (costs.Failed, engines.Unavailable) as error:
        print("bench: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(str(scratch), ignore_errors=True)
    text = bench.table.as_text()
    (BUILD / "bench.txt").write_text(text)
    (BUILD / "bench.json").write_text(json.dumps(bench.table.as_dict(), indent=2) + "\n")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
