import { InvalidArgumentError, type Command } from "commander";
import type { EventLog } from "../report/write-report.ts";

const collect = (value: string, before: readonly EventLog[]): readonly EventLog[] => {
  const [environment = "", file = ""] = value.split("=");
  if (environment === "" || file === "") throw new InvalidArgumentError("must be <environment>=<event log>");
  return [...before, { environment, file }];
};

export function register(program: Command): void {
  program
    .command("report")
    .description("what a change would do, in words, from the engine's previews: pulumi preview --event-log <file>")
    .option("--events <environment=file>", "event log of a preview; once for each environment", collect, [])
    .option("--out <file>", "where the Markdown goes; standard output by default")
    .option("--post <host>", "puts it on the merge request, in the place of the last one: gitlab or github")
    .option("--json", "print the verdicts and their reasons as JSON")
    .action(async (options: { events: readonly EventLog[]; out?: string; post?: string; json?: true }) => {
      const { writeReport } = await import("../report/write-report.ts");
      // A blocked change stops the pipeline, after its note is where people read it.
      if ((await writeReport(options)) === "blocked") process.exitCode = 3;
    });
  program
    .command("touched")
    .description("stacks that the files of a change can touch, one a line")
    .argument("<file...>", "changed files, as git diff --name-only lists them; - reads them from standard input")
    .action(async (files: readonly string[]) => {
      const { listTouched } = await import("../report/list-touched.ts");
      for (const stack of await listTouched(files)) process.stdout.write(`${stack}\n`);
    });
}
