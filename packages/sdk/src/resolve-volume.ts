import { initializationRateMiBPerSec, volumeLimits } from "./aws-limits.ts";
import type { Network } from "./coin.ts";
import { InvalidVolume, KeysForbidSnapshot, VolumeSizeNeeded } from "./errors-data.ts";
import type { VolumeSpec } from "./fleet-spec.ts";
import { problem, type Problem } from "./problem.ts";
import type { ResolvedVolume } from "./resolved.ts";

/** What {@link resolveVolume} is given. */
export interface VolumeInput {
  readonly network: Network;
  readonly holdsKeys: boolean;
  readonly spec: VolumeSpec | undefined;
  /** Key path of the group. */
  readonly path: string;
  report(found: Problem): void;
}

/** What gp3 does at no extra price. */
export const baselineVolume = { iops: 3000, throughputMiBPerSec: 125 };

/** The data volume of each node of a group, or nothing after the reasons have been reported. */
export function resolveVolume({ network, holdsKeys, spec = {}, path, report }: VolumeInput): ResolvedVolume | undefined {
  const at = (key: string): string => `${path}.volume.${key}`;
  const sizeGiB = spec.sizeGiB ?? defaultSizeGiB(network);
  if (sizeGiB === undefined) {
    const reason = typeof network.data.sizeGiB === "number" ? "its growth is not known" : network.data.sizeGiB.pending;
    report(problem(VolumeSizeNeeded, { path: at("sizeGiB"), fix: `${reason}. ${VolumeSizeNeeded.hint}` }));
    return undefined;
  }
  const maximumGiB = spec.maximumGiB ?? Math.min(2 * sizeGiB, volumeLimits[spec.type ?? "gp3"].sizeGiB[1]);
  const volume = { generation: spec.generation ?? 1, sizeGiB, maximumGiB, ...performance(network, spec) };
  for (const found of limitProblems(volume, spec)) report(problem(InvalidVolume, { ...found, path: at(found.key) }));
  if (holdsKeys && spec.snapshot !== undefined) report(problem(KeysForbidSnapshot, { path: at("snapshot"), got: spec.snapshot }));
  const initializationRateMiBPerSec = spec.snapshot === undefined ? undefined : spec.initializationRate;
  return { ...volume, snapshotId: spec.snapshot, initializationRateMiBPerSec };
}

type Performance = Pick<ResolvedVolume, "type" | "iops" | "throughputMiBPerSec">;

function performance(network: Network, spec: VolumeSpec): Performance {
  const need = network.volume ?? baselineVolume;
  const type = spec.type ?? "gp3";
  return {
    type,
    iops: spec.iops ?? need.iops,
    throughputMiBPerSec: type === "gp3" ? (spec.throughput ?? need.throughputMiBPerSec) : undefined,
  };
}

interface LimitProblem {
  readonly key: keyof VolumeSpec;
  readonly got: number;
  readonly allowed?: readonly string[];
  readonly fix?: string;
}

/** Each figure against what EBS offers, and the figures against each other. */
function limitProblems(
  volume: Performance & Pick<ResolvedVolume, "sizeGiB" | "maximumGiB" | "generation">,
  spec: VolumeSpec,
): readonly LimitProblem[] {
  const limits = volumeLimits[volume.type];
  const within = (key: keyof VolumeSpec, got: number | undefined, [low, high]: readonly [number, number]): readonly LimitProblem[] =>
    got === undefined || (Number.isInteger(got) && got >= low && got <= high) ? [] : [{ key, got, allowed: [`${low} to ${high}`] }];
  const { sizeGiB, iops, throughputMiBPerSec: throughput, type } = volume;
  const [lowest, highest] = limits.throughputMiBPerSec ?? [0, 0];
  const carried = Math.min(highest, Math.floor(iops * (limits.throughputPerIops ?? 0)));
  const found = [
    ...within("sizeGiB", sizeGiB, limits.sizeGiB),
    ...within("maximumGiB", volume.maximumGiB, [Math.min(sizeGiB, limits.sizeGiB[1]), limits.sizeGiB[1]]),
    ...within("iops", iops, limits.iops),
    ...within("generation", volume.generation, [1, 999]),
    ...within("throughput", throughput, [lowest, carried]),
    ...within("initializationRate", spec.initializationRate, initializationRateMiBPerSec),
  ];
  const most = Math.max(limits.baselineIops, sizeGiB * limits.iopsPerGiB);
  if (iops > most && iops <= limits.iops[1])
    found.push({ key: "iops", got: iops, allowed: [`at most ${most}: ${type} has ${limits.iopsPerGiB} for each of ${sizeGiB} GiB`] });
  if (type === "io2" && spec.throughput !== undefined)
    found.push({ key: "throughput", got: spec.throughput, fix: "Remove it: io2's throughput follows from its IOPS." });
  const snapshots = [spec.snapshot, ...Object.values(spec.replaced ?? {}).map(({ snapshot }) => snapshot)];
  if (spec.initializationRate !== undefined && snapshots.every((one) => one === undefined))
    found.push({ key: "initializationRate", got: spec.initializationRate, fix: "Remove it: only a volume from a snapshot is filled." });
  return found;
}

/** Today's data and a year of growth, plus a quarter: the grower acts at 80 %. `undefined` where nobody knows how large the data is. */
export function defaultSizeGiB({ kind, data }: Network): number | undefined {
  if (kind === "private") return 2;
  if (typeof data.sizeGiB !== "number" || typeof data.growthGiBPerYear !== "number") return undefined;
  return Math.ceil((data.sizeGiB + data.growthGiBPerYear) * 1.25);
}
