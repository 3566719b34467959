import { diff } from "node:util";
import { Document, isAlias, isMap, isSeq } from "yaml";
import { CliError } from "../cli-error.ts";
import { editFleet } from "../stack-file-edit.ts";

/** A node's volume as the stack file is to say it. */
export interface Replacement {
  readonly group: string;
  readonly node: string;
  readonly generation: number;
  readonly snapshot: string;
  /** Where the group's is too small for the snapshot. */
  readonly sizeGiB: number | undefined;
  /** Logical name of the volume that the node has no more. */
  readonly retired: string | undefined;
}

/** A stack file's text with one node's volume replaced, and its old one retired. Every other line stays as it is. @throws {@link CliError} `InvalidInput` */
export function editReplacement(text: string, { group, node, generation, snapshot, sizeGiB, retired }: Replacement): string {
  const line = new Document({ generation, snapshot, ...(sizeGiB === undefined ? {} : { sizeGiB }) }, { flow: true }).contents;
  const replaced = editFleet(text, ["nodes", group], (map) => {
    refuseShared(map.get("volume", true), group);
    map.setIn(["volume", "replaced", node], line);
  });
  if (retired === undefined) return replaced;
  return editFleet(replaced, ["retired"], (map) => {
    const volumes = map.get("volumes");
    if (isSeq(volumes)) volumes.add(retired);
    else map.set("volumes", new Document([retired], { flow: true }).contents);
  });
}

/** What is written once and used twice cannot be changed for one of them. */
function refuseShared(volume: unknown, group: string): void {
  if (!isAlias(volume) && !(isMap(volume) && volume.anchor !== undefined)) return;
  throw new CliError("InvalidInput", {
    title: "The group shares its `volume` with others, by an anchor of YAML.",
    where: `coinfleet:fleet.nodes.${group}.volume`,
    fix: "Write it out for each of them.",
    state: "Nothing has been changed.",
  });
}

/** What two texts differ in, line by line: `- old`, `+ new`. */
export const changedLines = (before: string, after: string): readonly string[] =>
  diff(before.split("\n"), after.split("\n")).flatMap(([op, line]) => (op === 0 ? [] : [`${op === 1 ? "-" : "+"} ${line}`]));
