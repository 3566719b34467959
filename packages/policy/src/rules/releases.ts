import type { Stack, StackRule } from "../rule.ts";

/** Releases against what the chains have announced. A release that is too old within 14 days is refused where the stack file is read, before any rule. */
export const releaseRules: readonly StackRule[] = [
  {
    id: "release-follows-forks",
    severity: "low",
    asks: "Every release follows the network upgrades that are announced.",
    reason: "An upgrade that is planned is done by day; a node that does not follow a fork shows balances that nobody else believes.",
    standard: ["Coinfleet: hard forks have a date"],
    check: ({ config }: Stack) =>
      config.warnings.map(({ path, got, fix }) => ({
        resource: path.split(".")[2] ?? path,
        what: `${got ?? "its release"} is too old. ${fix}`,
      })),
  },
];
