"""Text at a terminal: in colours unless they are not wanted, and as wide as it is."""

import re
import unicodedata

import pytest

import history
import terminal
from history import END, container, day, disk, snapshot, stopped
from terminal import COLOR

WIDE = ["\u65e5\u672c\u8a9e" * 40, "x" * 200, "\U0001f433" * 90, "e\u0301" * 100, "a b " * 60, "short"]


def columns(line):
    return sum(0 if unicodedata.category(c) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def bad(hour, epoch):
    return snapshot(epoch, [container("web", restarts=min(hour, 7)), container("db") if hour < 15 else stopped("db", 3)],
                    disks=[disk("/", 400 + hour, 457.0)])


def wide(hour, epoch):
    """Numbers as large, names as long and as wide as they come."""
    return snapshot(epoch, [container(name, restarts=hour * 99999, errors=[name * 2], error_counts=[9999999], error_count=9999999,
                                      status="unhealthy", health="unhealthy", cpu_percent=1e5, mem_mb=1e8) for name in WIDE],
                    server=WIDE[0], cpu_percent=100.0, ram_percent=100.0, ram_total_gb=1e5, ram_used_gb=1e5, uptime="9" * 99,
                    load_average=[1e4, 1e4, 1e4],
                    disks=[disk("/" + name, 1e7 + hour * 1e5, 2e7) for name in WIDE] + [disk("/x", 1, 2, problem=WIDE[1])])


@pytest.fixture
def at_terminal(asmo_report):
    def run(what, columns_, *args, **env):
        history.write(asmo_report.history, day(what))
        command = [str(asmo_report.path), "-c", str(asmo_report.config), "--until", str(END), "-f", "text", *args]
        asmo_report("-f", "text", "-o", str(asmo_report.folder / "x"))  # writes the config
        return terminal.run(command, columns_, **env)
    return run


def test_a_terminal_gets_colours_and_the_same_text(asmo_report, at_terminal):
    text = at_terminal(bad, 80)
    assert "\x1b[1;31mcritical\x1b[0m" in text and "\x1b[33mwarning " in text
    plain = asmo_report("--until", END, "-f", "text", env={"TZ": "UTC"}).stdout.decode()
    assert COLOR.sub("", text) == plain and "\x1b" not in plain
    for line in text.splitlines():  # a line that is lost leaves no colour behind
        assert not COLOR.findall(line) or COLOR.findall(line)[-1] == "\x1b[0m"


def test_what_is_wrong_has_its_colour_wherever_it_stands(at_terminal):
    def busy(hour, epoch):
        return dict(bad(hour, epoch), cpu_percent=97.0)
    red, yellow = "\x1b[1;31m", "\x1b[33m"
    text = at_terminal(busy, 80)
    for line in (r"CPU +97\.0 %%  %s", r"/ +92\.6 %%   %s", r"web +%srunning"):
        assert re.search("\n  " + line % re.escape(red), text), line
    for line in (r"%s10:59-17:59\x1b\[0m  web restarted", r"db +%sstopped"):
        assert re.search("\n  " + line % re.escape(yellow), text), line


@pytest.mark.parametrize("env, is_colored", [({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)])
def test_colours_can_be_declined(at_terminal, env, is_colored):
    assert ("\x1b" in at_terminal(bad, 80, **env)) is is_colored


def test_a_file_gets_no_colours_and_eighty_columns(asmo_report, at_terminal):
    target = asmo_report.folder / "report.txt"
    assert at_terminal(wide, 200, "-o", str(target)) == ""
    text = target.read_text()
    assert "\x1b" not in text and max(map(columns, text.splitlines())) <= 80


@pytest.mark.parametrize("width", [0, 20, 80, 81, 93, 109, 110, 132, 160, 500])
@pytest.mark.parametrize("what", [bad, wide])
def test_text_fits_the_terminal_and_uses_it(at_terminal, what, width):
    lines = COLOR.sub("", at_terminal(what, width)).splitlines()
    widest = max(map(columns, lines))
    assert widest <= max(80, min(width, 160)), max(lines, key=columns)
    if width >= 110:
        assert widest >= min(width, 160) - 2
        assert [line for line in lines if line.startswith("Containers ") and " down " in line]
    table = lines[next(i for i, line in enumerate(lines) if line.startswith("Containers   ") and "status" in line):]
    assert {columns(line) for line in table if line[:2] == "  " and "\u2588 up" not in line} == {columns(table[0])}


def test_a_wide_terminal_shows_more_of_the_day(at_terminal):
    def signs(width):
        line = next(line for line in COLOR.sub("", at_terminal(bad, width)).splitlines() if line.startswith("  CPU"))
        return len([c for c in line if "\u2581" <= c <= "\u2588" or c == "\u00b7"])
    assert (signs(80), signs(90), signs(160)) == (24, 34, 48)


def test_long_sentences_are_broken_between_words(at_terminal):
    text = at_terminal(lambda h, e: snapshot(e, [container("web", errors=["word " * 30], error_counts=[1], error_count=1)]), 80,
                       NO_COLOR="1")
    issue = text.partition("Issues: 1 info\n")[2].partition("\n\n")[0].splitlines()
    assert len(issue) == 3 and all(line.startswith(" " * 12 + "word") for line in issue[1:])
    assert " ".join(line.strip() for line in issue).endswith("word word word")


def test_the_monitor_is_coloured_as_well(asmo_monitor):
    asmo_monitor("--no-docker", "-n")  # writes the config
    command = [str(asmo_monitor.path), "-c", str(asmo_monitor.config), "--no-docker", "-n", "-f", "text"]
    assert "\x1b[1mCurrent state\x1b[0m" in terminal.run(command, 80)
    assert "\x1b" not in terminal.run(command, 80, NO_COLOR="1")
    assert "\x1b" not in terminal.run([*command[:-1], "json"], 80)


def monitor_for(asmo_monitor, seconds, *args):
    asmo_monitor("--no-docker", "-n", config={"sample_seconds": seconds})
    return [str(asmo_monitor.path), "-c", str(asmo_monitor.config), "--no-docker", "-n", *args]


def test_a_run_that_takes_a_while_says_at_a_terminal_what_it_is_at(asmo_monitor):
    shown = terminal.run(monitor_for(asmo_monitor, 1.5), 80, messages=True)
    assert shown.startswith("asmo-monitor: measuring the CPU, 1 s\r\x1b[K")
    assert shown.endswith("\r\x1b[K") and "\n" not in shown  # nothing of it stays


@pytest.mark.parametrize("args, env", [(["-q"], {}), ([], {"TERM": "dumb"})])
def test_what_a_run_is_at_is_not_said_to_those_who_do_not_want_it(asmo_monitor, args, env):
    assert terminal.run(monitor_for(asmo_monitor, 1.5, *args), 80, messages=True, **env) == ""


def test_what_a_run_is_at_is_not_said_in_a_file(asmo_monitor):
    assert asmo_monitor("--no-docker", "-n", config={"sample_seconds": 1.5}).stderr == b""


def test_a_message_is_not_mixed_with_what_the_run_is_at(asmo_monitor):
    shown = terminal.run(monitor_for(asmo_monitor, 1.5, "-v"), 80, messages=True)
    lines = shown.split("\n")
    assert len(lines) > 1 and all(line.split("\r\x1b[K")[-1].startswith("asmo-monitor: ") for line in lines[:-1])
    assert lines[-1].split("\r\x1b[K")[-1] == ""


def test_a_wide_terminal_tells_times_in_words(at_terminal):
    assert re.search(r"between \d\d:\d\d and \d\d:\d\d", at_terminal(bad, 120))
    assert re.search(r"\d\d:\d\d-\d\d:\d\d", at_terminal(bad, 80))
