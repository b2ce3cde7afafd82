"""What a shell offers for a command line that somebody has begun: bash, zsh and fish as they are, with what is installed
below a PREFIX of the test's own.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

SECONDS = 120  # nothing is waited for longer than that
# Both list at a tab and complete nothing. The prompt says that the shell listens; it is torn apart in the set-up, which
# the terminal shows as well.
BASH = (["bash", "--norc", "--noprofile", "-i"], r"""
. /usr/share/bash-completion/bash_completion
bind 'set enable-bracketed-paste off'; bind 'set completion-query-items 0'; bind 'set page-completions off'
bind '"\t": possible-completions'
PS1='rea''dy:'
""")
ZSH = (["zsh", "-f", "-i"], r"""
unset zle_bracketed_paste; unsetopt PROMPT_SP ALWAYS_LAST_PROMPT; LISTMAX=1000
fpath=($SHARE/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D; bindkey '^I' list-choices
PS1='rea''dy:'
""")


@contextlib.contextmanager
def listing(shell, share, folder):
    """A function from a line to the list that `shell` (BASH or ZSH) shows at a tab behind it."""
    command, setup = shell
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 150, 0, 0))
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=folder,
                               env=environment(share, folder))
    os.close(slave)

    def read_until(pattern):
        text, end = b"", time.monotonic() + SECONDS
        while not re.search(pattern, text, re.DOTALL):
            if not select.select([master], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("%s is silent after %r" % (command[0], text))
            text += os.read(master, 65536)
        return text.decode(errors="replace")

    def ask(line):
        # ^U empties the line again.
        os.write(master, line.encode() + b"\t\x15echo en''d:\n")
        shown = read_until(b"end:.*ready:").replace("\r", "")
        return shown.split("\n", 1)[1].split("ready:")[0]

    try:
        os.write(master, setup.replace("\n", " \n").encode())
        read_until(b"ready:")
        yield ask
    finally:
        os.close(master)  # which hangs up
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def fish(line, share, folder):
    """{what fish offers: its description}"""
    done = subprocess.run(["fish", "-c", "complete -C \"$LINE\""], cwd=folder, check=True,
                          env={**environment(share, folder), "LINE": line}, stdout=subprocess.PIPE, timeout=SECONDS)
    return dict((line + "\t").split("\t")[:2] for line in done.stdout.decode().splitlines())


def options_of(text):
    """The options in such a list, with or without descriptions."""
    return set(re.findall(r"(?<![\w-])(--?[A-Za-z][\w-]*)", text))


def environment(share, folder):
    # fish completes programs that are there alone.
    path = "%s:%s" % (share.parent / "bin", os.environ["PATH"])
    return {"PATH": path, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder), "TERM": "dumb", "SHARE": str(share), "LANG": "C.UTF-8",
            "XDG_DATA_DIRS": "%s:/usr/share" % share, "INPUTRC": "/dev/null"}
