import * as pulumi from "@pulumi/pulumi";
import type { ResolvedVolume } from "@coinfleet/sdk";

/** What the stack file wants of a volume that cannot be changed, or only grow. */
export interface Placement {
  readonly zone: string;
  readonly volume: Pick<ResolvedVolume, "sizeGiB" | "snapshotId">;
}

const tag = {
  zone: "coinfleet:zone",
  size: "coinfleet:minimum-size-gib",
  snapshot: "coinfleet:snapshot",
} as const;

/** The tag that says what a volume was filled from. It stays what it was: a snapshot that is pinned later is for new volumes. */
export const originTag = tag.snapshot;

/** The wish as tags. The engine hides ignored properties from hooks, but it shows tags. */
export function placementTags(wish: Placement): Record<string, string> {
  return { [tag.zone]: wish.zone, [tag.size]: String(wish.volume.sizeGiB), [tag.snapshot]: wish.volume.snapshotId ?? "none" };
}

/** Why a change of these tags must not happen. Empty: it may. */
export function refusals(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): readonly string[] {
  const changed = (key: string): boolean => before[key] !== undefined && before[key] !== after[key];
  const said: string[] = [];
  if (changed(tag.size) && Number(after[tag.size]) < Number(before[tag.size])) {
    said.push(
      `VolumeCannotShrink: the stack file asks for ${after[tag.size]} GiB where ${before[tag.size]} GiB was promised, and EBS cannot make a volume smaller. ` +
        `Put volume.sizeGiB back to ${before[tag.size]} or more, or move to a new, smaller volume with volume.generation.`,
    );
  }
  if (changed(tag.zone)) {
    said.push(
      `VolumeCannotMove: the stack file moves the node from ${before[tag.zone]} to ${after[tag.zone]}, and a volume cannot leave its zone. ` +
        "Put the zones back in their order (new ones go to the end), or start a new volume from a snapshot with volume.generation and volume.snapshot.",
    );
  }
  return said;
}

/** Refuses, in a preview already, what would lose or replace chain data. One for all volumes of a program. */
export function dataVolumeGuard(): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    "data-volume-guard",
    (args) => {
      const said = refusals(tagsOf(args.oldInputs), tagsOf(args.newInputs));
      if (said.length > 0) throw new Error(`${args.name}: ${said.join("\n")}\nNothing has been done to this volume.`);
    },
    { onDryRun: true },
  );
}

function tagsOf(inputs: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const tags: unknown = inputs?.["tags"];
  if (typeof tags !== "object" || tags === null) return {};
  return Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
