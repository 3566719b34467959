import type { StackFile } from "../engine/support.ts";

const small = { instanceType: "t3.large", volume: { sizeGiB: 2 } } as const;

const litecoin = { network: "regtest", count: 2, sources: { litecoind: "debian" }, blockEverySec: 5, ...small };

/** The groups of {@link testFleet}. */
export const testGroups = {
  litecoin,
  monero: { network: "regtest", count: 1, sources: { monerod: "debian" }, blockEverySec: 5, ...small },
  decred: { network: "simnet", count: 1, sources: { dcrd: "go" }, blockEverySec: 20, ...small },
  ethereum: { network: "dev", count: 1, sources: { geth: "go" }, ...small },
};

/** The fleet that the tests run: one coin per client family, two nodes where faults need a sibling. */
export function testFleet(groups: Readonly<Record<string, unknown>> = {}): StackFile {
  return {
    "aws:region": "eu-central-1",
    "aws:allowedAccountIds": ["000000000000"],
    "aws:defaultTags": { tags: { project: "coinfleet", environment: "test" } },
    "coinfleet:fleet": {
      zones: ["eu-central-1a", "eu-central-1b"],
      network: { cidr: "10.0.0.0/16" },
      images: { base: "public.ecr.aws/debian/debian:bookworm-slim" },
      machineImage: {
        source: { name: "debian-12-amd64-sandbox", owner: "136693071363" },
        distribution: "debian",
        sshUser: "debian",
        instanceType: "m6i.large",
      },
      alerts: { page: [], warn: [] },
      logs: { retentionDays: 1 },
      nodes: {
        ...testGroups,
        ...groups,
      },
    },
  };
}
