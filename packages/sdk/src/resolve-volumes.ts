import { GenerationNotLater, InvalidVolume, KeysForbidSnapshot, UnknownNode } from "./errors-data.ts";
import type { ReplacedVolumeSpec } from "./fleet-spec.ts";
import { problem, type Problem } from "./problem.ts";
import { resolveVolume, type VolumeInput } from "./resolve-volume.ts";
import type { ResolvedVolume } from "./resolved.ts";

/** The data volumes of a group. */
export interface GroupVolumes {
  /** Of a node that has none of its own. */
  readonly group: ResolvedVolume;
  /** Of a node by its name. */
  of(node: string): ResolvedVolume;
}

/** The group's volume, and those of nodes that were replaced alone; nothing after the reasons have been reported. `names` are those of all its nodes. */
export function resolveVolumes(input: VolumeInput & { readonly names: readonly string[] }): GroupVolumes | undefined {
  const { spec: { replaced = {}, initializationRate } = {}, names, path, report } = input;
  const group = resolveVolume(input);
  if (group === undefined) return undefined;
  for (const [name, own] of Object.entries(replaced)) {
    const at = `${path}.volume.replaced.${name}`;
    if (!names.includes(name)) report(problem(UnknownNode, { path: at, got: name, allowed: names }));
    for (const found of problemsOf(own, group, input.holdsKeys, at)) report(found);
  }
  const of = (node: string): ResolvedVolume => {
    const own = Object.hasOwn(replaced, node) ? replaced[node] : undefined;
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
  return { group, of };
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
