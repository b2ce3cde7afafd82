"""The report as a picture. What its lines and bars say is read from its pixels; letters are not."""

import os
import re
import subprocess
from pathlib import Path

import pytest

import days
import history
import pictures
import test_report
import webhook
from days import full_soon
from history import END, container, day, disk, snapshot, stopped
from picture import Picture
from webhook import Webhook

CHECKOUT = Path(__file__).resolve().parents[2]
WIDTH = 1000
CPU, RAM, GAP, CRITICAL, WARNING, DISK, UP = 0x7ab2ee, 0xc79bf2, 0x2b3440, 0xff6b62, 0xf2bd57, 0x7c8da1, 0x3f8a5e
OK = 0x5fc98a
# Of the day of one server: where the CPU's line is drawn, below the header.
PLOT_X, PLOT_WIDTH, PLOT_Y, PLOT_HEIGHT = 30, 538, 46, 76
DAYS = {**test_report.DAYS, "hostile": test_report.hostile, "full soon": full_soon}
UNAVAILABLE = "format png: this build has no cairo: install libcairo2-dev and build again"


PICTURES = test_report.GOLDEN / "pictures"
# Of 255, on average in a square: the golden's fewer colours make 1.2, a Q for an O makes 4.7. Another cairo may put letters
# elsewhere by a part of a pixel.
GOLDEN_CAIRO, DIFFERENT, DIFFERENT_ELSEWHERE = b"1.16.", 4, 64


@pytest.mark.once
@pytest.mark.parametrize("name", days.SHOWN)
def test_a_day_is_the_picture_that_it_was(asmo_report, tmp_path, name):
    """`make pictures` draws the goldens anew."""
    files = days.write(tmp_path, days.SHOWN[name])
    picture = Picture(asmo_report("--until", END, "-f", "png", *files, env={"TZ": "UTC"}).stdout)
    golden = Picture((PICTURES / (name + "-png.png")).read_bytes())
    assert (picture.width, picture.height) == (golden.width, golden.height)
    cairo = subprocess.run(["pkg-config", "--modversion", "cairo"], stdout=subprocess.PIPE, check=True).stdout
    different, where = picture.difference(golden)
    assert different < (DIFFERENT if cairo.startswith(GOLDEN_CAIRO) else DIFFERENT_ELSEWHERE), where


@pytest.mark.once
def test_the_readme_shows_each_face_of_each_day():
    shown = set(re.findall(r"tests/golden/pictures/([\w-]+\.png)", (CHECKOUT / "README.md").read_text()))
    wanted = {"%s-%s.png" % (day_name, face) for day_name in days.SHOWN for face in pictures.FACES} | {"bad-phone.png"}
    assert shown == wanted == {path.name for path in PICTURES.iterdir()}
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 1_500_000


def draw(asmo_report, snapshots, *args, **keywords):
    outcome = test_report.report(asmo_report, snapshots, "-f", "png", *args, **keywords)
    assert outcome.stderr == b"" and len(outcome.stdout) < 200_000
    return Picture(outcome.stdout)


def header_height(picture):
    """Its edge has the severity's colour."""
    edge = picture.column(2)
    return next(y for y, color in enumerate(edge) if color != edge[0])


def tops(picture, color, steps):
    """How high the line is in the middle of each step, in percent of the plot; None where there is none."""
    top, values = header_height(picture) + PLOT_Y, []
    for step in range(steps):
        x = PLOT_X + int((step + 0.5) * PLOT_WIDTH / steps)
        found = [y for y in range(top - 2, top + PLOT_HEIGHT + 2) if picture.at(x, y) == color]
        values.append(100 * (1 - (sum(found) / len(found) + 0.5 - top) / PLOT_HEIGHT) if found else None)
    return values


@pytest.mark.parametrize("name", DAYS)
def test_every_day_is_a_picture(asmo_report, name):
    picture = draw(asmo_report, day(DAYS[name]))
    assert picture.width == WIDTH and 400 <= picture.height <= 750
    assert len(picture.colors()) > 20


def test_the_edge_has_the_colour_of_the_severity(asmo_report):
    colors = {name: draw(asmo_report, day(DAYS[name])).at(2, 2) for name in ("bad", "gaps", "quiet")}
    assert colors == {"bad": CRITICAL, "gaps": WARNING, "quiet": OK}


@pytest.mark.parametrize("name", ["bad", "gaps", "full soon"])
def test_the_line_is_where_the_cpu_was(asmo_report, name):
    snapshots = day(DAYS[name])
    values = test_report.digest_of(asmo_report, snapshots)["window"]["cpu_percent"]
    drawn = tops(draw(asmo_report, snapshots), CPU, len(values))
    assert any(value is not None for value in values)
    for value, seen in zip(values, drawn):
        assert (value is None) == (seen is None), (values, drawn)
        assert value is None or abs(value - seen) < 3, (values, drawn)


