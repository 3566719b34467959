/**
 * `npm test` (fast) and `npm run test:full`: runs the layers one after the other, each with its own set-up, and adds up what they counted.
 * `SHARD=2/3` runs the second of three parts of them. `LAYERS=unit,engine` runs those only.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const mochaSummary = z.object({ passes: z.number(), failures: z.number(), pending: z.number() });

interface Layer {
  name: string;
  proves: string;
  /** Needs the toolchain, which takes minutes to compile where nothing else can be had. @default false */
  usesEngine?: true;
  run(summary: string): Counts;
}

const mocha =
  (files: readonly string[], timeoutMs: number) =>
  (summary: string): Counts => {
    if (files.length === 0) return { passed: 0, failed: 1, skipped: 0 };
    const args = ["--reporter", "./test/support/summary-reporter.js", "--timeout", String(timeoutMs), ...files];
    const { status } = spawnSync("mocha", args, { stdio: "inherit", env: { ...process.env, COINFLEET_TEST_SUMMARY: summary } });
    if (!existsSync(summary)) return { passed: 0, failed: 1, skipped: 0 };
    const counted = mochaSummary.parse(JSON.parse(readFileSync(summary, "utf8")));
    // A failed hook or a crash after the last test fails the process without a failed test.
    return { passed: counted.passes, failed: Math.max(counted.failures, status === 0 ? 0 : 1), skipped: counted.pending };
  };

function command(program: string, ...args: string[]): () => Counts {
  return () => {
    const { status } = spawnSync(program, args, { stdio: "inherit" });
    return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
  };
}

const pytest =
  (...args: string[]) =>
  (summary: string): Counts => {
    const { status } = spawnSync("packages/sandbox/bin/sandbox", ["pytest", "-q", `--junit-xml=${summary}`, ...args], { stdio: "inherit" });
    const xml = existsSync(summary) ? readFileSync(summary, "utf8") : "";
    const count = (name: string): number => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0);
    const [failed, skipped] = [count("failures") + count("errors"), count("skipped")];
    return { passed: count("tests") - failed - skipped, failed: Math.max(failed, status === 0 ? 0 : 1), skipped };
  };

const minutes = (n: number): number => n * 60_000;
const find = (...patterns: string[]): string[] => globSync(patterns, { exclude: (path) => path.includes("node_modules") }).sort();

