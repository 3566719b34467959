"""What the hypervisor puts into a guest before its first start: what makes a container look like an EC2 instance.

On EC2 none of this is needed: there cloud-init finds the metadata service by the machine's firmware, and AWS's
certificates are signed by public authorities.
"""

from __future__ import annotations

import io
import tarfile

DATA_SOURCE = '''\
"""cloud-init's own EC2 data source, told that this is EC2: a container has no firmware that says so."""

from cloudinit import sources
from cloudinit.sources import DataSourceEc2


class DataSourceEc2Sbx(DataSourceEc2.DataSourceEc2):
    def _get_cloud_name(self):
        return DataSourceEc2.CloudNames.AWS


def get_datasource_list(depends):
    return sources.list_from_depends(depends, [(DataSourceEc2Sbx, (sources.DEP_FILESYSTEM, sources.DEP_NETWORK))])
'''
CLOUD_CONFIG = """\
datasource_list: [Ec2Sbx]
datasource: { Ec2: { strict_id: false, timeout: 5, max_wait: 60, apply_full_imds_network_config: false } }
network: { config: disabled }
locale: false
"""
IDENTIFY = "datasource: Ec2Sbx\npolicy: enabled\n"
CA_FILE = "usr/local/share/ca-certificates/coinfleet-sandbox.crt"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

ENTRYPOINT = f"""\
mount -o remount,bind,rw /sys/fs/cgroup 2>/dev/null
for tree in /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$tree" 2>/dev/null; done
mkdir -p /run/proc && mount -t proc proc /run/proc && mount --bind /run/proc/sys/net /proc/sys/net && umount -l /run/proc
mount --make-rshared /
grep -qF "$(sed -n 2p /{CA_FILE})" {BUNDLE} || cat /{CA_FILE} >>{BUNDLE}
until grep -q '^eth0.00000000' /proc/net/route; do sleep 0.02; done
exec /sbin/init
"""
"""The container's first program: makes its control groups and its own network's settings writable (docker leaves both
read-only), waits until the hypervisor has connected the host, then becomes systemd."""


def guest_archive(ca_certificate: bytes, ca_hash: str, python_folder: str = "usr/lib/python3/dist-packages") -> bytes:
    """A tar archive to unpack over the guest's root."""
    files = {
        f"{python_folder}/cloudinit/sources/DataSourceEc2Sbx.py": DATA_SOURCE.encode(),
        "etc/cloud/cloud.cfg.d/99-ec2.cfg": CLOUD_CONFIG.encode(),
        "etc/cloud/ds-identify.cfg": IDENTIFY.encode(),
        CA_FILE: ca_certificate,
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo(f"etc/ssl/certs/{ca_hash}.0")
        link.type, link.linkname = tarfile.SYMTYPE, f"/{CA_FILE}"
        archive.addfile(link)
    return buffer.getvalue()
