import { readFile } from "node:fs/promises";
import type { AgentConfig, AgentStatus, Coin, NodeClient, SyncContext } from "@coinfleet/sdk";
import type { CloudClock } from "./cloud-clock.ts";
import type { CloudWatchPublisher } from "./cloudwatch-publisher.ts";
import type { GateRequest } from "./gate-request.ts";
import { describeError, type Log } from "./log.ts";
import { probe, type ProbeResult } from "./probe.ts";
import type { PrometheusMetrics } from "./prometheus.ts";
import type { RestartRequest } from "./restart-request.ts";
import { toSamples } from "./samples.ts";
import { findFork } from "./settled-blocks.ts";
import { pollSiblings, type SiblingReport } from "./siblings.ts";
import { TipReferences, type ReferenceReport } from "./tip-references.ts";
import { judge, type Memory, type Tip, type Verdict } from "./verdict.ts";
import type { VolumeWatch } from "./volume-usage.ts";

/** What an {@link Agent} works with. */
export interface AgentParts {
  readonly config: AgentConfig;
  readonly coin: Coin;
  readonly context: SyncContext<unknown>;
  readonly client: NodeClient;
  readonly publisher: Pick<CloudWatchPublisher, "publish" | "droppedSamples">;
  readonly clock: Pick<CloudClock, "now" | "offsetSec">;
  readonly prometheus: PrometheusMetrics;
  readonly gate: Pick<GateRequest, "update">;
  readonly restart: Pick<RestartRequest, "update">;
  readonly volume: Pick<VolumeWatch, "read">;
  /** File in which the host counts the starts of the daemons. */
  readonly startsFile: string;
  /** File in which the host says how far a restore is. */
  readonly restoreFile: string;
  readonly log: Log;
  /** TCP port of the siblings' agents. @default agentPort */
  readonly siblingPort?: number;
  /** Limit of one sync check. Shorter than the pause between two. @default 8000 */
  readonly probeTimeoutMs?: number;
}

/** Watches one node: asks, judges, and tells everybody who has to know. */
export class Agent {
  readonly #parts: AgentParts;
  readonly #references: TipReferences;
  #memory: Memory = { confirmedAtSec: undefined };
  #state: AgentStatus["state"] = "starting";
  #status: AgentStatus | undefined;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#references = new TipReferences(parts.config.health.tips, parts.config.health.blockIntervalSec);
  }

  /** Undefined until the first round has ended. */
  get status(): AgentStatus | undefined {
    return this.#status;
  }

  /** One round. `elapsedMs` comes from a clock that never jumps. Never throws for anything that a node, a sibling or a service does. */
  async round(elapsedMs: number): Promise<void> {
    const { config, coin, client, context, clock, gate, restart, publisher, prometheus, volume, siblingPort, probeTimeoutMs } = this.#parts;
    const [found, siblings, references] = await Promise.all([
      probe(coin, client, context, probeTimeoutMs ?? 8000),
      pollSiblings(config.siblings, config.networkName, siblingPort),
      this.#references.poll(elapsedMs),
    ]);
    const nowSec = clock.now().getTime() / 1000;
    const elapsedSec = elapsedMs / 1000;
    const tips = toTips(siblings, references);
    const fork =
      "status" in found
        ? findFork(
            found.settled,
            siblings.map((one) => one.settled),
          )
        : "unknown";
    const asked = "status" in found ? found.status : found;
    const verdict = judge({ nowSec, elapsedSec, probe: asked, tips, fork }, config.health, this.#memory);
    this.#memory = verdict.memory;
    this.#noteChange(verdict);
    this.#status = toStatus({ config, nowSec, found, siblings, references, verdict, droppedSamples: publisher.droppedSamples });

    await gate.update(verdict, elapsedSec);
    const height = "status" in found ? found.status.height : undefined;
    // It speaks to a service that may be slow, and metrics must not wait for that. It never throws.
    void restart.update({ verdict, height, tipsAvailable: tips.length, elapsedSec });
    const samples = toSamples({
      nowSec,
      probe: "status" in found ? found.status : undefined,
      verdict,
      tipsAvailable: tips.length,
      isForked: fork === "different",
      volume: await volume.read(elapsedSec),
      restarts: await this.#restarts(),
      restorePercent: await this.#restorePercent(),
      clockOffsetSec: clock.offsetSec,
      leftBehindAtSec: config.health.leftBehindAtSec,
    });
    prometheus.set(samples);
    await publisher.publish(samples, new Date(nowSec * 1000));
  }

  #noteChange({ state, why, isSynced }: Verdict): void {
    if (state === this.#state) return;
    const note = { from: this.#state, to: state, why };
    if (isSynced) this.#parts.log.info("state changed", note);
    else this.#parts.log.warn("state changed", note);
    this.#state = state;
  }

  async #restarts(): Promise<number> {
    return Math.max(0, Number.parseInt((await this.#hostFile(this.#parts.startsFile)) ?? "1", 10) - 1) || 0;
  }

  async #restorePercent(): Promise<number | undefined> {
    const text = await this.#hostFile(this.#parts.restoreFile);
    return text === undefined ? undefined : /"percent":([\d.]+)/.exec(text)?.slice(1).map(Number)[0];
  }

  /** A file that the host writes when there is something to say. */
  async #hostFile(path: string): Promise<string | undefined> {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isMissing) this.#parts.log.warn("a file of the host cannot be read", { path, why: describeError(error) });
      return undefined;
    }
  }
}

function toTips(siblings: readonly SiblingReport[], references: readonly ReferenceReport[]): readonly Tip[] {
  const answered = (kind: Tip["kind"], reports: readonly ReferenceReport[]): readonly Tip[] =>
    reports.flatMap(({ source, height }) => (height === undefined ? [] : [{ source, kind, height }]));
  return [...answered("sibling", siblings), ...answered("reference", references)];
}

interface StatusInput {
  readonly config: AgentConfig;
  readonly nowSec: number;
  readonly found: ProbeResult;
  readonly siblings: readonly SiblingReport[];
  readonly references: readonly ReferenceReport[];
  readonly verdict: Verdict;
  readonly droppedSamples: number;
}

function toStatus({ config, nowSec, found, siblings, references, verdict, droppedSamples }: StatusInput): AgentStatus {
  const { environment, node, coin, networkName } = config;
  const { state, isSynced, why, tip, blocksBehind } = verdict;
  return {
    version: 1,
    environment,
    node,
    coin,
    networkName,
    state,
    isSynced,
    why,
    probedAt: Math.round(nowSec),
    probe: "status" in found ? toProbe(found.status, nowSec) : undefined,
    tip,
    blocksBehind,
    tips: [...siblings, ...references].map(({ source, height, problem }) => ({ source, height, problem })),
    settled: "settled" in found ? found.settled : [],
    droppedSamples,
  };
}

function toProbe(
  { height, tipHash, tipTimeSec, knownHeight, peers, isInitialSync }: Extract<ProbeResult, { settled: unknown }>["status"],
  nowSec: number,
): AgentStatus["probe"] {
  return { height, tipHash, tipAgeSec: Math.max(0, Math.round(nowSec - tipTimeSec)), knownHeight, peers, isInitialSync };
}
