import type { RuleText, Stack, StackRule } from "../rule.ts";

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

/** What an image's logical name is excused from, so that the program can hand it to the gates. */
export const imageVulnerable = "image-vulnerable";

/** Rules that a node's gate keeps, because no plan knows what they ask for. Their resource is an image, by its logical name. */
export const gateRules: readonly RuleText[] = [
  {
    id: imageVulnerable,
    severity: "critical",
    asks: "No node is told a release whose image has a critical vulnerability for which there is a fix, and that the image which it runs has not.",
    reason: "What is known, and mended elsewhere, is what is tried first.",
    standard: ["Coinfleet: scan gate"],
  },
];
