#!/bin/sh
# Installs the Debian packages that the checks and tests call by name, where they are missing. Says what it installs; needs root or sudo for it.
# What the sandbox needs, the sandbox installs itself.
set -eu

missing=
for package in "$@"; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || {
    echo "coinfleet: these Debian packages are missing, and neither root nor sudo is here to install them:$missing" >&2
    exit 1
  }
  as_root=sudo
fi
echo "Installing Debian packages:$missing" >&2
$as_root apt-get update -qq >&2
# shellcheck disable=SC2086 # a list of names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
