#!/bin/bash
# The guest's first process: udev as on a host, then whatever is asked over a port of QEMU's, one command after the other.
export PATH=/usr/local/bin:/usr/sbin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
ln -s /proc/self/fd /dev/fd
mount -t tmpfs tmpfs /run
modprobe -a virtio_pci virtio_console xfs
/usr/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add
udevadm settle

# Outlives the guest, as does what the AWS command line asks for.
ln -s /dev/virtio-ports/mkfs /run/mkfs.log

exec 3<>/dev/virtio-ports/commands
echo ready >&3
while read -r command <&3; do
  base64 -d <<<"$command" >/run/command
  code=0
  bash /run/command </dev/null >/run/output 2>&1 3>&- || code=$?
  echo "$code $(base64 --wrap=0 /run/output)" >&3
done
