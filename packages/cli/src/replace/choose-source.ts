import { formatDuration } from "@coinfleet/build/progress";
import { CliError } from "../cli-error.ts";
import type { GroupSnapshot } from "../drill/snapshots.ts";

/** Whose data is to be replaced. */
export interface Damaged {
  readonly environment: string;
  readonly group: string;
  readonly node: string;
  /** Ids of volumes that no node of the environment uses any more. */
  readonly retired: readonly string[];
}

/** What a node starts from, and what is newer but is not taken. */
export interface Source {
  readonly chosen: GroupSnapshot;
  readonly newer: readonly GroupSnapshot[];
}

/** Whether it may hold the damage that it is to mend: it is of the node itself, or of a volume that somebody has given up. */
const isSuspect = ({ node, volumeId }: GroupSnapshot, damaged: Damaged): boolean =>
  node === damaged.node || damaged.retired.includes(volumeId);

/**
 * The newest snapshot that a drill has proved, whoever's; else the newest of a sibling that has not failed one. Never one that may hold the same damage and
 * has proved nothing. @param snapshots of the group, newest first @throws {@link CliError} `NoSnapshot`
 */
export function chooseSource(snapshots: readonly GroupSnapshot[], damaged: Damaged): Source {
  const chosen =
    snapshots.find(({ provenAt }) => provenAt !== undefined) ??
    snapshots.find((one) => one.failed === undefined && !isSuspect(one, damaged));
  if (chosen !== undefined) return { chosen, newer: snapshots.slice(0, snapshots.indexOf(chosen)) };
  const { environment, group, node } = damaged;
  const own = snapshots.find(({ failed }) => failed === undefined);
  throw new CliError("NoSnapshot", {
    title: `No snapshot of ${group} is known to be good.`,
    where: `snapshots with the tag coinfleet:backup = ${environment}/${group}`,
    got:
      own === undefined
        ? `${snapshots.length} snapshots, of which ${snapshots.length} failed their drill`
        : `none that is proven, and none of a sibling; ${own.id} may hold the same damage as ${node}`,
    fix:
      own === undefined
        ? `Wait for the next snapshot, or take the node's blocks from its peers: a higher \`generation\` without \`snapshot\` under \`volume.replaced.${node}\`.`
        : `\`coinfleet drill ${group} --environment ${environment}\` proves the newest one; \`--snapshot ${own.id}\` takes this one as it is.`,
    state: "Nothing has been changed.",
  });
}

/** `snap-1 of litecoin-1, 4 h 2 min old, proven at 2026-11-01T00:00:00Z`. */
export function describeSnapshot(snapshot: GroupSnapshot, damaged: Damaged, nowMs = Date.now()): string {
  const { id, node, takenMs, provenAt, failed } = snapshot;
  const age = `${formatDuration((nowMs - takenMs) / 1000)} old (taken at ${new Date(takenMs).toISOString()})`;
  const worth =
    provenAt !== undefined
      ? `proven at ${provenAt}`
      : failed !== undefined
        ? `whose drill FAILED at ${failed}`
        : isSuspect(snapshot, damaged)
          ? `UNPROVEN, and it may hold the same damage as ${damaged.node}`
          : "UNPROVEN: no drill has started a node from it";
  return `${id} of ${node}, ${age}, ${worth}`;
}
