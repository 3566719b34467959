import type { Command } from "commander";

export function register(program: Command): void {
  program
    .command("doctor")
    .description("what is needed, what is there, and what to do; changes nothing")
    .option("--json", "print the same as JSON")
    .action(async (options: { json?: true }) => {
      const checks = await import("../doctor/checks.ts");
      const { renderVerdicts } = await import("../doctor/verdict.ts");
      const all = [
        checks.checkToolchain(),
        checks.checkDocker(),
        checks.checkPacker(),
        checks.checkGo(),
        checks.checkRoom(),
        checks.checkSandbox(),
        checks.checkAws(),
      ];
      const verdicts = (await Promise.all(all)).flat();
      process.stdout.write(options.json === true ? `${JSON.stringify(verdicts, undefined, 2)}\n` : renderVerdicts(verdicts));
      if (verdicts.some(({ state }) => state === "missing" || state === "broken")) process.exitCode = 1;
    });
}
