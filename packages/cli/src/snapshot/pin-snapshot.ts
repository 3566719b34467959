import { writeFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { CliError } from "../cli-error.ts";
import type { GroupSnapshot } from "../drill/snapshots.ts";
import { inProject } from "../project.ts";
import { editFleet } from "../stack-file-edit.ts";
import { readStackText, stackFileOf } from "../stack-file.ts";

/** What is pinned, and where. */
export interface PinOptions {
  readonly environment: string;
  readonly group: string;
  /** Take the newest one although no drill has proved it. */
  readonly isUnprovenAllowed: boolean;
}

/** The newest proven snapshot of those given, newest first; or the newest that has not failed, where that is allowed. @throws {@link CliError} `NoSnapshot` */
export function chooseSnapshot(snapshots: readonly GroupSnapshot[], { environment, group, isUnprovenAllowed }: PinOptions): GroupSnapshot {
  const chosen = snapshots.find(({ provenAt, failed }) => (isUnprovenAllowed ? failed === undefined : provenAt !== undefined));
  if (chosen !== undefined) return chosen;
  const failed = snapshots.filter((one) => one.failed !== undefined).length;
  throw new CliError("NoSnapshot", {
    title: `No snapshot of ${group} is proven.`,
    where: `snapshots with the tag coinfleet:backup = ${environment}/${group}`,
    got: `${snapshots.length} snapshots, of which ${failed} failed their drill`,
    fix: isUnprovenAllowed
      ? "Wait for the next snapshot."
      : `\`coinfleet drill ${group} --environment ${environment}\` proves the newest one; --unproven takes it as it is.`,
    state: "The stack file has not been changed.",
  });
}

const groupsSchema = z.object({ config: z.object({ "coinfleet:fleet": z.object({ nodes: z.record(z.string(), z.unknown()) }) }) });

/** Writes a snapshot's id into the environment's stack file, and changes nothing else in it. @returns whether the file has changed */
export async function pinSnapshot(id: string, { environment, group }: PinOptions): Promise<boolean> {
  const [file, text] = [stackFileOf(environment), await readStackText(environment)];
  const groups = groupsSchema.safeParse(parse(text)).data?.config["coinfleet:fleet"].nodes ?? {};
  if (!Object.hasOwn(groups, group))
    throw new CliError("InvalidInput", {
      title: "The stack file has no such group.",
      where: file,
      got: group,
      allowed: Object.keys(groups).join(", "),
      fix: "Write a group's name as the stack file has it.",
      state: "The stack file has not been changed.",
    });
  const changed = editFleet(text, ["nodes", group], (map) => map.setIn(["volume", "snapshot"], id));
  if (changed !== text) await writeFile(inProject(file), changed);
  return changed !== text;
}
