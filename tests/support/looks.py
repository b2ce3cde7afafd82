"""What others make of a face of a report, as pages for a browser: Discord of a webhook's message, a terminal of coloured
text, GitHub of Markdown. Close to them in layout, colours and sizes; their fonts and emoji are others."""

import html
import re
import subprocess
import time

import gfm

_PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>%s</title><style>%s</style><body>%s</body></html>
"""

# Discord's dark theme: an embed is at most 520 px wide, its inline fields share rows of three.
_DISCORD_STYLE = """
body { margin: 0; padding: 16px; width: 592px; background: #313338; color: #dbdee1; font: 16px/22px "Open Sans", sans-serif; }
.author { display: grid; grid-template-columns: 40px 1fr; gap: 0 16px; }
.avatar { grid-row: 1 / 3; width: 40px; height: 40px; border-radius: 50%; background: #5865f2; color: #fff; text-align: center; line-height: 40px; }
.name { color: #f2f3f5; font-weight: 600; } .name i { font: 600 10px/15px "Open Sans", sans-serif; background: #5865f2; color: #fff;
  border-radius: 3px; padding: 0 5px; margin: 0 6px; vertical-align: 2px; } .name small { color: #949ba4; font-weight: 400; font-size: 12px; }
.embed { box-sizing: border-box; max-width: 520px; margin: 4px 0; padding: 2px 16px 16px 12px; border-radius: 4px; border-left: 4px solid;
  background: #2b2d31; font-size: 14px; line-height: 18px; overflow-wrap: anywhere; white-space: pre-line; }
.embed > * { margin-top: 8px; } .title { color: #f2f3f5; font-size: 16px; line-height: 22px; font-weight: 600; }
.fields { display: grid; grid-template-columns: repeat(12, 1fr); gap: 8px; } .fields b.field { display: block; color: #f2f3f5; font-weight: 600; margin-bottom: 2px; }
b { font-weight: 700; } code { font: 85%/18px "DejaVu Sans Mono", monospace; background: #1e1f22; border-radius: 3px; padding: 1px 3px; white-space: pre-wrap; }
pre { margin: 6px 0 0; } pre code { display: block; font-size: 12px; line-height: 16px; padding: 7px; border: 1px solid #1a1b1e; }
time { background: #3f4147; border-radius: 3px; padding: 0 2px; } .embed img { display: block; max-width: 100%; border-radius: 4px; margin-top: 16px; }
.footer { font-size: 12px; line-height: 16px; }
"""

_TIMES = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%d/%m/%Y", "D": "%d %B %Y", "f": "%d %B %Y %H:%M", "F": "%A, %d %B %Y %H:%M"}
_MARKDOWN = re.compile(r"```(?:\w+\n|\n)?(?P<block>[\s\S]+?)\n?```|`(?P<code>[^`]+)`|<t:(?P<epoch>-?\d+)(?::(?P<form>[tTdDfFR]))?>"
                       r"|\*\*(?P<bold>[\s\S]+?)\*\*|\\(?P<sign>[^0-9A-Za-z\s])|(?P<text>[\s\S])")


def _ago(seconds):
    for unit, size in ("day", 86400), ("hour", 3600), ("minute", 60):
        count = round(abs(seconds) / size)
        if count:
            words = "%d %s%s" % (count, unit, "s" if count > 1 else "")
            return "in " + words if seconds > 0 else words + " ago"
    return "now"


def discord_markdown(text, now):
    """Of Discord's Markdown that which reports use. A reader in UTC, at `now`."""
    parts = []
    for match in _MARKDOWN.finditer(text):
        kind, found = match.lastgroup, match.group(match.lastgroup)
        if kind in ("epoch", "form"):
            epoch, form = int(match.group("epoch")), match.group("form") or "f"
            parts.append("<time>%s</time>" % (_ago(epoch - now) if form == "R" else time.strftime(_TIMES[form], time.gmtime(epoch))))
        elif kind == "block":
            parts.append("<pre><code>%s</code></pre>" % html.escape(found))
        elif kind == "code":
            parts.append("<code>%s</code>" % html.escape(found))
        elif kind == "bold":
            parts.append("<b>%s</b>" % discord_markdown(found, now))
        else:
            parts.append(html.escape(found))
    return "".join(parts)


def _field_columns(fields):
    """(first, behind the last) of the twelve columns, for each field."""
    columns, row = [], []
    for i, field in enumerate(fields):
        row.append(i)
        last = i + 1 == len(fields) or not fields[i + 1].get("inline")
        if not field.get("inline") or last or len(row) == 3:
            width = 12 // len(row)
            columns += [(1 + width * j, 1 + width * (j + 1)) for j in range(len(row))]
            row = []
    return columns


def _embed(embed, now):
    parts = ['<div class="title">%s</div>' % discord_markdown(embed["title"], now)]
    if "description" in embed:
        parts.append("<div>%s</div>" % discord_markdown(embed["description"], now))
    fields = embed.get("fields", [])
    parts.append('<div class="fields">' + "".join(
        '<div style="grid-column: %d / %d"><b class="field">%s</b>%s</div>'
        % (*columns, discord_markdown(field["name"], now), discord_markdown(field["value"], now))
        for field, columns in zip(fields, _field_columns(fields))) + "</div>")
    if "image" in embed:
        parts.append('<img src="%s">' % html.escape(embed["image"]["url"]))
    footer = [embed["footer"]["text"]] if "footer" in embed else []
    footer += ["Today at " + embed["timestamp"][11:16]] if "timestamp" in embed else []
    parts.append('<div class="footer">%s</div>' % html.escape(" \u2022 ".join(footer)))
    return '<div class="embed" style="border-color: #%06x">%s</div>' % (embed.get("color", 0x1e1f22), "".join(parts))


def discord(message, now):
    """The page of a webhook's message, read at the epoch `now` by somebody in UTC."""
    name = html.escape(message.get("username", "webhook"))
    body = '<div class="author"><div class="avatar">%s</div><div class="name">%s<i>APP</i><small>Today at %s</small></div><div>%s</div></div>' % (
        name[:1], name, time.strftime("%H:%M", time.gmtime(now)), "".join(_embed(embed, now) for embed in message["embeds"]))
    return _PAGE % ("Discord", _DISCORD_STYLE, body)


_TERMINAL_STYLE = """
body { margin: 0; padding: 12px 14px; width: max-content; background: #16181d; color: #d0d4da; }
pre { margin: 0; font: 14px/18px "DejaVu Sans Mono", monospace; } b { font-weight: 700; color: #fff; }
"""
_ANSI = {"1": "font-weight:700;color:#fff", "2": "color:#8b919b", "1;31": "font-weight:700;color:#ff6b62", "31": "color:#ff6b62",
         "33": "color:#e5b454", "32": "color:#63c78b", "36": "color:#58b9d3"}


def terminal(text):
    """The page of a text with ANSI colours; one that is not in the table is an error."""
    parts, is_open = [], False
    for i, piece in enumerate(re.split(r"\x1b\[([0-9;]*)m", text)):
        if i % 2 == 0:
            parts.append(html.escape(piece))
            continue
        parts.append("</span>" if is_open else "")
        is_open = piece not in ("", "0")
        parts.append('<span style="%s">' % _ANSI[piece] if is_open else "")
    return _PAGE % ("terminal", _TERMINAL_STYLE, "<pre>%s</pre>" % "".join(parts))


_GITHUB_STYLE = """
body { box-sizing: border-box; margin: 0; padding: 24px 32px; width: 880px; background: #fff; color: #1f2328; font: 16px/24px "Open Sans", sans-serif; }
h1, h2 { font-weight: 600; line-height: 1.25; margin: 24px 0 16px; padding-bottom: .3em; border-bottom: 1px solid #d1d9e0b3; }
h1 { font-size: 2em; margin-top: 0; } h2 { font-size: 1.5em; } p, ul, table { margin: 0 0 16px; } ul { padding-left: 2em; } li + li { margin-top: .25em; }
table { border-collapse: collapse; display: block; width: max-content; max-width: 100%; overflow: auto; } th { font-weight: 600; }
th, td { padding: 6px 13px; border: 1px solid #d1d9e0; } tr:nth-child(2n) { background: #f6f8fa; } thead tr { background: #fff !important; }
"""


def github(text):
    """The page of a Markdown text."""
    body = subprocess.run(["cmark-gfm", *gfm.EXTENSIONS], input=text.encode(), stdout=subprocess.PIPE, timeout=20, check=True).stdout.decode()
    return _PAGE % ("GitHub", _GITHUB_STYLE, body)
