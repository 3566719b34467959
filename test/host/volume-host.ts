import { execFileSync } from "node:child_process";
import { HostRoot, type Outcome } from "./host-root.ts";

export const volumeId = "vol-0123456789abcdef0";
/** Its name under /dev/disk/by-id. */
export const byId = "nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0";
/** Small, and large enough for an xfs. */
export const sizeMiB = 320;

/** Runs a command line on this machine and returns its output. @throws when it fails */
export const sh = (command: string): string =>
  execFileSync("bash", ["-c", command], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Digest of all that is on a device. */
export const content = (device: string): string => sh(`blockdev --flushbufs ${device}; sha256sum < ${device}`);

/** What scripts of this kind usually take for the data volume: the first disk that nobody has mounted. */
const firstUnmounted = `#!/bin/bash
for device in /dev/loop* /dev/nvme?n1; do
  if [ -b "$device" ] && ! grep -q "^$device " /proc/mounts; then echo "$device"; exit; fi
done
`;

/** Formats what it does not know, as such scripts do. */
const formatWhatIsThere = `#!/bin/bash
blkid "$1" | grep -q 'LABEL="coinfleet"' || mkfs.xfs -q -f -L coinfleet "$1"
`;

/** What the volume script says about itself. */
export interface Status {
  readonly state: string;
  readonly why: string;
  readonly fix: string;
}

/** A host with the configuration of one litecoin node, and its volume script. */
export class VolumeHost extends HostRoot {
  constructor() {
    super();
    this.configure();
  }

  configure(change: object = {}): void {
    const volume = { id: volumeId, mayFormat: true };
    const node = { environment: "test", group: "litecoin", coin: "litecoin", network: "regtest", volume, daemons: [{ name: "litecoind" }] };
    this.write("run/coinfleet/config.json", JSON.stringify({ ...node, ...change }));
  }

  /** A boot as far as the volume: `device` is attached under its id, `then` runs while it is mounted. */
  volume(device: string, then = "true"): Outcome {
    return this.run(`/usr/lib/coinfleet/volume || exit $?; ${then}`, { [byId]: device });
  }

  /** Its script formats the first disk that nobody has mounted. Tests must not let it pass. */
  becomeNaive(): void {
    this.write("usr/lib/coinfleet/volume-devices", firstUnmounted, 0o755);
    this.write("usr/lib/coinfleet/volume-format", formatWhatIsThere, 0o755);
  }

  mkfsCount(): number {
    return (this.read("run/mkfs.log") ?? "").split("\n").filter((line) => line !== "").length;
  }

  status(): Status {
    return JSON.parse(this.read("run/coinfleet/status/volume.json") ?? "{}") as never;
  }

  record(): { readonly state: string; readonly uuid: string } {
    return JSON.parse(this.read("run/parameters/_coinfleet_test_litecoin-1_volume") ?? "{}") as never;
  }
}
