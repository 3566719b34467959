import { GenerationNotLater, InvalidVolume, KeysForbidSnapshot, UnknownNode } from "./errors-data.ts";
import type { ReplacedVolumeSpec } from "./fleet-spec.ts";
import { problem, type Problem } from "./problem.ts";
import type { VolumeInput } from "./resolve-volume.ts";
import type { ResolvedVolume } from "./resolved.ts";

/** The volume of a node by its name: its group's, or its own where that was replaced alone. @param names of all nodes of the group */
export function resolveReplaced(input: VolumeInput, group: ResolvedVolume, names: readonly string[]): (node: string) => ResolvedVolume {
  const { spec: { replaced = {}, initializationRate } = {}, path, report } = input;
  for (const [name, own] of Object.entries(replaced)) {
    const at = `${path}.volume.replaced.${name}`;
    if (!names.includes(name)) report(problem(UnknownNode, { path: at, got: name, allowed: names }));
    for (const found of problemsOf(own, group, input.holdsKeys, at)) report(found);
  }
  return (node) => {
    const own = replaced[node];
    if (own === undefined) return group;
    const snapshotId = own.snapshot ?? group.snapshotId;
    return {
      ...group,
      generation: own.generation,
      sizeGiB: Math.max(own.sizeGiB ?? 0, group.sizeGiB),
      snapshotId,
      initializationRateMiBPerSec: snapshotId === undefined ? undefined : initializationRate,
    };
  };
}

function problemsOf(own: ReplacedVolumeSpec, group: ResolvedVolume, holdsKeys: boolean, path: string): readonly Problem[] {
  const { generation, snapshot, sizeGiB } = own;
  const { maximumGiB } = group;
  return [
    ...(generation > group.generation
      ? []
      : [problem(GenerationNotLater, { path: `${path}.generation`, got: generation, allowed: [`${group.generation + 1} to 999`] })]),
    ...(sizeGiB === undefined || sizeGiB <= maximumGiB
      ? []
      : [problem(InvalidVolume, { path: `${path}.sizeGiB`, got: sizeGiB, allowed: [`at most ${maximumGiB}, which is maximumGiB`] })]),
    ...(holdsKeys && snapshot !== undefined ? [problem(KeysForbidSnapshot, { path: `${path}.snapshot`, got: snapshot })] : []),
  ];
}
