import { z } from "zod";
import { output, run } from "./process.ts";

const stateOf = z.object({ state: z.string() });
const stackNames = z.array(z.object({ name: z.string() }));

/**
 * A sandbox that was removed took its account with it: what the engine remembers of that account is no longer anywhere, so the next one begins with an
 * empty state. Does nothing while there is a sandbox, running or stopped.
 */
export async function forgetLostSandbox(stack: string): Promise<void> {
  const sandbox = stateOf.parse(JSON.parse(await output("packages/sandbox/bin/sandbox", ["status", "--json"])));
  if (sandbox.state !== "absent") return;
  const toolchain = z.record(z.string(), z.string()).parse(JSON.parse(await output("tools/toolchain/bin/toolchain", ["env", "--json"])));
  const env = { ...process.env, ...toolchain };
  // A backend that others share may hold the state of a sandbox on another machine.
  if (env["PULUMI_BACKEND_URL"]?.startsWith("file:") !== true) return;
  const stacks = stackNames.parse(JSON.parse(await output("pulumi", ["stack", "ls", "--json"], env)));
  if (!stacks.some(({ name }) => name === stack)) return;
  process.stdout.write(`  The sandbox of the last time is gone; forgetting what was made in it.\n`);
  await run("pulumi", ["stack", "rm", stack, "--force", "--yes", "--preserve-config", "--non-interactive"], env);
}
