"""Discord's rules for a webhook message, as strict as Discord is about them, and what its clients make of a text.

Source: Discord's developer documentation: "Execute Webhook", "Embed Object", "Embed Limits", "Allowed Mentions",
"Message Formatting", and its help page "Markdown Text 101". Lengths are counted in code points, as Discord does.
"""

import collections
import re

FILE_BYTES = 10 * 1024 * 1024
LIMITS = {"title": 256, "description": 4096}
MESSAGE_KEYS = {"content", "username", "avatar_url", "embeds", "allowed_mentions", "flags", "attachments"}
EMBED_KEYS = {"title", "description", "url", "timestamp", "color", "footer", "image", "thumbnail", "author", "fields"}


def faults(message):
    """Everything for which Discord would answer 400, or do what nobody wants; [] if there is nothing."""
    found = ["unknown key %s" % key for key in set(message) - MESSAGE_KEYS]
    if message.get("allowed_mentions") != {"parse": []}:
        found.append("mentions are allowed")
    if not 1 <= len(message.get("username", "x").strip()) <= 80:
        found.append("username of %d" % len(message["username"]))
    if len(message.get("content", "")) > 2000:
        found.append("content too long")
    embeds = message.get("embeds", [])
    if not embeds and not message.get("content"):
        found.append("an empty message")
    if len(embeds) > 10:
        found.append("%d embeds" % len(embeds))
    found += ["no text of Unicode: %r" % text for text in _texts(message) if re.search("[\ud800-\udfff]", text)]
    total = 0
    for embed in embeds:
        found += _embed_faults(embed)
        total += sum(len(text) for text in counted(embed))
    if total > 6000:
        found.append("%d characters in all" % total)
    return found


Part = collections.namedtuple("Part", "file_name type body")
_HEADERS = re.compile(rb'Content-Disposition: form-data; name="([^"\r\n]+)"(?:; filename="([^"\r\n]+)")?\r\nContent-Type: ([^\r\n]+)')


def parts(content_type, body):
    """The parts of multipart/form-data (RFC 7578) by name; {} of another type. ValueError: it is wrong."""
    match = re.fullmatch(r"multipart/form-data; boundary=([0-9A-Za-z'()+_,./:=?-]{1,70})", content_type)
    if not match:
        return {}
    first, *pieces = (b"\r\n" + body).split(b"\r\n--" + match.group(1).encode())
    if first or not pieces or pieces.pop() != b"--\r\n":
        raise ValueError("does not begin and end with its boundary")
    found = {}
    for piece in pieces:
        headers, separator, content = piece.partition(b"\r\n\r\n")
        told = _HEADERS.fullmatch(headers[2:])
        if headers[:2] != b"\r\n" or not separator or not told or told.group(1).decode() in found:
            raise ValueError("a part begins with %r" % headers)
        name, file_name, kind = (text and text.decode() for text in told.groups())
        found[name] = Part(file_name, kind, content)
    return found


def file_faults(message, files):
    """What is wrong with the files of a message: each is a picture that an embed shows, and none is missing."""
    found = ["unknown part %s" % name for name in files if name != "payload_json" and not re.fullmatch(r"files\[\d\]", name)]
    if files and (files.get("payload_json") or Part(1, 1, 1))[:2] != (None, "application/json"):
        found.append("no payload_json")
    pictures = {part.file_name: part for name, part in files.items() if name != "payload_json"}
    shown = [embed["image"]["url"] for embed in message.get("embeds", []) if "image" in embed]
    if sorted(shown) != sorted("attachment://%s" % name for name in pictures):
        found.append("shown are %s, there are %s" % (shown, list(pictures)))
    for name, part in pictures.items():
        if not re.fullmatch(r"[\w.-]+\.png", name or "") or part.type != "image/png" or len(part.body) > FILE_BYTES:
            found.append("file %s, %s, %d bytes" % (name, part.type, len(part.body)))
    return found


