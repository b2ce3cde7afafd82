"""What readers of Markdown make of a text: GitHub's reference implementation (cmark-gfm) with all its extensions, what
GitHub finds in the finished text, and what means something to Slack, which knows no escapes but those of < and >."""

import html.parser
import re
import subprocess

EXTENSIONS = ["-e", "footnotes", "-e", "table", "-e", "strikethrough", "-e", "autolink", "-e", "tasklist"]
OWN_TAGS = {"h1", "h2", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td"}
# Found in the finished text, whatever was escaped: mentions, issues, emoji (all of whose names have a letter, but these).
FOUND_LATER = re.compile(r"@[\w-]|#\d|:([0-9_+-]*[A-Za-z][A-Za-z0-9_+-]*|[+-]1|100|1234):")


class _Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.texts, self.strong = [], set(), {}, []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_comment(self, data):
        self.tags.append("comment")

    handle_decl = unknown_decl = handle_pi = handle_comment

    def handle_data(self, data):
        if self.tags:
            self.texts.setdefault(len(self.tags) - 1, []).append(data)


def read(text):
    """(tag, what it says up to the next tag) of everything in it, in order."""
    rendered = subprocess.run(["cmark-gfm", "--unsafe", *EXTENSIONS], input=text.encode(), stdout=subprocess.PIPE,
                              timeout=20, check=True).stdout.decode()
    reader = _Reader()
    reader.feed(rendered)
    reader.close()
    return [(tag, "".join(reader.texts.get(i, [])).strip()) for i, tag in enumerate(reader.tags)], reader.attributes


def faults(text):
    """Everything in it that is not plain text in a heading, a list, a table or a paragraph of asmo's own."""
    parts, attributes = read(text)
    found = ["%s: %r" % part for part in parts if part[0] not in OWN_TAGS]
    found += ["an attribute %s" % name for name in attributes - {"align"}]
    found += ["strong: %r" % said for tag, said in parts if tag == "strong" and not re.match("(ok|warning|critical)", said)]
    found += ["found later: %r" % said for _, said in parts if FOUND_LATER.search(said)]
    found += ["for Slack: %r" % line for line in text.splitlines() if re.search("[<>]", line)]
    found += ["%s: %r" % part for part in parts if part[0] == "li" and not re.match("[\U0001f6a8\u26a0\u2139\u2705]|and |[A-Z]", part[1])]
    found += ["mathematics: %r" % line for line in text.splitlines() if re.search(r"(?<!\\)\$", line)]
    return found + ([] if parts and parts[0][0] == "h1" else ["it does not begin with a heading"])
