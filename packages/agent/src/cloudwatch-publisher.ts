import { CloudWatchClient, PutMetricDataCommand, type MetricDatum } from "@aws-sdk/client-cloudwatch";
import { metricNamespace, metrics, resolutionSec, type MetricName } from "@coinfleet/sdk";
import type { CloudClock } from "./cloud-clock.ts";
import { describeError, type Log } from "./log.ts";
import type { Samples } from "./samples.ts";

/** Who the samples are of, and where they go. */
export interface PublisherOptions {
  readonly environment: string;
  readonly node: string;
  readonly region: string;
  readonly log: Log;
  /** Hears of the date of each answer. */
  readonly clock: Pick<CloudClock, "note">;
}

interface Batch {
  readonly at: Date;
  readonly samples: Samples;
}

/** Ten minutes of probes. Older samples than that would raise alarms about the past. */
const keptBatches = 60;
/** PutMetricData takes at most 1,000 values; this many batches of our metrics stay well below. */
const batchesPerRequest = 40;

const isMetric = (name: string): name is MetricName => Object.hasOwn(metrics, name);

/** Sends samples to CloudWatch, one request per probe. Keeps what does not get through for a bounded time, and says what it dropped. */
export class CloudWatchPublisher {
  readonly #client: CloudWatchClient;
  readonly #options: PublisherOptions;
  #waiting: Batch[] = [];
  #isSending = false;
  #failures = 0;
  /** Samples dropped since the start. */
  droppedSamples = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#client = new CloudWatchClient({
      region: options.region,
      // The next probe is the next attempt: retries within one would only pile up.
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 2000, requestTimeout: 6000, throwOnRequestTimeout: true },
    });
    this.#client.middlewareStack.add(
      (next) => async (args) => {
        const sentMs = performance.now();
        const result = await next(args);
        options.clock.note(result.response, sentMs, performance.now());
        return result;
      },
      // Next to the connection: a refusal is still an answer there.
      { step: "deserialize", priority: "low" },
    );
  }

  /** Takes the samples of one probe and sends what waits, unless a request is under way. Never throws. */
  async publish(samples: Samples, at: Date): Promise<void> {
    this.#waiting.push({ at, samples });
    this.#dropOld();
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      await this.#sendWaiting();
    } finally {
      this.#isSending = false;
    }
  }

  async #sendWaiting(): Promise<void> {
    // Newest first: an alarm looks at the last minute, a dashboard can wait for the rest.
    const batches = this.#waiting.slice(-batchesPerRequest);
    try {
      await this.#client.send(
        new PutMetricDataCommand({ Namespace: metricNamespace, MetricData: batches.flatMap((batch) => this.#data(batch)) }),
      );
      this.#waiting = this.#waiting.filter((batch) => !batches.includes(batch));
      if (this.#failures > 0)
        this.#options.log.info("metrics are taken again", { failures: this.#failures, waiting: this.#waiting.length });
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      // The first one, and then one each ten minutes.
      if (this.#failures % 60 === 1) {
        this.#options.log.warn("metrics were not taken", {
          why: describeError(error),
          failures: this.#failures,
          waiting: this.#waiting.length,
        });
      }
    }
  }

  #dropOld(): void {
    const dropped = this.#waiting.splice(0, Math.max(0, this.#waiting.length - keptBatches));
    if (dropped.length === 0) return;
    const before = this.droppedSamples;
    this.droppedSamples += dropped.reduce((sum, { samples }) => sum + Object.keys(samples).length, 0);
    if (before === 0 || this.#failures % 60 === 1) {
      this.#options.log.warn("dropped samples that waited for more than ten minutes", {
        dropped: this.droppedSamples,
        oldest: dropped[0]?.at.toISOString(),
      });
    }
  }

  #data({ at, samples }: Batch): MetricDatum[] {
    const { environment, node } = this.#options;
    const Dimensions = [
      { Name: "Environment", Value: environment },
      { Name: "Node", Value: node },
    ];
    return Object.entries(samples).flatMap(([name, value]) =>
      isMetric(name)
        ? [{ MetricName: name, Dimensions, Timestamp: at, Unit: metrics[name].unit, Value: value, StorageResolution: resolutionSec(name) }]
        : [],
    );
  }
}