def test_what_was_not_measured_is_grey_from_top_to_bottom(asmo_report):
    snapshots = day(DAYS["gaps"])
    values = test_report.digest_of(asmo_report, snapshots)["window"]["cpu_percent"]
    picture = draw(asmo_report, snapshots)
    middle = header_height(picture) + PLOT_Y + 10
    for step, value in enumerate(values):
        x = PLOT_X + int((step + 0.5) * PLOT_WIDTH / len(values))
        assert (picture.at(x, middle) == GAP) == (value is None)


def runs(row, color):
    """How long each run of that colour is."""
    lengths, before = [], None
    for seen in row:
        if seen == color and before == color:
            lengths[-1] += 1
        elif seen == color:
            lengths.append(1)
        before = seen
    return lengths


def test_a_disk_is_as_full_as_its_bar_and_as_bad_as_its_colour(asmo_report):
    disks = [disk("/", 92, 100), disk("/a", 85, 100), disk("/b", 25, 100), disk("/c", 10, 100)]
    picture = draw(asmo_report, [snapshot(END - 60, disks=disks)])
    bars = [max((n for color in (CRITICAL, WARNING, DISK) for n in runs(picture.row(y)[640:], color)), default=0)
            for y in range(picture.height)]
    found = [length for i, length in enumerate(bars) if length > 30 and bars[i - 1] != length]
    assert [round(100 * length / 320) for length in found] == [92, 85, 25]


def test_the_bars_say_what_each_container_did_and_the_worst_are_shown(asmo_report):
    def many(hour, epoch):
        down = stopped("zz-last", 1, finished_at="2026-01-10T22:00:00Z")
        return snapshot(epoch, [container("a%02d" % i) for i in range(29)] + [down if hour >= 12 else container("zz-last")])
    picture = draw(asmo_report, day(many))
    rows = [picture.row(y)[:500] for y in range(picture.height - 250, picture.height)]
    down = [len(runs(row, CRITICAL)) for row in rows]
    assert max(down) == 12, down
    assert max(len(runs(picture.row(y), UP)) for y in range(picture.height - 100, picture.height)) == 2 * 24


def test_of_several_servers_the_worst_are_shown_first(asmo_report, tmp_path):
    files = test_report.servers(tmp_path, {"a": DAYS["quiet"], "b": DAYS["bad"], "c": DAYS["gaps"]})
    outcome = asmo_report("--until", END, "-f", "png", *files)
    picture = Picture(outcome.stdout)
    edges = [color for color in picture.column(20) if color in (CRITICAL, WARNING, OK)]
    assert edges == sorted(edges, key=[CRITICAL, WARNING, OK].index) and set(edges) == {CRITICAL, WARNING, OK}
    ten = Picture(asmo_report("--until", END, "-f", "png", *(files * 4)[:10]).stdout)
    assert ten.width == WIDTH and picture.height < ten.height < 1000


def test_nothing_at_all_is_a_picture_as_well(asmo_report):
    outcome = asmo_report("-q", "-f", "png")
    assert outcome.code == 0 and Picture(outcome.stdout).at(2, 2) == CRITICAL
    draw(asmo_report, [snapshot(END - 60, cpu_percent=None, ram_percent=None, disks=[disk("/x", 1, 2, problem="gone")])])
    draw(asmo_report, [snapshot(END - 60, [container(name) for name in ("", "x" * 9999, "\ud7ff\u0301" * 500, "\u202e\x1b[31m\n")],
                                cpu_percent=1e300, ram_percent=-5, disks=[disk("/" + "y" * 5000, 1e300, 1e300)])])


def test_a_state_of_hours_ago_is_not_shown_as_the_present_one(asmo_report):
    def brightest(what):
        """Of where the present CPU use is said."""
        picture = draw(asmo_report, day(what))
        top = header_height(picture)
        return max(picture.at(x, y) & 0xff for x in range(75, 135) for y in range(top + 12, top + 42))
    assert brightest(days.quiet) > 0xc0 > 0x50 > brightest(days.silent)


def test_letters_of_latin_lose_their_marks(asmo_report):
    def drawn(name):
        return test_report.report(asmo_report, [snapshot(END - 60, [container(name)], server=name)], "-f", "png").stdout
    for name, simple in {"S\u00e4ntis": "Santis", "caf\u00e9": "cafe", "cafe\u0301": "cafe", "\u0141\u00f3d\u017a": "Lodz", "\u00c0\u017f": "As",
                         "a\u2013b\u2019": "a-b'"}.items():
        assert drawn(name) == drawn(simple), name
    assert len({drawn(name) for name in ("e", "\u0435", "\u4e2d", "")}) >= 3  # what is not known is not left out


