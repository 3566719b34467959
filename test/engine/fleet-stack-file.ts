import type { StackFile } from "./support.ts";

/** What a test wants otherwise than {@link fleetStackFile}. Groups and the fleet are merged, key by key. */
export interface Wish {
  readonly fleet?: Readonly<Record<string, unknown>>;
  readonly nodes?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  readonly exceptions?: readonly Readonly<Record<string, string>>[];
}

const small = { instanceType: "t3.large", volume: { sizeGiB: 2 } };

const groups: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  litecoin: { network: "regtest", count: 2, sources: { litecoind: "debian" }, blockEverySec: 5, ...small },
  ethereum: { network: "dev", count: 1, sources: { geth: "go" }, release: { geth: "1.16.8" }, ...small },
};

/** What a sandbox cannot have, and so is excused from. */
export const sandboxExceptions: readonly Readonly<Record<string, string>>[] = [
  {
    rule: "volume-has-backup",
    resource: "*",
    reason: "The test's AWS has one region to keep snapshots in.",
    owner: "tests",
    expires: new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10),
  },
];

/** Two groups, so that it shows when a change of one touches the other. A group that is wished for as `undefined` is left out. */
export function fleetStackFile(wish: Wish = {}): StackFile {
  const names = [...new Set([...Object.keys(groups), ...Object.keys(wish.nodes ?? {})])];
  const kept = names.filter((name) => wish.nodes === undefined || !(name in wish.nodes) || wish.nodes[name] !== undefined);
  return {
    "aws:region": "eu-central-1",
    "aws:allowedAccountIds": ["000000000000"],
    "coinfleet:exceptions": wish.exceptions ?? sandboxExceptions,
    "coinfleet:fleet": {
      zones: ["eu-central-1a", "eu-central-1b"],
      network: { cidr: "10.0.0.0/16" },
      machineImage: {
        source: { name: "debian-12-amd64-sandbox", owner: "136693071363" },
        distribution: "debian",
        sshUser: "debian",
        instanceType: "m6i.large",
      },
      logs: { retentionDays: 1 },
      ...wish.fleet,
      nodes: Object.fromEntries(kept.map((name) => [name, { ...groups[name], ...wish.nodes?.[name] }])),
    },
  };
}
