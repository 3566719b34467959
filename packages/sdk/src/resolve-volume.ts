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
  const type = spec.type ?? "gp3";
  const need = network.volume ?? baselineVolume;
  const iops = spec.iops ?? need.iops;
  const throughput = type === "gp3" ? (spec.throughput ?? need.throughputMiBPerSec) : undefined;
  const generation = spec.generation ?? 1;
  const within = (key: string, value: number, low: number, high: number): void => {
    if (Number.isInteger(value) && value >= low && value <= high) return;
    report(problem(InvalidVolume, { path: at(key), got: value, allowed: [`${low} to ${high}`] }));
  };
  within("sizeGiB", sizeGiB, 1, 65_536);
  within("iops", iops, type === "gp3" ? 3000 : 100, type === "gp3" ? 80_000 : 256_000);
  within("generation", generation, 1, 999);
  if (throughput !== undefined) within("throughput", throughput, 125, Math.min(2000, Math.floor(iops / 4)));
  if (type === "io2" && spec.throughput !== undefined) {
    report(
      problem(InvalidVolume, { path: at("throughput"), got: spec.throughput, fix: "Remove it: io2's throughput follows from its IOPS." }),
    );
  }
  if (holdsKeys && spec.snapshot !== undefined) report(problem(KeysForbidSnapshot, { path: at("snapshot"), got: spec.snapshot }));
  return { generation, sizeGiB, type, iops, throughputMiBPerSec: throughput, snapshotId: spec.snapshot };
}

/** Today's data and a year of growth, plus a quarter: the grower acts at 80 %. `undefined` where nobody knows how large the data is. */
export function defaultSizeGiB({ kind, data }: Network): number | undefined {
  if (kind === "private") return 2;
  if (typeof data.sizeGiB !== "number" || typeof data.growthGiBPerYear !== "number") return undefined;
  return Math.ceil((data.sizeGiB + data.growthGiBPerYear) * 1.25);
}
