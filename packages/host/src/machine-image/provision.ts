/** Linux distribution of the hosts. Only the package step knows it. */
export type Distribution = "debian" | "amazon-linux-2023";

/** A package outside the distribution, pinned by its digest. */
export interface PinnedPackage {
  readonly url: string;
  readonly sha256: string;
}

/** The step that installs packages. */
export function packagesScript(distribution: Distribution, ssmAgent: PinnedPackage | undefined): string {
  switch (distribution) {
    case "debian":
      return debian(ssmAgent);
    case "amazon-linux-2023":
      return amazonLinux;
  }
}

const debian = (ssmAgent: PinnedPackage | undefined): string => `#!/bin/bash
# Debian: docker, AWS CLI and tools from its own signed repository. It has no CloudWatch agent; the host's figures then come from
# our own agent (disk) and from EC2 (CPU, network).
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q --yes --no-install-recommends \\
  docker.io iptables nftables awscli jq curl ca-certificates xfsprogs util-linux iproute2 chrony
rm -rf /var/lib/apt/lists/*
${ssmAgent === undefined ? "# The SSM agent is part of the source image." : debianPackage(ssmAgent)}
`;

const debianPackage = ({ url, sha256 }: PinnedPackage): string => `curl -fsSL --retry 5 -o /tmp/amazon-ssm-agent.deb '${url}'
echo '${sha256}  /tmp/amazon-ssm-agent.deb' | sha256sum --check --quiet
dpkg -i /tmp/amazon-ssm-agent.deb
rm /tmp/amazon-ssm-agent.deb
systemctl enable amazon-ssm-agent.service`;

const amazonLinux = `#!/bin/bash
# Amazon Linux 2023 brings AWS CLI v2, cloud-init, chrony and the SSM agent.
set -euo pipefail
dnf install --assumeyes --quiet docker nftables iptables-nft jq xfsprogs util-linux iproute amazon-cloudwatch-agent amazon-ssm-agent awscli-2
dnf clean all --quiet
# One path to the trust store on every distribution.
ln -sfn ca-bundle.crt /etc/pki/tls/certs/ca-certificates.crt
systemctl enable amazon-ssm-agent.service amazon-cloudwatch-agent.service
`;

/** The rest of the provisioning, the same everywhere. Enables units, starts none: the image is not a node yet. */
export const installScript = `#!/bin/bash
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
bash "$here/packages.sh"
# Directories keep the modes they have: the upload's own are whatever the umask of the builder was.
find "$here/root" -type f -exec chmod 0644 {} +
find "$here/root/usr" -type f -exec chmod 0755 {} +
(cd "$here/root" && find . -type f -exec install -D --no-target-directory --owner=root --group=root --preserve-timestamps {} /{} \\;)
(cd "$here/root" && find . -type f -exec chmod --reference={} /{} \\;)
systemctl enable docker.service coinfleet-firewall.service
# What a node must not share with its siblings.
rm -rf "$here" /etc/coinfleet/node.env /var/lib/docker/network
rm -f /root/.ssh/authorized_keys
truncate -s 0 /etc/machine-id
cloud-init clean --logs
sync
`;

/** Settings of docker that are not per container. Its networks are in the range that no VPC uses (RFC 2544). */
export const dockerSettings = `${JSON.stringify(
  {
    bip: "198.18.0.1/24",
    "default-address-pools": [{ base: "198.18.32.0/19", size: 24 }],
    "log-driver": "local",
    "log-opts": { "max-size": "10m", "max-file": "3" },
    "no-new-privileges": true,
  },
  null,
  2,
)}\n`;

/**
 * The journal of a host: on disk, so that it outlives a reboot, and bounded. Docker's containers are one service to it: its limit of lines for one
 * would drop those of a busy daemon.
 */
export const journalSettings = `[Journal]
Storage=persistent
SystemMaxUse=1G
SystemMaxFileSize=64M
RateLimitIntervalSec=0
`;

/** Figures of the host itself, where the distribution has the CloudWatch agent. As root: the firewall lets nobody else get credentials. */
export const cloudWatchAgentSettings = `${JSON.stringify(
  {
    agent: { metrics_collection_interval: 60, run_as_user: "root" },
    metrics: {
      namespace: "Coinfleet",
      append_dimensions: { InstanceId: "${aws:InstanceId}" },
      metrics_collected: {
        cpu: { measurement: ["usage_active"], totalcpu: true, resources: ["*"] },
        mem: { measurement: ["used_percent"] },
        disk: { measurement: ["used_percent"], resources: ["/"] },
      },
    },
  },
  null,
  2,
)}\n`;
