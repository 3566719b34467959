import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** One JSON object, as `coinfleet` reads it from stdin. Parts may come from other resources. */
type CommandInput = Readonly<Record<string, pulumi.Input<unknown>>>;

export interface CoinfleetCommandArgs {
  /** What of `coinfleet` to run, for example `image prepare`. */
  readonly run: string;
  readonly input: CommandInput;
  /** When it runs: at creation, or when the resource is deleted or replaced. */
  readonly when: "create" | "delete";
  /** What makes it run again, as a replacement. */
  readonly triggers: readonly pulumi.Input<string>[];
}

/** Runs our own command line as a step of the graph. The contract of each command is in ../CLI-CONTRACT.md. */
export function coinfleetCommand(name: string, args: CoinfleetCommandArgs, opts: pulumi.CustomResourceOptions): command.local.Command {
  const line = `node_modules/.bin/coinfleet ${args.run}`;
  return new command.local.Command(
    name,
    {
      // Without an update command a changed trigger replaces the resource, and a changed input runs the same command again, which is safe to repeat.
      ...(args.when === "create" ? { create: line } : { delete: line }),
      stdin: pulumi.jsonStringify(args.input),
      triggers: [...args.triggers],
      logging: command.local.Logging.Stderr,
    },
    opts,
  );
}