def _texts(value):
    """Every text in it, names of members as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


# What each of Discord's clients turns into something else, in the order in which it is tried at a place of the text. What
# stands in a group is text again.
AT_LINE_START = [
    ("heading", r"#{1,3} +\S"), ("subtext", r"-# +\S"), ("quote", r" *>(>>)? "), ("list", r" *(?:[-*+]|\d+\.) +\S"),
]
ANYWHERE = [
    ("code block", r"```[\s\S]+?```"), ("code block", r"```"),
    ("code", r"(?P<ticks>`+)[\s\S]*?[^`](?P=ticks)(?!`)"),
    ("user", r"<@!?\d+>"), ("role", r"<@&\d+>"), ("channel", r"<#\d+>"), ("command", r"</[^:>\n]+:\d+>"),
    ("navigation", r"<id:\w+>"), ("timestamp", r"<t:-?\d+(:[tTdDfFsSR])?>"), ("custom emoji", r"<a?:\w+:\d+>"),
    ("link", r"<[a-z][a-z+.-]*:[^ >\n]+>"), ("everyone", r"@(everyone|here)"),
    ("link", r"(?i:https?|steam|discord|mailto|tel|javascript|file|ftp)://[^\s<]+"),
    ("masked link", r"\[(?P<inner>[^\]\n]+)\]\([^)\n]+\)"),
    ("emoji", r":[A-Za-z0-9_+-]+:"),
    ("bold", r"\*\*(?P<inner>(?:\\[\s\S]|[^\\])+?)\*\*(?!\*)"), ("underline", r"__(?P<inner>(?:\\[\s\S]|[^\\])+?)__(?!_)"),
    ("italic", r"\*(?=\S)(?P<inner>(?:\\[\s\S]|[^\\*])+?)\*(?!\*)"),
    ("italic", r"_(?P<inner>(?:\\[\s\S]|[^\\_])+?)_(?![A-Za-z0-9_])"),
    ("strikethrough", r"~~(?P<inner>[\s\S]+?)~~"), ("spoiler", r"\|\|(?P<inner>[\s\S]+?)\|\|"),
]
_AT_LINE_START = [(kind, re.compile(pattern)) for kind, pattern in AT_LINE_START]
_ANYWHERE = [(kind, re.compile(pattern)) for kind, pattern in ANYWHERE]


def constructs(text):
    """What a client would make of it: a list of (kind, the whole of it). A backslash takes the next sign's meaning."""
    found, at = [], 0
    while at < len(text):
        rules = (_AT_LINE_START if at == 0 or text[at - 1] == "\n" else []) + _ANYWHERE
        if re.match(r"\\[^0-9A-Za-z\s]", text[at:at + 2]):
            at += 2
            continue
        kind, match = next(((kind, match) for kind, rule in rules for match in [rule.match(text, at)] if match), (None, None))
        if not match:
            at += 1
            continue
        found.append((kind, match.group()))
        if match.groupdict().get("inner"):
            found += constructs(match.group("inner"))
        at = match.end()
    return found


def counted(embed):
    """The texts that count towards the 6000."""
    yield embed.get("title", "").strip()
    yield embed.get("description", "").strip()
    yield embed.get("footer", {}).get("text", "").strip()
    yield embed.get("author", {}).get("name", "").strip()
    for field in embed.get("fields", []):
        yield field["name"].strip()
        yield field["value"].strip()


def _embed_faults(embed):
    found = ["unknown key %s in an embed" % key for key in set(embed) - EMBED_KEYS]
    for key, limit in LIMITS.items():
        if key in embed and not 1 <= len(embed[key].strip()) <= limit:
            found.append("%s of %d" % (key, len(embed[key])))
    if not (isinstance(embed.get("color", 0), int) and 0 <= embed.get("color", 0) <= 0xFFFFFF):
        found.append("color %r" % embed["color"])
    if len(embed.get("footer", {}).get("text", "")) > 2048:
        found.append("footer too long")
    if "timestamp" in embed and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", embed["timestamp"]):
        found.append("timestamp %r" % embed["timestamp"])
    fields = embed.get("fields", [])
    if len(fields) > 25:
        found.append("%d fields" % len(fields))
    for field in fields:
        if set(field) - {"name", "value", "inline"}:
            found.append("unknown key in a field: %r" % field)
        for key, limit in (("name", 256), ("value", 1024)):
            if not 1 <= len(field.get(key, "").strip()) <= limit:
                found.append("field %s: %s of %d" % (field.get("name"), key, len(field.get(key, ""))))
        if field.get("value", "").count("```") % 2:
            found.append("field %s: a code block without end" % field.get("name"))
    return found