const realHosts = "packages/sandbox/server/tests/test_hypervisor_sandbox.py";
const fast: Layer[] = [
  { name: "types", proves: "the program and the types' own tests compile", run: command("tsc", "--project", ".") },
  {
    name: "unit",
    proves: "parsing, resolving, rendering, verdicts, coins",
    run: mocha(find("{packages,coins,tools}/**/*.test.ts"), minutes(2)),
  },
  { name: "program", proves: "what each stack registers", run: mocha(find("test/program/*.test.ts"), minutes(2)) },
  {
    name: "tutorial",
    proves: "docs/write-a-coin.md leads to a coin, as does every family",
    run: mocha(find("test/tutorial/*.test.ts"), minutes(7)),
  },
  {
    name: "replays",
    proves: "alarms ring for faults, and not for a chain's chance",
    run: mocha(find("test/replay/*.test.ts"), minutes(5)),
  },
  {
    name: "host",
    proves: "the host's firewall and scripts, and that no log line is lost",
    run: mocha(find("test/host/{scripts,boot,next-release,logs}.test.ts"), minutes(5)),
  },
  { name: "sandbox", proves: "the emulator refuses what AWS refuses", run: pytest(`--ignore=${realHosts}`) },
  {
    name: "healing",
    proves: "locks, holds, restarts and growth, by AWS's APIs alone",
    run: mocha(find("test/healing/*.test.ts"), minutes(2)),
  },
  {
    name: "engine",
    proves: "the engine with the toolchain's own plugins, and a first plan of each stack",
    usesEngine: true,
    run: mocha(["test/engine/toolchain.test.ts", "test/engine/stacks.test.ts"], minutes(15)),
  },
  {
    name: "fleet",
    proves: "the whole program, real hosts and daemons",
    usesEngine: true,
    run: mocha(find("test/fleet/*.test.ts"), minutes(30)),
  },
];
const long: Layer[] = [
  { name: "pipeline", proves: "the GitLab pipeline in a local runner", run: mocha(["test/pipeline/pipeline.test.ts"], minutes(5)) },
  {
    name: "changes",
    proves: "the policy pack and the report's verdicts, by the real engine",
    usesEngine: true,
    run: mocha(["test/engine/policy-pack.test.ts", "test/engine/changes.test.ts"], minutes(40)),
  },
  {
    name: "plans",
    proves: "what a change on a running fleet does, by the real engine",
    usesEngine: true,
    run: mocha(["test/engine/plans.test.ts"], minutes(15)),
  },
  {
    name: "daemons",
    proves: "every client of Debian and of Go's modules, as its plugin runs it",
    run: mocha(find("test/daemons/{bitcoin,daemons}.test.ts"), minutes(30)),
  },
  {
    name: "zebrad",
    proves: "zcash's client from its crates, which take more than an hour to compile, once on each machine",
    run: mocha(["test/daemons/zebrad.test.ts"], minutes(30)),
  },
  {
    name: "agave",
    proves: "solana's, which take longer",
    run: mocha(["test/daemons/agave.test.ts"], minutes(30)),
  },
  {
    name: "polkadot",
    proves: "polkadot's, which take as long",
    run: mocha(["test/daemons/polkadot.test.ts"], minutes(30)),
  },
  {
    name: "drills",
    proves: "whether a snapshot becomes a node is found out",
    usesEngine: true,
    run: mocha(["test/drills/drills.test.ts"], minutes(30)),
  },
  {
    name: "upgrades",
    proves: "what an upgrade keeps of the data before it, and what a bad release does",
    usesEngine: true,
    run: mocha(find("test/upgrades/*.test.ts"), minutes(30)),
  },
  {
    name: "volumes",
    proves: "never a second mkfs, on real block devices",
    run: mocha(find("test/host/volume{,-faults}.test.ts"), minutes(10)),
  },
  {
    name: "guest",
    proves: "the same on NVMe disks that fail, come late or change their numbers, and after power cuts",
    run: mocha(["test/host/volume-guest.test.ts"], minutes(30)),
  },
  { name: "sandbox hosts", proves: "the sandbox's hosts are like instances", run: pytest(realHosts) },
  {
    name: "sandbox smoke",
    proves: "the sandbox with AWS's own clients",
    run: mocha(find("packages/sandbox/smoke/*.smoke.ts"), minutes(10)),
  },
];

const mode = process.argv[2];
if (mode === "full") process.env["COINFLEET_TEST_FULL"] = "1";
const only = process.env["LAYERS"]?.split(",");
const [part = 1, of = 1] = (process.env["SHARD"] ?? "1/1").split("/").map(Number);
const chosen = mode === "full" ? [...fast, ...long].filter((_, i) => i % of === part - 1) : fast;
const layers = chosen.filter((layer) => !only || only.includes(layer.name));
// The first layers use one processor: the others compile meanwhile. A layer that comes too early waits for what it needs, and says so.
if (layers.some(({ usesEngine }) => usesEngine))
  spawn("nice", ["-n", "10", process.execPath, "tools/test/fill-caches.ts"], { stdio: "ignore" });
const scratch = mkdtempSync(join(tmpdir(), "coinfleet-test-"));
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
for (const layer of layers) {
  process.stdout.write(`\n== ${layer.name}: ${layer.proves}\n`);
  const started = Date.now();
  const counts = layer.run(join(scratch, layer.name));
  for (const key of ["passed", "failed", "skipped"] as const) total[key] += counts[key];
  lines.push(
    `${layer.name.padEnd(13)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${((Date.now() - started) / 1000).toFixed(0)} s)`,
  );
}
rmSync(scratch, { recursive: true });
process.stdout.write(`\n${lines.join("\n")}\n\n${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
