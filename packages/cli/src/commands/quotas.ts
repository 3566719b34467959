import type { Command } from "commander";

interface QuotasOptions {
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command("quotas")
    .description("whether AWS's quotas leave room for what a stack file says: addresses, volumes, vCPUs")
    .argument("<environment>", "stack file, by the name of its environment")
    .option("--json", "print the same as JSON")
    .action(async (environment: string, { json }: QuotasOptions) => {
      const { readQuotas } = await import("../quotas/read-quotas.ts");
      const { renderQuotas } = await import("../quotas/render-quotas.ts");
      const { wantedBy } = await import("../quotas/wanted.ts");
      const { readStackFile } = await import("../stack-file.ts");
      const { place, spec, fleet } = await readStackFile(environment);
      const rows = await readQuotas(environment, place.region, wantedBy(spec, fleet));
      process.stdout.write(json === true ? `${JSON.stringify(rows, undefined, 2)}\n` : renderQuotas(rows, place.region));
      if (rows.some(({ state }) => state === "short")) process.exitCode = 1;
    });
}
