"""The table that is printed at the end, and the same for programs to read."""

import collections
import datetime
import os
import platform

Target = collections.namedtuple("Target", "name measured limit unit")

_HEADINGS = ("", "wall s", "min .. max", "CPU s", "peak MiB", "runs")


class Table:
    """Rows in groups, notes on the circumstances, and targets with what became of them."""

    def __init__(self):
        self._started = datetime.datetime.now().astimezone()
        self._load = os.getloadavg()[0]
        self._notes = []
        self._groups = {}
        self._targets = []

    def note(self, text):
        self._notes.append(text)

    def add(self, group, row):
        self._groups.setdefault(group, []).append(row)

    def target(self, name, measured, limit, unit):
        self._targets.append(Target(name, measured, limit, unit))

    def as_text(self):
        lines = ["asmo bench, %s, %s %s, %d CPUs, load %.2f at the start" % (
            self._started.strftime("%Y-%m-%d %H:%M %z"), platform.system(), platform.release(), os.cpu_count(),
            self._load)]
        lines += self._notes
        lines += ["wall and CPU are medians, peak is the largest", ""]
        width = max(len("  " + row.program) for rows in self._groups.values() for row in rows)
        layout = "%%-%ds %%8s %%16s %%8s %%9s %%5s" % width
        lines.append(layout % _HEADINGS)
        for group, rows in self._groups.items():
            lines.append(group)
            lines += [layout % ("  " + row.program, "%.3f" % row.wall, "%.3f .. %.3f" % (row.wall_min, row.wall_max),
                                "%.3f" % row.cpu, "%.1f" % row.peak, row.runs) for row in rows]
        lines.append("")
        lines += ["target: %s: %s" % (target.name, _verdict(target)) for target in self._targets]
        return "\n".join(lines) + "\n"

    def as_dict(self):
        return {
            "started": self._started.isoformat(),
            "machine": {"system": platform.release(), "cpus": os.cpu_count(), "load": self._load},
            "notes": self._notes,
            "groups": [{"name": group, "rows": [row.as_dict() for row in rows]}
                       for group, rows in self._groups.items()],
            "targets": [dict(target._asdict(), met=_is_met(target)) for target in self._targets],
        }


def _is_met(target):
    return target.measured <= target.limit


def _verdict(target):
    figures = "%s of %s %s" % (_figure(target.measured), _figure(target.limit), target.unit)
    if _is_met(target):
        return figures + ": met"
    return "%s: missed by %s %s" % (figures, _figure(target.measured - target.limit), target.unit)


def _figure(value):
    return "%.1f" % value if value >= 5 else "%.3f" % value
