#!/bin/sh
# Usage: machine-image.sh ROOT. Turns the container base in ROOT into a plain Debian cloud image: what a distribution
# publishes for EC2, and nothing that a project would install itself. Runs in a mount and process namespace of its own.
set -eu
root=$1
mount -t proc proc "$root/proc"
cat /etc/resolv.conf >"$root/etc/resolv.conf"
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
in_root apt-get update -q
in_root apt-get install -q -y --no-install-recommends systemd systemd-sysv libpam-systemd dbus udev cloud-init openssh-server sudo \
  iproute2 iputils-ping netbase procps curl ca-certificates util-linux e2fsprogs python3 kmod less
in_root apt-get clean
rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/apt/apt.conf.d/container" "$root/etc/dpkg/dpkg.cfg.d/container" "$root/etc/resolv.conf"
rm -f "$root"/etc/ssh/ssh_host_*
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/var/lib/cloud/*
: >"$root/etc/machine-id"
umount "$root/proc"
