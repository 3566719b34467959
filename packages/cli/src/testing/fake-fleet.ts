import type { FakeAws } from "./fake-aws.ts";

/** An instance as DescribeInstances lists it: node `number` of litecoin in the environment `test`. */
function instance(number: number, state: string): string {
  const tags = { environment: "test", group: "litecoin", node: `litecoin-${number}`, coin: "litecoin" };
  const items = Object.entries(tags).map(([key, value]) => `<item><key>coinfleet:${key}</key><value>${value}</value></item>`);
  return `<item><instanceId>i-${number}</instanceId><instanceState><name>${state}</name></instanceState><placement><availabilityZone>eu-central-1a</availabilityZone></placement><tagSet>${items.join("")}</tagSet></item>`;
}

/** `count` nodes of litecoin, the last one first. Asked for one node, that one. `stateOf` is called for each answer. */
export function fakeFleet(aws: FakeAws, count: number, stateOf = (): string => "running"): void {
  aws.on("DescribeInstances", (input) => {
    const filtered = Object.values(input).flatMap((value) => /^litecoin-(\d+)$/.exec(String(value))?.slice(1).map(Number) ?? []);
    const numbers = filtered.length > 0 ? filtered : Array.from({ length: count }, (_, index) => count - index);
    const instances = numbers.map((number) => instance(number, stateOf())).join("");
    return {
      xml: `<DescribeInstancesResponse><reservationSet><item><instancesSet>${instances}</instancesSet></item></reservationSet></DescribeInstancesResponse>`,
    };
  });
}

interface Query {
  readonly Id: string;
  readonly MetricStat: {
    readonly Metric: { readonly MetricName: string; readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[] };
  };
}

const isQueries = (value: unknown): value is readonly Query[] => Array.isArray(value);

/** What the nodes' agents publish: the samples of the last seconds, and of the next ones, as if time had passed. */
export function fakeMetrics(aws: FakeAws, figureOf: (node: string, metric: string) => number | undefined): void {
  aws.on("GetMetricData", ({ MetricDataQueries: queries }) => ({
    json: {
      MetricDataResults: (isQueries(queries) ? queries : []).map(({ Id, MetricStat: { Metric } }) => {
        const node = Metric.Dimensions.find(({ Name }) => Name === "Node")?.Value ?? "";
        const value = figureOf(node, Metric.MetricName);
        const times = value === undefined ? [] : [30, 20, 10, -5].map((second) => Date.now() / 1000 + second);
        return { Id, Timestamps: times, Values: times.map(() => value) };
      }),
    },
  }));
}

/** What DynamoDB answers to a lock that somebody else has. */
export function lockOf(aws: FakeAws, owner: string, reason: string): void {
  const Item = { Owner: { S: owner }, Reason: { S: reason }, Until: { N: String(Date.now() + 60_000) } };
  const refusal = { error: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", fields: { Item } };
  aws.on("PutItem", (input) => (input["ConditionExpression"] === undefined ? { json: {} } : refusal));
}

/** The account's identity. */
export function fakeCaller(aws: FakeAws, name: string): void {
  aws.on("GetCallerIdentity", () => ({
    xml: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::000000000000:assumed-role/operator/${name}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  }));
}
