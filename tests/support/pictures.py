#!/usr/bin/env python3
"""Draws the pictures of the README anew: each face of each day in days.SHOWN, as those show it who get it.

    pictures.py PROGRAM FOLDER

PROGRAM is asmo-report. FOLDER gets DAY-FACE.png, and bad-phone.png and bad-dark.png, the page as a phone has it at night.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import browser
import days
import looks
import terminal
from history import END

FACES = ("discord", "text", "html", "markdown", "png")
COLUMNS = 80
WIDTHS = {"discord": 624, "text": 720, "html": 1152, "markdown": 880}
HEIGHT_MOST = 1500  # five servers are longer: their beginning says what is wrong
COLORS = "128"


class Report:
    def __init__(self, program, config, histories):
        self.command = [program, "-q", "-c", str(config), "--until", str(END)]
        self.histories = [str(history) for history in histories]

    def made(self, form):
        command = [*self.command, "-f", form, *self.histories]
        return subprocess.run(command, env={"TZ": "UTC"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60, check=True).stdout

    def at_terminal(self):
        return terminal.run([*self.command, "-f", "text", *self.histories], COLUMNS)

    def as_sent(self):
        """The message with its picture, as --send posts it."""
        message = json.loads(self.made("discord"))
        message["embeds"][0]["image"] = {"url": "data:image/png;base64," + base64.b64encode(self.made("png")).decode()}
        return message

    def page(self, face):
        if face == "discord":
            return looks.discord(self.as_sent(), END)
        if face == "text":
            return looks.terminal(self.at_terminal())
        if face == "markdown":
            return looks.github(self.made("markdown").decode())
        return self.made("html").decode()


def take(chromium, text, folder, **keywords):
    """The picture of a page."""
    path = folder / "page.html"
    path.write_text(text)
    page = chromium.open(path, height=100, **keywords)
    picture = page.picture(height_most=HEIGHT_MOST)
    page.close()
    return picture


def shrink(path):
    """Fewer colours, packed well. A picture with few of them may not get smaller: it is left as it is."""
    small = subprocess.run(["pngquant", "--quality=0-100", "--speed", "3", "--nofs", "--strip", COLORS, "-"], input=path.read_bytes(),
                           stdout=subprocess.PIPE, timeout=60, check=True).stdout
    if len(small) < path.stat().st_size:
        path.write_bytes(small)
    subprocess.run(["optipng", "-quiet", "-o2", "-strip", "all", str(path)], timeout=120, check=True)


def draw(program, folder):
    with tempfile.TemporaryDirectory(prefix="asmo-pictures-") as name, browser.start() as chromium:
        room = Path(name)
        config = room / "config.json"
        config.write_text("{}")
        os.chmod(config, 0o600)
        for day, servers in days.SHOWN.items():
            report = Report(program, config, days.write(room / day, servers))
            for face in FACES:
                path = folder / ("%s-%s.png" % (day, face))
                picture = report.made("png") if face == "png" else take(chromium, report.page(face), room, width=WIDTHS[face])
                path.write_bytes(picture)
                yield path
            if day == "bad":
                path = folder / "bad-phone.png"
                path.write_bytes(take(chromium, report.page("html"), room, width=390, dark=True))
                yield path


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    folder = Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    total = 0
    for path in draw(str(Path(sys.argv[1]).resolve()), folder):
        shrink(path)
        total += path.stat().st_size
        print("%7d  %s" % (path.stat().st_size, path))
    print("%7d  in all" % total)


if __name__ == "__main__":
    main()
