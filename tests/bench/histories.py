"""Histories of any length, made from one real snapshot, in the very form in which asmo-monitor writes them."""

import random
import re
import time

_LONGEST_LINE = 1 << 20
_TIMESTAMP = re.compile(r'\{"timestamp":"[^"]*"')
_EPOCH = re.compile(r'"epoch":[0-9.]+')
# The numbers that change from one snapshot to the next, and how large they get here. (In a string a quotation mark
# would have a backslash before it, so a log line that looks like this is not taken for one.)
_LARGEST = {"cpu_percent": 80, "ram_used_gb": 10, "ram_percent": 60, "mem_mb": 900, "mem_percent": 10,
            "net_rx_mb": 5000, "net_tx_mb": 5000}
_NUMBER = re.compile(r'"(%s)":\d+(?:\.(\d+))?' % "|".join(_LARGEST))


def last_snapshot(path):
    """The newest line of a history; ValueError if it is not in the form that `write` knows."""
    with open(str(path), "rb") as file:
        first = file.readline()
        file.seek(max(0, path.stat().st_size - _LONGEST_LINE))
        lines = file.read().decode().splitlines()
    line = lines[-2] if len(lines) > 2 else ""
    if first != b"[\n" or lines[-1] != "]" or not _TIMESTAMP.match(line) or not _EPOCH.search(line):
        raise ValueError("%s is not in the form in which asmo-monitor wrote histories when this was made" % path)
    return line


def write(path, snapshot, count, step_seconds, newest_epoch):
    """Writes `count` snapshots like that line, so many seconds apart."""
    form, largest = _as_format(snapshot)
    generator = random.Random(1)
    with open(str(path), "w") as file:
        for index in range(count):
            epoch = newest_epoch - (count - 1 - index) * step_seconds
            values = [generator.random() * number for number in largest]
            file.write(",\n" if index else "[\n")
            file.write(form % (local_time(epoch), *values, epoch))
        file.write("\n]\n")
    path.chmod(0o600)


def _as_format(snapshot):
    """The line as a format for its timestamp, the numbers that vary, and its epoch; and how large those get."""
    line = snapshot.replace("%", "%%")
    epoch = list(_EPOCH.finditer(line))[-1]
    head, *gaps = _NUMBER.split(line[_TIMESTAMP.match(line).end():epoch.start()])
    # split() gives, behind each match's groups (name and decimals), the text up to the next match.
    names, decimals, texts = gaps[0::3], gaps[1::3], gaps[2::3]
    numbers = "".join('"%s":%%.%df%s' % (name, len(digits or ""), text)
                      for name, digits, text in zip(names, decimals, texts))
    form = '{"timestamp":"%s"' + head + numbers + '"epoch":%.3f' + line[epoch.end():]
    return form, [_LARGEST[name] for name in names]


def local_time(epoch):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(epoch)) + ".%06d" % (epoch % 1 * 1e6)
