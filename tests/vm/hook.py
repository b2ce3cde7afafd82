"""A server in Discord's place: hook.py FILE. FILE says again and again what its URL is and which titles have come."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from webhook import Webhook, as_discord  # noqa: E402 (found by the line above)

file = Path(sys.argv[1])
with Webhook() as hook:
    hook.will(as_discord)
    while True:
        titles = [request.json["embeds"][0]["title"] for request in hook.requests]
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"url": hook.url("/api/webhooks/1/token"), "titles": titles}))
        new.rename(file)
        time.sleep(0.5)
