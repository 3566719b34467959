"""First process of the sandbox's process namespace: starts the server, buries orphans, and ends with the server.

When this process ends, the kernel ends everything else in the namespace. So nothing of a sandbox can outlive it.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> int:
    # Run as a file, not as a package, so that it stays as small as a process of Python can be.
    server = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-m", "coinfleet_sandbox.daemon", *sys.argv[1:]])
    signal.signal(signal.SIGTERM, lambda *_: os.kill(server, signal.SIGTERM))
    while True:
        pid, status = os.wait()
        if pid == server:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
