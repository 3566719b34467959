import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import { awsSettings, calling, errorCode } from "./aws-call.ts";
import { findOne } from "./find-node.ts";

/** Which lines to print. */
export interface LogOptions {
  readonly node: string;
  readonly environment?: string | undefined;
  readonly region?: string | undefined;
  readonly daemon?: string | undefined;
  readonly sinceMs: number;
  readonly isFollowing: boolean;
}

const pollMs = 2_000;
// CloudWatch Logs shows events late and out of order by a few seconds: each look overlaps the one before.
const overlapMs = 30_000;

/** One page after the other of what is there now. */
async function* readEvents(
  client: CloudWatchLogsClient,
  group: string,
  streamPrefix: string,
  fromMs: number,
): AsyncGenerator<FilteredLogEvent> {
  let token: string | undefined;
  do {
    const command = new FilterLogEventsCommand({
      logGroupName: group,
      logStreamNamePrefix: streamPrefix,
      startTime: fromMs,
      nextToken: token,
    });
    const answer = await calling(
      "logs:FilterLogEvents",
      client.send(command).catch((cause: unknown) => {
        // The first line of the first container makes the stream; before it there is nothing to read.
        if (errorCode(cause) === "ResourceNotFoundException") return { events: [], nextToken: undefined };
        throw cause;
      }),
    );
    yield* answer.events ?? [];
    token = answer.nextToken;
  } while (token !== undefined && token !== "");
}

function line({ timestamp, logStreamName, message }: FilteredLogEvent): string {
  return `${new Date(timestamp ?? 0).toISOString()} ${logStreamName?.split("/").at(-1) ?? ""}: ${(message ?? "").trimEnd()}`;
}

/** Prints what a node's containers said, oldest first, and goes on if asked to. @throws {@link CliError} */
export async function printLogs(options: LogOptions, print: (line: string) => void): Promise<void> {
  const { environment, group, node } = await findOne(options);
  const client = new CloudWatchLogsClient(awsSettings(options.region));
  const streamPrefix = options.daemon === undefined ? `${node}/` : `${node}/${options.daemon}`;
  let seen = new Map<string, number>();
  let fromMs = options.sinceMs;
  for (;;) {
    const fresh: FilteredLogEvent[] = [];
    for await (const event of readEvents(client, `/coinfleet/${environment}/${group}`, streamPrefix, fromMs)) {
      const id = event.eventId ?? line(event);
      if (!seen.has(id)) fresh.push(event);
      seen.set(id, event.timestamp ?? 0);
    }
    fresh.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
    for (const event of fresh) print(line(event));
    if (!options.isFollowing) return;
    fromMs = Math.max(fromMs, (fresh.at(-1)?.timestamp ?? fromMs) - overlapMs);
    seen = new Map([...seen].filter(([, time]) => time >= fromMs));
    await sleep(pollMs);
  }
}
