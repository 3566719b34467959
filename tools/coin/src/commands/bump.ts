import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { findCoin } from "../find-coin.ts";
import { coinFile, fetchOptions, projectRoot } from "../project.ts";
import type { GivenDigests } from "../discover-pins.ts";

interface BumpOptions {
  readonly client?: string;
  readonly source?: string;
  readonly keep?: true;
  readonly sha256?: GivenDigests;
}

/** `x86_64=<64 hex digits>`, once for each architecture. */
function digest(text: string, before: GivenDigests = {}): GivenDigests {
  const [, architecture = "", hex] = /^(x86_64|arm64)=([0-9a-f]{64})$/.exec(text) ?? [];
  if (hex === undefined) throw new InvalidArgumentError("Write x86_64=<64 hex digits> or arm64=<64 hex digits>.");
  return { ...before, [architecture]: hex };
}

export function register(program: Command): void {
  program
    .command("bump")
    .description("verify a release, then write its version and digests into the coin")
    .argument("<id>", "the coin, for example litecoin")
    .argument("<version>", "upstream's version, without a leading v; the present one resolves a pending digest")
    .option("--client <name>", "which client, where the coin has several")
    .option("--source <name>", "which source of the client (default: production's, the first)")
    .option("--keep", "leave the former release pinned, so that a stack file can name it")
    .option(
      "--sha256 <architecture=digest>",
      "only where upstream signs nothing: a digest that you have compared in two independent places",
      digest,
    )
    .action(async (id: string, version: string, { client, source, keep, sha256 }: BumpOptions) => {
      const { bump } = await import("../bump.ts");
      const file = coinFile(projectRoot, id);
      const request = { coin: findCoin(id), file, version, client, source, isKept: keep, given: sha256 };
      const done = await bump(request, fetchOptions(projectRoot));
      const lines = [
        `coins/${id}/index.ts: ${done.client} from ${done.source}, ${done.from} → ${done.version}`,
        ...done.verification.map((line) => `  ${line}`),
        ...(done.comment === undefined ? [] : [`The comment above the digests speaks of ${done.from}, so read it again: ${done.comment}`]),
        "Next: UPDATE_GOLDEN=1 npx mocha test/program/conformance.test.ts, read what has changed, and commit it with the lines above.",
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
    });
}
