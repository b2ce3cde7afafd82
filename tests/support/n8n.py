"""A real n8n, with a folder of its own, driven by its command line. tests/n8n/run has installed it.

    n8n = N8n("2.40.7", folder, {"NAME": "value"})  # what stands in its environment
    n8n.import_credential("ssh", "sshPrivateKey", {"host": ...})
    n8n.import_workflows([workflow, ...])       # as a file has them
    run = n8n.execute(workflow["id"])           # what was executed: name of a node -> n8n's notes of it
"""

import contextlib
import json
import os
import subprocess
from pathlib import Path

from sshd import free_port

INSTALLED = Path(__file__).resolve().parents[2] / "build" / "n8n"
SECONDS = 300  # a command that takes longer hangs

# Nobody is told of anything, and nothing outside is asked for.
QUIET = {
    "N8N_DIAGNOSTICS_ENABLED": "false", "N8N_VERSION_NOTIFICATIONS_ENABLED": "false", "N8N_TEMPLATES_ENABLED": "false",
    "N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED": "false", "N8N_DYNAMIC_BANNERS_ENABLED": "false",
    "N8N_PERSONALIZATION_ENABLED": "false", "N8N_HIRING_BANNER_ENABLED": "false", "N8N_COMMUNITY_PACKAGES_ENABLED": "false",
    "N8N_LICENSE_AUTO_RENEW_ENABLED": "false",
}


class N8n:
    def __init__(self, version, folder, environment):
        self.folder, self._version = folder, version
        modules = INSTALLED / version / "node_modules"
        self._command = [str(modules / "asmo-node" / "bin" / "node"), str(modules / "n8n" / "bin" / "n8n")]
        self.environment = {
            **environment, **QUIET, "PATH": "%s:%s" % (modules / "asmo-node" / "bin", os.environ["PATH"]), "HOME": str(folder), "LANG": "C.UTF-8",
            "N8N_USER_FOLDER": str(folder), "N8N_LISTEN_ADDRESS": "127.0.0.1", "N8N_PORT": str(free_port()),
            "N8N_RUNNERS_BROKER_LISTEN_ADDRESS": "127.0.0.1", "N8N_RUNNERS_BROKER_PORT": str(free_port()),
            "NODE_COMPILE_CACHE": str(INSTALLED / "compiled"),  # it starts a little faster
            "NODES_EXCLUDE": "[]",  # n8n 2 leaves out Execute Command by default
        }

    def run(self, *arguments):
        done = subprocess.run([*self._command, *arguments], env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        text = done.stdout.decode(errors="replace")
        if done.returncode:
            raise Failed("n8n %s: exit %d\n%s" % (" ".join(arguments), done.returncode, text))
        return text

    def import_credential(self, name, kind, data):
        path = self.folder / "credential.json"
        path.write_text(json.dumps([{"id": name, "name": name, "type": kind, "data": data}]))
        self.run("import:credentials", "--input=%s" % path)
        path.unlink()

    def import_workflows(self, workflows):
        folder = self.folder / "workflows"
        folder.mkdir(exist_ok=True)
        for workflow in workflows:
            (folder / (workflow["id"] + ".json")).write_text(json.dumps(workflow))
        self.run("import:workflow", "--separate", "--input=%s" % folder)

    def execute(self, workflow):
        """What each node did: name -> [run, ...]. Failed when the workflow as a whole failed."""
        text = self.run("execute", "--id=%s" % workflow, "--rawOutput")
        return json.loads(text[text.index("\n{\n") if not text.startswith("{") else 0:])["data"]["resultData"]["runData"]

    def activate(self, workflow):
        """Its schedule counts from the next start on."""
        if self._version.startswith("1."):
            self.run("update:workflow", "--id=%s" % workflow, "--active=true")
        else:
            self.run("publish:workflow", "--id=%s" % workflow)

    @contextlib.contextmanager
    def started(self):
        """While it runs as a service, with the workflows that are active."""
        with open(self.folder / "service.log", "ab") as log:
            process = subprocess.Popen([*self._command, "start"], env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Failed(Exception):
    pass
