/**
 * `npm start`: from a clone to a running fleet. It brings up the sandbox, runs `pulumi up` of the sandbox stack against it, waits until every
 * node is synced and grows, and shows what is there. Run again, it changes nothing. `npm run sandbox:down` undoes all of it.
 */
import { z } from "zod";
import { fleetIsUp, showNames, showStatus, waitForFleet } from "./fleet.ts";
import { forgetLostSandbox } from "./forget-lost-sandbox.ts";
import { Steps } from "./steps.ts";
import { output, run, runSideBySide } from "./process.ts";

const stack = "sandbox";
const steps = new Steps(6);
const startedMs = Date.now();

await steps.run("Toolchain (Pulumi CLI, language host, providers) and the sandbox's images, side by side", () =>
  runSideBySide([
    ["tools/toolchain/bin/toolchain", "ensure"],
    ["packages/sandbox/bin/sandbox", "prepare"],
  ]),
);
await forgetLostSandbox(stack);
await steps.run("Sandbox: AWS on this machine", () => run("packages/sandbox/bin/sandbox", ["start"]));

const variables = z.record(z.string(), z.string()).parse(JSON.parse(await output("coinfleet", ["env", "--json"])));
const env = { ...process.env, ...variables };
await steps.run(`Stack ${stack}`, () => run("pulumi", ["stack", "select", "--create", stack, "--non-interactive"], env));
await steps.run("pulumi up: images, machine image, hosts, alarms", () =>
  run("pulumi", ["up", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs", "--parallel", "16", "--continue-on-error"], env),
);
const nodes = await steps.run("Wait until every node is synced and its height grows", () => waitForFleet(env, startedMs));
await steps.run("Names and who may call them", () => showNames(nodes));

await showStatus(env);
process.stdout.write(`${steps.report()}

Where to look next
  eval "$(npx coinfleet env)"                  first: this shell speaks to the sandbox, with plain pulumi, aws and docker too
  npx coinfleet status --watch                 the table above, live
  npx coinfleet logs ${nodes[0]?.node ?? "<node>"} --follow          a daemon's log
  npx coinfleet doctor                         what the tools are and where they were found
  pulumi preview --stack ${stack}              after, for example, count: 3 for litecoin in stacks/Pulumi.${stack}.yaml
  npm run sandbox:stop | npm start             stop and go on later
  npm run sandbox:down                         remove everything
`);
process.exit(fleetIsUp(nodes) ? 0 : 1);