def test_a_long_window_is_a_picture(asmo_report):
    draw(asmo_report, day(DAYS["bad"]), "--hours", "87600")


def test_what_is_written_is_the_picture_and_nothing_else(asmo_report, tmp_path):
    history.write(asmo_report.history, day(DAYS["bad"]))
    printed = asmo_report("--until", END, "-f", "png").stdout
    assert asmo_report("--until", END, "-f", "png", "-o", tmp_path / "report.png").stdout == b""
    assert printed == (tmp_path / "report.png").read_bytes() and printed.endswith(b"IEND\xaeB`\x82")


def test_no_terminal_gets_it(asmo_report):
    outcome = terminal_says(asmo_report)
    assert outcome.returncode == 2
    assert b"format png is nothing for a terminal: use -o FILE" in outcome.stderr


def terminal_says(asmo_report):
    history.write(asmo_report.history, day(DAYS["quiet"]))
    assert asmo_report("--until", END, "-f", "png", "-o", os.devnull).code == 0  # writes the config, too
    master, slave = os.openpty()
    try:
        done = subprocess.run([asmo_report.path, "-c", asmo_report.config, "-f", "png"], stdin=subprocess.DEVNULL, stdout=slave,
                              stderr=subprocess.PIPE, timeout=60, check=False)
        os.set_blocking(master, False)
        with pytest.raises(BlockingIOError):
            os.read(master, 1)
    finally:
        os.close(master)
        os.close(slave)
    return done


def test_neither_fonts_nor_their_caches_are_needed_or_made(asmo_report, tmp_path):
    """fontconfig would write a cache, and complain when it can't."""
    history.write(asmo_report.history, day(DAYS["bad"]))
    home = tmp_path / "home"
    home.mkdir()
    usual = asmo_report("--until", END, "-f", "png")
    without = asmo_report("--until", END, "-f", "png", env={"FONTCONFIG_FILE": "/nowhere", "HOME": str(home)})
    assert without.stdout == usual.stdout and without.stderr == b"" and list(home.iterdir()) == []


@pytest.fixture(scope="session")
def without_cairo(tmp_path_factory):
    """The program of a build on a machine without cairo."""
    build = tmp_path_factory.mktemp("build")
    subprocess.run(["make", "-s", "-j2", "CAIRO=", "BUILD=%s" % build, "CFLAGS.release=-O0 -fPIE", "%s/asmo-report" % build],
                   cwd=CHECKOUT, check=True, timeout=300)
    return build / "asmo-report"


@pytest.mark.not_under_valgrind("it is another program")
def test_a_build_without_cairo_works_and_says_so(asmo_report, without_cairo):
    asmo_report.path = without_cairo
    assert b"cairo" not in subprocess.run(["ldd", without_cairo], stdout=subprocess.PIPE, check=True).stdout
    history.write(asmo_report.history, day(DAYS["quiet"]))
    outcome = asmo_report("-f", "png")
    assert (outcome.code, outcome.stdout) == (2, b"") and UNAVAILABLE in outcome.stderr.decode(), outcome
    for form in ("discord", "text", "html"):
        assert asmo_report("--until", END, "-f", form).code == 0
    with Webhook() as hook:
        hook.will(webhook.as_discord)
        sent = asmo_report("--send", "--until", END, config={"discord": {"webhook_url": hook.url("/api/webhooks/1/x")}})
    assert sent.code == 0 and [request.json for request in hook.requests] == [sent.json] and not hook.requests[0].files


@pytest.mark.not_under_valgrind("it reads the programs themselves")
def test_the_monitor_has_nothing_of_cairo(asmo_monitor, asmo_report):
    monitor, report = (program.path.read_bytes() for program in (asmo_monitor, asmo_report))
    assert b"cairo_create" in report and b"cairo_create" not in monitor


def test_a_sentence_that_is_too_long_ends_with_a_word(asmo_report):
    def broken(letter):
        docker = {"available": False, "engine": None, "version": None, "error": "a" * 20 + " " + letter * 60}
        return draw(asmo_report, day(lambda h, e: days.quiet(h, e) if h < 20 else history.snapshot(e, docker=docker)))
    pictures_ = [broken(letter) for letter in "bn"]
    assert [pictures_[0].at(x, y) for y in range(60, 100) for x in range(1000)] == [
        pictures_[1].at(x, y) for y in range(60, 100) for x in range(1000)]
