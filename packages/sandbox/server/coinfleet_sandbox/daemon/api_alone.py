"""The AWS API without machines behind it: `python -m coinfleet_sandbox.daemon.api_alone STATE_DIR`. Ends when its standard input does."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

from coinfleet_sandbox.api import ApiOptions, build_app
from coinfleet_sandbox.daemon.web import WebServer
from coinfleet_sandbox.hypervisor.paper import PaperHypervisor
from coinfleet_sandbox.interface import SourceImage

SOURCE = SourceImage("debian-12-amd64-sandbox", "136693071363", "sandbox/debian-12:1", "Debian 12")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    quick = {"snapshot_sec": 0.5, "scan_sec": 0.5, "modification_sec": 0.5, "checkpoint_sec": 0.0}
    options = ApiOptions(state_dir=Path(sys.argv[1]), endpoint=endpoint, source_images=[SOURCE], **quick)
    api = build_app(PaperHypervisor(), options)
    server = WebServer(("127.0.0.1", port), api)
    server.start()
    print(json.dumps({"endpoint": endpoint, "region": options.region, "account": options.account_id}), flush=True)
    sys.stdin.read()
    server.stop()
    api.close()


if __name__ == "__main__":
    main()
