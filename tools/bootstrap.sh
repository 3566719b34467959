#!/bin/sh
# Installs the npm packages that the lock file names, when they are not there yet. Everything else is done in TypeScript after this.
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "coinfleet: $1" >&2
  exit 1
}

command -v node >/dev/null || fail "Node is not installed. Install Node 20 or newer with npm; nothing has been changed."
command -v npm >/dev/null || fail "npm is not installed. Install Node 20 or newer with npm; nothing has been changed."
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || fail "Node $(node --version) is too old: 20 or newer is needed. Nothing has been changed."

# npm writes node_modules/.package-lock.json last, so that an install that was cut off is done again.
if [ ! -f node_modules/.package-lock.json ] || [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
  echo "Installing npm packages (about 1 min) …" >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
fi
