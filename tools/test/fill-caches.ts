/** Fills the user's caches with what the layers with an engine and hosts need, and what takes minutes to make. Runs beside the layers that need none of it. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchOptionsFromEnvironment, fetchRelease } from "@coinfleet/build";
import { ensureToolchain } from "@coinfleet/toolchain";
import decred from "../../coins/decred/index.ts";
import ethereum from "../../coins/ethereum/index.ts";

await ensureToolchain();
execFileSync("packages/sandbox/bin/sandbox", ["prepare"], { stdio: "ignore" });
// The clients of the tests' fleet that are compiled.
const clients = [ethereum, decred].flatMap((coin) => Object.values(coin.clients));
const compiled = clients.flatMap(({ sources }) => Object.values(sources)).filter(({ kind }) => kind === "goModule");
const folder = await mkdtemp(join(tmpdir(), "coinfleet-caches-"));
try {
  const options = fetchOptionsFromEnvironment(process.env);
  for (const source of compiled)
    await fetchRelease(source, source.version, "x86_64", join(folder, String(compiled.indexOf(source))), options);
} finally {
  await rm(folder, { recursive: true });
}
