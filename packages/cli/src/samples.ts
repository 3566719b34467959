import { GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchClient, MetricDataQuery, MetricDataResult } from "@aws-sdk/client-cloudwatch";
import type { MetricName } from "@coinfleet/sdk";
import { metricNamespace } from "@coinfleet/sdk";
import { calling } from "./aws-call.ts";

/** One data point. */
export interface Sample {
  readonly timeMs: number;
  readonly value: number;
}

/** A node's samples by metric, newest first. A metric without samples is absent. */
export type NodeSamples = Readonly<Partial<Record<MetricName, readonly Sample[]>>>;

/** Which samples to read. */
export interface SampleRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly periodSec: number;
  readonly statistic: "Minimum" | "Maximum";
}

/** A node as CloudWatch knows it. */
export interface MetricNode {
  readonly environment: string;
  readonly node: string;
}

const queriesPerCall = 500;

function query(id: string, { environment, node }: MetricNode, metric: MetricName, range: SampleRange): MetricDataQuery {
  const dimensions = [
    { Name: "Environment", Value: environment },
    { Name: "Node", Value: node },
  ];
  const stat = {
    Metric: { Namespace: metricNamespace, MetricName: metric, Dimensions: dimensions },
    Period: range.periodSec,
    Stat: range.statistic,
  };
  return { Id: id, MetricStat: stat, ReturnData: true };
}

async function readAll(client: CloudWatchClient, queries: readonly MetricDataQuery[], range: SampleRange): Promise<MetricDataResult[]> {
  const results: MetricDataResult[] = [];
  let token: string | undefined;
  do {
    const answer = await calling(
      "cloudwatch:GetMetricData",
      client.send(
        new GetMetricDataCommand({
          MetricDataQueries: [...queries],
          StartTime: new Date(range.fromMs),
          EndTime: new Date(range.toMs),
          ScanBy: "TimestampDescending",
          NextToken: token,
        }),
      ),
    );
    results.push(...(answer.MetricDataResults ?? []));
    token = answer.NextToken;
  } while (token !== undefined && token !== "");
  return results;
}

function samplesOf(result: MetricDataResult): Sample[] {
  const values = result.Values ?? [];
  const samples = (result.Timestamps ?? []).flatMap((time, index) => {
    const value = values[index];
    return value === undefined ? [] : [{ timeMs: time.getTime(), value }];
  });
  return samples.sort((a, b) => b.timeMs - a.timeMs);
}

const nodeKey = ({ environment, node }: MetricNode): string => `${environment}/${node}`;

/** Reads metrics of many nodes in as few calls as there can be: 500 series in each. */
export async function readSamples(
  client: CloudWatchClient,
  nodes: readonly MetricNode[],
  metrics: readonly MetricName[],
  range: SampleRange,
): Promise<(node: MetricNode) => NodeSamples> {
  const wanted = nodes.flatMap((node) => metrics.map((metric) => ({ node, metric })));
  const queries = wanted.map(({ node, metric }, index) => query(`m${index}`, node, metric, range));
  const chunks = Array.from({ length: Math.ceil(queries.length / queriesPerCall) }, (_, index) =>
    queries.slice(index * queriesPerCall, (index + 1) * queriesPerCall),
  );
  const results = (await Promise.all(chunks.map((chunk) => readAll(client, chunk, range)))).flat();
  const byNode = new Map<string, Partial<Record<MetricName, readonly Sample[]>>>();
  for (const result of results) {
    const series = wanted[Number(result.Id?.slice(1))];
    const samples = samplesOf(result);
    if (series === undefined || samples.length === 0) continue;
    const key = nodeKey(series.node);
    const own = byNode.get(key) ?? {};
    // A series may come in several pages.
    own[series.metric] = [...(own[series.metric] ?? []), ...samples].sort((a, b) => b.timeMs - a.timeMs);
    byNode.set(key, own);
  }
  return (node) => byNode.get(nodeKey(node)) ?? {};
}
