import type { StackFile } from "../engine/support.ts";

/** Groups of a stack file, by name: what they say over and above {@link testFleet}. */
export type Groups = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const small = { count: 1, instanceType: "t3.large", volume: { sizeGiB: 2 } };

/** One coin per client family, two nodes where faults need a sibling. */
const groupsByDefault: Groups = {
  litecoin: { ...small, network: "regtest", count: 2, sources: { litecoind: "debian" }, blockEverySec: 5, loadBalancer: true },
  monero: { ...small, network: "regtest", sources: { monerod: "debian" }, blockEverySec: 5, loadBalancer: true },
  decred: { ...small, network: "simnet", sources: { dcrd: "go" }, blockEverySec: 20 },
  ethereum: { ...small, network: "dev", sources: { geth: "go" } },
};

/** A stack file that says more of its fleet than its groups. */
export function withFleet(file: StackFile, more: Readonly<Record<string, unknown>>): StackFile {
  return { ...file, "coinfleet:fleet": { ...(file["coinfleet:fleet"] as object), ...more } };
}

/** The fleet that the tests run. A group that is not in it by default is added, with a small volume and host. */
export function testFleet(changes: Groups, zones?: readonly string[]): StackFile {
  const names = [...new Set([...Object.keys(groupsByDefault), ...Object.keys(changes)])];
  return fleetOf(Object.fromEntries(names.map((name) => [name, { ...groupsByDefault[name], ...changes[name] }])), zones);
}

/** A fleet of these groups and no others, each with a small volume and host. */
export function fleetOf(groups: Groups, zones: readonly string[] = ["eu-central-1a", "eu-central-1b"]): StackFile {
  return {
    "aws:region": "eu-central-1",
    "aws:allowedAccountIds": ["000000000000"],
    "aws:defaultTags": { tags: { project: "coinfleet", environment: "test" } },
    "coinfleet:fleet": {
      zones,
      network: { cidr: "10.0.0.0/16" },
      machineImage: {
        source: { name: "debian-12-amd64-sandbox", owner: "136693071363" },
        distribution: "debian",
        sshUser: "debian",
        instanceType: "m6i.large",
      },
      logs: { retentionDays: 1 },
      nodes: Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, { ...small, ...group }])),
    },
  };
}
