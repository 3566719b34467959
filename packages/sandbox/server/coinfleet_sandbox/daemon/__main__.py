"""Starts the server in its namespaces. Called by init, with the sandbox's folder and what the launcher found."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path

from coinfleet_sandbox.daemon.server import Server
from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.images.builder import BaseImages
from coinfleet_sandbox.launcher.layout import Layout
from coinfleet_sandbox.progress import Progress


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--outside-fd", type=int, required=True)
    parser.add_argument("--started", type=float, required=True)
    options = parser.parse_args()
    layout = Layout(options.name, options.dir)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", filename=layout.log / "server.log", force=True
    )
    progress = Progress(layout.progress.open("a"), options.started)
    server = Server(layout, BaseImages(options.images.name.removeprefix("images-"), options.images), options.outside_fd, progress)
    signal.signal(signal.SIGTERM, lambda *_: server.request_stop())
    try:
        server.serve()
    except SandboxError as error:
        progress.say(f"error: {error}")
        return 1
    except Exception as error:
        logging.exception("the server failed")
        progress.say(f"error: {type(error).__name__}: {error} (details in {layout.log / 'server.log'})")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
