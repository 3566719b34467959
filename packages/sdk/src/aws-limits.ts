import type { VolumeSpec } from "./fleet-spec.ts";

type VolumeType = NonNullable<VolumeSpec["type"]>;

/** What EBS offers for a volume type. */
export interface VolumeLimits {
  readonly sizeGiB: readonly [low: number, high: number];
  readonly iops: readonly [low: number, high: number];
  /** IOPS that come with any size. */
  readonly baselineIops: number;
  /** Above the baseline, a volume has at most this many IOPS for each GiB. */
  readonly iopsPerGiB: number;
  /** MiB/s. Absent: it follows from the IOPS. */
  readonly throughputMiBPerSec?: readonly [low: number, high: number];
  /** MiB/s for each provisioned IOPS. */
  readonly throughputPerIops?: number;
}

/** Limits of EBS volumes (2026-11; Amazon EC2 API reference, CreateVolume, and EBS user guide, volume types). */
export const volumeLimits: Readonly<Record<VolumeType, VolumeLimits>> = {
  gp3: {
    sizeGiB: [1, 65_536],
    iops: [3000, 80_000],
    baselineIops: 3000,
    iopsPerGiB: 500,
    throughputMiBPerSec: [125, 2000],
    throughputPerIops: 0.25,
  },
  io2: { sizeGiB: [4, 65_536], iops: [100, 256_000], baselineIops: 0, iopsPerGiB: 1000 },
};

/** Rate at which a volume may be filled from its snapshot, MiB/s (2026-11; Amazon EC2 API reference, CreateVolume). */
export const initializationRateMiBPerSec = [100, 300] as const;

/** GiB for each vCPU, by the letters of a family before its generation (2026-11; EC2 user guide, instance types). */
const gibPerVcpu: Readonly<Record<string, number>> = { c: 2, m: 4, r: 8, i: 8, z: 8, is: 6, im: 4, x: 16 };
/** Burstable types are sized by hand. */
const burstableGiB: Readonly<Record<string, number>> = {
  nano: 0.5,
  micro: 1,
  small: 2,
  medium: 4,
  large: 8,
  xlarge: 16,
  "2xlarge": 32,
};

/** Memory of an EC2 instance type, MiB. `undefined` for one of a family that is not known here. */
export function instanceMemoryMiB(instanceType: string): number | undefined {
  const [, family = "", size = ""] = /^([a-z]+)\d+[a-z]*(?:-flex)?\.(.+)$/.exec(instanceType) ?? [];
  const gib = family === "t" ? burstableGiB[size] : perVcpu(family, size);
  return gib === undefined ? undefined : gib * 1024;
}

function perVcpu(family: string, size: string): number | undefined {
  const ratio = gibPerVcpu[family];
  const vcpus = vcpusOf(size);
  return ratio === undefined || vcpus === undefined ? undefined : ratio * vcpus;
}

function vcpusOf(size: string): number | undefined {
  if (size === "medium") return 1;
  if (size === "large") return 2;
  const [, times] = /^(\d*)xlarge$/.exec(size) ?? [];
  return times === undefined ? undefined : 4 * (times === "" ? 1 : Number(times));
}
