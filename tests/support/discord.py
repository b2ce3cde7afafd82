"""Discord's rules for a webhook message, as strict as Discord is about them.

Source: Discord's developer documentation: "Execute Webhook", "Embed Object", "Embed Limits", "Allowed Mentions".
Lengths are counted in code points, as Discord does.
"""

import re

LIMITS = {"title": 256, "description": 4096}
MESSAGE_KEYS = {"content", "username", "avatar_url", "embeds", "allowed_mentions", "flags", "attachments"}
EMBED_KEYS = {"title", "description", "url", "timestamp", "color", "footer", "image", "thumbnail", "author", "fields"}


def faults(message):
    """Everything for which Discord would answer 400, or do what nobody wants; [] if there is nothing."""
    found = ["unknown key %s" % key for key in set(message) - MESSAGE_KEYS]
    if message.get("allowed_mentions") != {"parse": []}:
        found.append("mentions are allowed")
    if not 1 <= len(message.get("username", "x")) <= 80:
        found.append("username of %d" % len(message["username"]))
    if len(message.get("content", "")) > 2000:
        found.append("content too long")
    embeds = message.get("embeds", [])
    if not embeds and not message.get("content"):
        found.append("an empty message")
    if len(embeds) > 10:
        found.append("%d embeds" % len(embeds))
    total = 0
    for embed in embeds:
        found += _embed_faults(embed)
        total += sum(len(text) for text in _counted(embed))
    if total > 6000:
        found.append("%d characters in all" % total)
    return found


def _counted(embed):
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
