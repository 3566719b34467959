import { readFileSync } from "node:fs";
import { join } from "node:path";
import { baselineVolume, defaultSizeGiB, type Network } from "@coinfleet/sdk";
import { z } from "zod";

const dated = { asOf: z.string(), source: z.string() };
const pricesSchema = z.object({
  region: z.string(),
  hoursPerMonth: z.number(),
  instances: z.strictObject({ ...dated, usdPerHour: z.record(z.string(), z.number()) }),
  gp3: z.strictObject({
    ...dated,
    usdPerGiBMonth: z.number(),
    includedIops: z.number(),
    usdPerIopsMonth: z.number(),
    includedMiBPerSec: z.number(),
    usdPerMiBPerSecMonth: z.number(),
  }),
});

/** List prices, with their dates and sources. */
export type Prices = z.infer<typeof pricesSchema>;

/** The prices that are kept as data beside this command. */
export function readPrices(): Prices {
  return pricesSchema.parse(JSON.parse(readFileSync(join(import.meta.dirname, "../prices.json"), "utf8")));
}

/** What one node costs a month at list prices, US dollars. `null`: not known. */
export interface MonthlyCost {
  readonly instanceUsd: number | null;
  readonly volumeUsd: number | null;
  /** Instance and data volume. Traffic, snapshots, metrics, alarms and tax come on top. */
  readonly totalUsd: number | null;
}

const cents = (usd: number): number => Math.round(usd * 100) / 100;

/** Cost of one node of a network with what its coin recommends: the instance, and a volume for the data and a year of growth. */
export function monthlyCost(network: Network, { hoursPerMonth, instances, gp3 }: Prices): MonthlyCost {
  const perHour = instances.usdPerHour[network.instanceType];
  const instanceUsd = perHour === undefined ? null : cents(perHour * hoursPerMonth);
  const sizeGiB = defaultSizeGiB(network);
  const { iops, throughputMiBPerSec } = network.volume ?? baselineVolume;
  const performance =
    Math.max(0, iops - gp3.includedIops) * gp3.usdPerIopsMonth +
    Math.max(0, throughputMiBPerSec - gp3.includedMiBPerSec) * gp3.usdPerMiBPerSecMonth;
  const volumeUsd = sizeGiB === undefined ? null : cents(sizeGiB * gp3.usdPerGiBMonth + performance);
  return { instanceUsd, volumeUsd, totalUsd: instanceUsd === null || volumeUsd === null ? null : cents(instanceUsd + volumeUsd) };
}
