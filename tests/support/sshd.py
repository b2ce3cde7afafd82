"""A real sshd on loopback with keys of its own, for the user who runs the tests.

    with Sshd(folder, {"NAME": "value"}) as server:     # what stands in the environment of those who log in
        ... server.port, server.user, server.key (the private key that it lets in, as text) ...
        server.let_in('command="..." ')                 # options of the key, as in authorized_keys
        server.refuse()
        server.stop()                                   # nobody listens any more
        server.start()
"""

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

START_SECONDS = 60
PRIVILEGE_FOLDER = Path("/run/sshd")  # an sshd of root's does not start without it


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Sshd:
    def __init__(self, folder, environment):
        self.folder, self.user, self._environment = folder, getpass.getuser(), environment
        self.port = self._process = None
        for name in ("host", "client"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True, timeout=60)
        self.key = (folder / "client").read_text()
        self.let_in()

    def let_in(self, options=""):
        (self.folder / "authorized_keys").write_text(options + (self.folder / "client.pub").read_text())

    def refuse(self):
        (self.folder / "authorized_keys").write_text("")

    def __enter__(self):
        self._made = os.getuid() == 0 and not PRIVILEGE_FOLDER.exists()
        if self._made:
            PRIVILEGE_FOLDER.mkdir(mode=0o755)
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()
        if self._made:
            PRIVILEGE_FOLDER.rmdir()

    def start(self):
        """On the port it had before, if it ran before."""
        self.port = self.port or free_port()
        config = self.folder / "sshd_config"
        config.write_text("\n".join((
            "ListenAddress 127.0.0.1:%d" % self.port, "HostKey %s" % (self.folder / "host"), "PidFile none", "UsePAM no",
            "AuthorizedKeysFile %s" % (self.folder / "authorized_keys"), "StrictModes no", "PermitRootLogin yes",
            "PasswordAuthentication no", *("SetEnv %s=%s" % pair for pair in self._environment.items()), "")))
        with open(self.folder / "sshd.log", "ab") as log:
            self._process = subprocess.Popen([shutil.which("sshd", path="/usr/sbin:/sbin:" + os.environ["PATH"]), "-D", "-e", "-f",
                                              str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("sshd did not start: %s" % (self.folder / "sshd.log").read_text())
            time.sleep(0.05)

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def stop(self):
        if self._process:
            self._process.terminate()
            self._process.wait(60)
            self._process = None
