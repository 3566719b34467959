/** `npm run check`: everything that a machine can say about the tree without running it. Each check's name is also an argument. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";

const checks: Record<string, () => string[]> = {
  types: () => ["tsc", "--project", "."],
  lint: () => ["eslint", "--max-warnings=0", "."],
  arrows: () => ["depcruise", "--config", ".dependency-cruiser.cjs", "index.ts", "packages", "coins", "tools", "test"],
  "dead-code": () => ["knip", "--no-progress", "--no-config-hints"],
  duplicates: () => ["jscpd", "--config", ".jscpd.json"],
  format: () => ["prettier", "--check", "--log-level=warn", "."],
  shell: () => ["shellcheck", ...shellFiles()],
  schema: () => ["node", "tools/schema/main.ts", "--check"],
  readme: () => ["mocha", "--reporter=dot", "test/readme.test.ts"],
  catalogue: () => ["node", "tools/coin/src/main.ts", "list", "--check"],
};

function shellFiles(): string[] {
  return [...globSync("{tools,packages,test}/**/*.sh", { exclude: (path) => path.includes("node_modules") }), ".ci/run"].sort();
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in checks));
if (unknown.length > 0) {
  process.stderr.write(`check: no check is called ${unknown.join(", ")}; there are ${Object.keys(checks).join(", ")}\n`);
  process.exit(2);
}

let failed = 0;
for (const [name, command] of Object.entries(checks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const [program = "", ...args] = command();
  const started = Date.now();
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  const isGreen = status === 0;
  if (!isGreen) failed++;
  const why = error ? `: ${error.message}` : "";
  process.stdout.write(`${isGreen ? "ok    " : "FAILED"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)${why}\n`);
}
process.exit(failed === 0 ? 0 : 1);
