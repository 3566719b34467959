import { join } from "node:path";
import { runProgram } from "../doctor/run-program.ts";
import { lastWords } from "../scan/scan-image.ts";
import { clientScans, type ClientScan } from "../scan/scan-result.ts";
import type { ReleaseRow } from "./judge-release.ts";

// Longer than its build and its scanner may take.
const scanLimitMs = 2 * 60 * 60_000;

/** Scans the image of a client as the working copy has it, in a process of its own: this one has loaded the coins as they were. Never throws. */
export async function scanWorkingCopy({ coin, client }: ReleaseRow, version: string, root: string): Promise<ClientScan> {
  const args = ["scan", coin, "--client", client, "--json"];
  const { output, error } = await runProgram(join(root, "packages/cli/bin/coinfleet"), args, scanLimitMs, ["stderr"]);
  try {
    const found = clientScans.parse(JSON.parse(output)).find((one) => one.client === client && one.version === version);
    if (found !== undefined) return found;
  } catch {
    // What it has said on its way out is the reason.
  }
  return { client, version, source: "?", scan: { state: "scan failed", why: `no result: ${lastWords(error)}` } };
}
