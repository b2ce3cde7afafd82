"""Running programs and taking down what they cost."""

import collections
import os
import shlex
import statistics
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "measure.c"
RUN_SECONDS = 300

Cost = collections.namedtuple("Cost", "wall_seconds cpu_seconds peak_mib")

# A program to be measured. `prepare()` is called before each run; `check(stdout)` after it, and raises Failed if the
# program did not do its job. One that takes a minute (`is_slow`) runs once where the others have all their rounds.
Subject = collections.namedtuple("Subject", "name command prepare check is_slow")


class Failed(Exception):
    """A program did not do what it is measured for; the text says what, as a sentence."""


def subject(name, command, prepare=lambda: None, check=lambda stdout: None, is_slow=False):
    return Subject(name, [str(word) for word in command], prepare, check, is_slow)


class Meter:
    """Runs commands through measure.c, which is built in the folder `scratch`."""

    def __init__(self, scratch):
        self._program = scratch / "measure"
        self._result = scratch / "measure.result"
        compiler = shlex.split(os.environ.get("CC", "cc"))
        subprocess.run([*compiler, "-O2", "-o", str(self._program), str(SOURCE)], check=True)

    def run(self, subject):
        """The Cost of one run. Raises Failed if the program failed or was not done in time."""
        subject.prepare()
        try:
            done = subprocess.run([str(self._program), str(self._result), *subject.command], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=RUN_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise Failed("%s was not done after %d s" % (subject.name, RUN_SECONDS)) from error
        if done.returncode:
            raise Failed("%s: exit %d: %s" % (subject.name, done.returncode,
                                              done.stderr.decode(errors="replace").strip()[-500:]))
        subject.check(done.stdout.decode(errors="replace"))
        wall, user, system, peak_kib = map(float, self._result.read_text().split())
        return Cost(wall, user + system, peak_kib / 1024)


class Row:
    """What one program costs: medians, but of memory the largest peak."""

    def __init__(self, program, costs):
        walls = [cost.wall_seconds for cost in costs]
        self.program = program
        self.runs = len(costs)
        self.wall, self.wall_min, self.wall_max = statistics.median(walls), min(walls), max(walls)
        self.cpu = statistics.median(cost.cpu_seconds for cost in costs)
        self.peak = max(cost.peak_mib for cost in costs)

    def as_dict(self):
        return {
            "program": self.program,
            "wall_seconds": {"median": self.wall, "min": self.wall_min, "max": self.wall_max},
            "cpu_seconds": self.cpu,
            "peak_mib": self.peak,
            "runs": self.runs,
        }


def measure(meter, subjects, warm_ups, rounds, pause=lambda: None):
    """A Row for each subject, in their order.

    They run in rounds, A B C A B C ..., so that whatever else the machine does meanwhile meets all of them alike. The
    first `warm_ups` rounds don't count. `pause()` is called before each run.
    """
    costs = [[] for _ in subjects]
    for number in range(1 - warm_ups, rounds + 1):
        for subject, taken in zip(subjects, costs):
            if subject.is_slow and number != 1:
                continue
            pause()
            cost = meter.run(subject)
            if number > 0:
                taken.append(cost)
    return [Row(subject.name, taken) for subject, taken in zip(subjects, costs)]
