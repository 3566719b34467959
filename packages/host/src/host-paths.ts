/** Where things are on a host. Everything under `run` is on tmpfs: it may hold secrets, and it is gone after a reboot. */
export const hostPaths = {
  scripts: "/usr/lib/coinfleet",
  command: "/usr/local/bin/coinfleet-host",
  units: "/etc/systemd/system",
  settings: "/etc/coinfleet",
  run: "/run/coinfleet",
  data: "/var/lib/coinfleet/data",
  certificates: "/etc/ssl/certs/ca-certificates.crt",
} as const;

/** User and group that every daemon runs as, in its container and as owner of its files. */
export const daemonUser = "10001:10001";

/** User and group of the agent: its own, because the host's firewall lets it alone (and root) reach the metadata service. */
export const agentUser = "10002:10002";

/** Label of the file system that a host makes on a blank data volume, and the only one that it mounts. At most 12 characters (xfs). */
export const volumeLabel = "coinfleet";

/** Name of the docker network of a node's daemons, and of its bridge, which the firewall knows. */
export const dockerNetwork = { name: "coinfleet", bridge: "coinfleet0", subnet: "198.18.16.0/24" } as const;
