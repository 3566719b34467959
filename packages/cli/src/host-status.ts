import { runDocument, type CommandEnd, type HostQuestion } from "./ssm-command.ts";

/**
 * How far a host is, in its own words: the step that waits, or nothing. @returns undefined when it did not say
 * @throws what `failed` makes of a step that has failed: no waiting mends that
 */
export async function hostStatus(
  { ssm, document, deadline, pollMs }: HostQuestion,
  instanceId: string,
  failed: (end: CommandEnd) => Error,
): Promise<string | undefined> {
  const end = await runDocument(ssm, document, instanceId, deadline, pollMs, () => undefined);
  if (end?.status === "Failed") throw failed(end);
  if (end?.status !== "Success") return undefined;
  const waiting = /^ *(\S+) +waiting +(.*)$/m.exec(end.said);
  return waiting === null ? "" : `; step ${waiting[1] ?? ""}: ${waiting[2] ?? ""}`;
}
