#!/bin/sh
# Usage: guest-image.sh DIR. Makes DIR/vmlinuz, Debian's cloud kernel, and DIR/initrd, a root file system in memory with what the host's scripts call.
# Packages come from this machine's own sources, and nothing else of it goes in.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
made=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/archives/partial" "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64" "$root/usr/local/bin"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done

apt-get update -qq >&2
# As if nothing were installed here: the packages come with all that they need.
: >"$work/status"
apt-get install -qq --yes --download-only --no-install-recommends -o Dir::State::status="$work/status" -o Dir::Cache::archives="$work/archives" \
  -o APT::Sandbox::User=root -o Debug::NoLocking=true \
  bash coreutils diffutils findutils grep gzip jq kmod linux-image-cloud-amd64 mawk mount sed tar udev util-linux e2fsprogs xfsprogs >&2
for package in "$work"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink
done

mv "$root"/boot/vmlinuz-* "$made/vmlinuz"
modules=$(echo "$root"/usr/lib/modules/*)
find "$modules/kernel" -name '*.ko' ! -path '*/fs/xfs/*' ! -path '*/virtio*' ! -path '*/crypto/*' ! -path '*/kernel/lib/*' -delete
chroot "$root" depmod "${modules##*/}"
(cd "$root" && rm -rf boot usr/share usr/*/python3* usr/lib/udev/hwdb.d usr/lib/*/gconv usr/lib/*/libicu*)

# What the packages' own scripts would have done.
ln -s mawk "$root/usr/bin/awk"
echo root:x:0:0::/root:/bin/bash >"$root/etc/passwd"
echo root:x:0: >"$root/etc/group"

install -m 0755 "$here/guest-init.sh" "$root/init"
install -m 0755 "$here/guest-aws.sh" "$root/usr/local/bin/aws"
(cd "$root" && find . | cpio --quiet --create --format=newc) >"$made/initrd"
