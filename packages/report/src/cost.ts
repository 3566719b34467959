import { at, elements, textOf } from "@coinfleet/policy";
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
  services: z.object({
    ...dated,
    usdPerMonth: z.object({
      alarm: z.number(),
      /** Looks more often than once a minute. */
      fastAlarm: z.number(),
      compositeAlarm: z.number(),
      metric: z.number(),
      dashboard: z.number(),
      secret: z.number(),
      key: z.number(),
      advancedParameter: z.number(),
      hostedZone: z.number(),
      healthCheck: z.number(),
    }),
    usdPerHour: z.object({
      publicAddress: z.number(),
      natGateway: z.number(),
      interfaceEndpointPerZone: z.number(),
      loadBalancer: z.number(),
    }),
  }),
});

export type Prices = z.infer<typeof pricesSchema>;

/** What is left out, because it follows from use and not from the program. */
export const notCounted = "traffic, snapshots, images, logs taken in, requests, discounts and tax";

/** Difference of one group, or of the environment's own things. */
interface CostLine {
  readonly group: string | undefined;
  readonly usd: number;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  /** Of everything in the environment after the change. */
  readonly totalUsd: number;
  /** What has no price here, and is in none of the sums. */
  readonly unknown: readonly string[];
}

/** What a month would cost more or less, at list prices. */
export function costOf(preview: Preview, prices: Prices, groups: readonly string[]): Cost {
  const unknown = new Set<string>();
  const price = (state: ResourceState | undefined): number | undefined => {
    if (state === undefined) return 0;
    const usd = monthlyUsd(state, prices);
    if (usd === undefined) unknown.add(textOf(state.inputs["instanceType"] ?? state.inputs["type"] ?? state.type));
    return usd;
  };
  // What changes from or to something without a price is no saving: it is left out as a whole.
  const difference = (one: Change): number => {
    const [before, then] = [price(one.old), price(after(one))];
    return before === undefined || then === undefined ? 0 : then - before;
  };
  const byGroup = Map.groupBy(preview.changes, (change) => groupOf(change, groups));
  const lines = [...byGroup].map(([group, of]) => ({ group, usd: of.reduce((sum, one) => sum + difference(one), 0) }));
  const total = [...preview.unchanged, ...preview.changes].reduce((sum, one) => sum + (price(after(one)) ?? 0), 0);
  return { lines: lines.filter(({ usd }) => Math.abs(usd) >= 0.005), totalUsd: total, unknown: [...unknown].sort() };
}

const after = ({ op, new: wanted }: Change): ResourceState | undefined => (op === "delete" ? undefined : wanted);

function monthlyUsd({ type: of, inputs }: ResourceState, prices: Prices): number | undefined {
  const { usdPerMonth: month, usdPerHour: hour } = prices.services;
  const always = (usdPerHour: number): number => usdPerHour * prices.hoursPerMonth;
  switch (of) {
    case type.instance:
      return instanceUsd(inputs, prices);
    case type.volume:
      return volumeUsd(inputs, prices);
    case type.alarm:
      return Number(inputs["period"]) < 60 ? month.fastAlarm : month.alarm;
    case "aws:cloudwatch/compositeAlarm:CompositeAlarm":
      return month.compositeAlarm;
    case type.secret:
      return month.secret;
    case type.key:
      return month.key;
    case type.parameter:
      return inputs["tier"] === "Advanced" ? month.advancedParameter : 0;
    case "aws:cloudwatch/dashboard:Dashboard":
      return month.dashboard;
    case "aws:route53/zone:Zone":
      return month.hostedZone;
    case "aws:route53/healthCheck:HealthCheck":
      return month.healthCheck;
    case "aws:ec2/eip:Eip":
      return always(hour.publicAddress);
    case "aws:ec2/natGateway:NatGateway":
      return always(hour.natGateway);
    case "aws:ec2/vpcEndpoint:VpcEndpoint":
      return inputs["vpcEndpointType"] === "Interface" ? always(hour.interfaceEndpointPerZone) * elements(inputs["subnetIds"]).length : 0;
    case "aws:lb/loadBalancer:LoadBalancer":
      return always(hour.loadBalancer);
    default:
      return 0;
  }
}

/** Each node publishes every metric of the catalogue, and has a root volume. */
function instanceUsd(inputs: ResourceState["inputs"], { instances, gp3, services, hoursPerMonth }: Prices): number | undefined {
  const perHour = instances.usdPerHour[String(inputs["instanceType"])];
  const address = inputs["associatePublicIpAddress"] === true ? services.usdPerHour.publicAddress : 0;
  const root = Number(at(inputs, "rootBlockDevice", "volumeSize") ?? 0) * gp3.usdPerGiBMonth;
  const published = Object.keys(metrics).length * services.usdPerMonth.metric;
  return perHour === undefined ? undefined : (perHour + address) * hoursPerMonth + root + published;
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
