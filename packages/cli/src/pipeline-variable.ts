import { CliError } from "./cli-error.ts";

/** What a pipeline gives its jobs. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Value of a variable that a job needs. @throws {@link CliError} `InvalidInput` where it is not set, or empty */
export function pipelineVariable(
  variables: Variables,
  name: string,
  { where, fix, state }: { readonly where: string; readonly fix: string; readonly state: string },
): string {
  const value = variables[name];
  if (value !== undefined && value !== "") return value;
  throw new CliError("InvalidInput", { title: "A variable of the pipeline is missing.", where, got: `no ${name}`, fix, state });
}
