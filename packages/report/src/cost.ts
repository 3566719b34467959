import { textOf } from "@coinfleet/policy";
import { metrics } from "@coinfleet/sdk";
import { z } from "zod";
import type { Change, Preview, ResourceState } from "./engine-events.ts";
import { groupOf, type } from "./subject.ts";

const dated = { asOf: z.string(), source: z.string() };

/** List prices, as they are kept in the repository. */
export const pricesSchema = z.object({
  region: z.string(),
  hoursPerMonth: z.number(),
  instances: z.object({ ...dated, usdPerHour: z.record(z.string(), z.number()) }),
  gp3: z.object({
    ...dated,
    usdPerGiBMonth: z.number(),
    includedIops: z.number(),
    usdPerIopsMonth: z.number(),
    includedMiBPerSec: z.number(),
    usdPerMiBPerSecMonth: z.number(),
  }),
});

export type Prices = z.infer<typeof pricesSchema>;

/** US dollars a month. CloudWatch, Secrets Manager, KMS and VPC pricing pages, 2026-08. */
const monthly = {
  alarm: 0.1,
  fastAlarm: 0.3,
  metric: 0.3,
  dashboard: 3,
  secret: 0.4,
  key: 1,
  publicAddress: 3.65,
  advancedParameter: 0.05,
} as const;

/** What is left out, because it follows from use and not from the program. */
export const notCounted = "traffic, snapshots, logs taken in, requests, NAT, load balancers, discounts and tax";

/** Difference of one group, or of the environment's own things. */
interface CostLine {
  readonly group: string | undefined;
  readonly usd: number;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  /** Of everything in the environment after the change. */
  readonly totalUsd: number;
  /** Things that cost something which is not known here. */
  readonly unknown: readonly string[];
}

/** What a month would cost more or less, at list prices. */
export function costOf(preview: Preview, prices: Prices, groups: readonly string[]): Cost {
  const unknown = new Set<string>();
  const price = (state: ResourceState | undefined): number => {
    if (state === undefined) return 0;
    const usd = monthlyUsd(state, prices);
    if (usd === undefined) unknown.add(textOf(state.inputs["instanceType"] ?? state.inputs["type"] ?? state.type));
    return usd ?? 0;
  };
  const byGroup = Map.groupBy(preview.changes, (change) => groupOf(change, groups));
  const lines = [...byGroup].map(([group, of]) => ({ group, usd: of.reduce((sum, one) => sum + price(after(one)) - price(one.old), 0) }));
  const total = [...preview.unchanged, ...preview.changes].reduce((sum, one) => sum + price(after(one)), 0);
  return { lines: lines.filter(({ usd }) => Math.abs(usd) >= 0.005), totalUsd: total, unknown: [...unknown].sort() };
}

const after = ({ op, new: wanted }: Change): ResourceState | undefined => (op === "delete" ? undefined : wanted);

function monthlyUsd({ type: of, inputs }: ResourceState, prices: Prices): number | undefined {
  switch (of) {
    case type.instance: {
      const perHour = prices.instances.usdPerHour[String(inputs["instanceType"])];
      // Each node publishes every metric of the catalogue, has a root volume of 20 GiB and a public address.
      const rest = Object.keys(metrics).length * monthly.metric + monthly.publicAddress + 20 * prices.gp3.usdPerGiBMonth;
      return perHour === undefined ? undefined : perHour * prices.hoursPerMonth + rest;
    }
    case type.volume:
      return volumeUsd(inputs, prices);
    case type.alarm:
      return Number(inputs["period"]) < 60 ? monthly.fastAlarm : monthly.alarm;
    case type.secret:
      return monthly.secret;
    case type.key:
      return monthly.key;
    case type.parameter:
      return inputs["tier"] === "Advanced" ? monthly.advancedParameter : 0;
    case "aws:cloudwatch/dashboard:Dashboard":
      return monthly.dashboard;
    default:
      return 0;
  }
}

function volumeUsd(inputs: ResourceState["inputs"], { gp3 }: Prices): number | undefined {
  if (inputs["type"] !== "gp3") return undefined;
  const above = (value: unknown, included: number): number => Math.max(0, Number(value ?? included) - included);
  return (
    Number(inputs["size"]) * gp3.usdPerGiBMonth +
    above(inputs["iops"], gp3.includedIops) * gp3.usdPerIopsMonth +
    above(inputs["throughput"], gp3.includedMiBPerSec) * gp3.usdPerMiBPerSecMonth
  );
}
