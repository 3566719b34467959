import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** One JSON object, as `coinfleet` reads it from stdin. Parts may come from other resources. */
export type CommandInput = Readonly<Record<string, pulumi.Input<unknown>>>;

export interface CoinfleetCommandArgs {
  /** What of `coinfleet` to run, for example `image prepare`. */
  readonly run: string;
  readonly input: CommandInput;
  /** When it runs: at creation, or when the resource is deleted or replaced. */
  readonly when: "create" | "delete";
  /** A change of any of these runs it again (as a replacement). Nothing else does: a change of the input alone is only noted. */
  readonly triggers: readonly pulumi.Input<string>[];
}

// Without an own command an update would run `create` again, and what it prints would replace the result.
const keepOutput = 'printf %s "$PULUMI_COMMAND_STDOUT"';

/** Runs our own command line as a step of the graph. The contract of each command is in ../CLI-CONTRACT.md. */
export function coinfleetCommand(name: string, args: CoinfleetCommandArgs, opts: pulumi.CustomResourceOptions): command.local.Command {
  const line = `node_modules/.bin/coinfleet ${args.run}`;
  return new command.local.Command(
    name,
    {
      ...(args.when === "create" ? { create: line, update: keepOutput } : { delete: line }),
      stdin: pulumi.jsonStringify(args.input),
      triggers: [...args.triggers],
      logging: command.local.Logging.Stderr,
    },
    opts,
  );
}
