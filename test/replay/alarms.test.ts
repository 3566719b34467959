import assert from "node:assert/strict";
import { findFork, judge, toSamples, type Memory, type Tip } from "@coinfleet/agent";
import { AlarmEvaluator, alarms, resolveHealth, type Alarm, type AlarmId, type Network, type ResolvedHealth } from "@coinfleet/sdk";
import { coins } from "../../coins/index.ts";
import { randomOf } from "../support/random-of.ts";

const stepSec = 10;
const startSec = 1_800_000_000;

interface World {
  /** Height and time of the chain's newest block; the node's own; what others say. Undefined: no answer. */
  readonly height: number;
  readonly tipTimeSec: number;
}

/** What is wrong from a moment on. */
interface Fault {
  readonly name: string;
  readonly apply: (view: View, at: World) => void;
  /** Alarms that must ring, and no other. */
  readonly rings: readonly AlarmId[];
  /** Seconds from the first moment at which it can be seen. */
  readonly withinSec?: number;
  readonly isServed: boolean;
}

/** What one round of an agent sees. Changed by faults. */
interface View {
  own: { height: number; tipTimeSec: number; peers: number; knownHeight: number } | undefined;
  tips: Tip[];
  settledHash: string;
  publishes: boolean;
}

class Node {
  readonly #health: ResolvedHealth;
  readonly evaluators: readonly (readonly [Alarm, AlarmEvaluator])[];
  #memory: Memory = { confirmedAtSec: undefined };
  isSynced = false;

  constructor(health: ResolvedHealth, change: (alarm: Alarm, threshold: number) => number = (_, threshold) => threshold) {
    this.#health = health;
    this.evaluators = alarms.flatMap((alarm) => {
      const threshold = alarm.threshold(health);
      return threshold === undefined ? [] : [[alarm, new AlarmEvaluator(alarm, change(alarm, threshold))] as const];
    });
  }

  /** A round; the alarms that begin to ring. */
  round(second: number, { own, tips, settledHash, publishes }: View): readonly AlarmId[] {
    const nowSec = startSec + second;
    const probe = own === undefined ? { problem: "refused" } : { ...own, tipHash: "aa", isInitialSync: false };
    const fork =
      own === undefined
        ? "unknown"
        : findFork([{ height: 10, hash: settledHash }], [[{ height: 10, hash: "a" }], [{ height: 10, hash: "a" }]]);
    const verdict = judge({ nowSec, elapsedSec: second, probe, tips, fork }, this.#health, this.#memory);
    this.#memory = verdict.memory;
    this.isSynced = publishes && verdict.isSynced;
    const samples = toSamples({
      nowSec,
      probe: "problem" in probe ? undefined : probe,
      verdict,
      tipsAvailable: tips.length,
      isForked: fork === "different",
      volume: { usedPercent: 50, daysToFull: 400 },
      restarts: 0,
      restorePercent: undefined,
      clockOffsetSec: undefined,
    });
    const values = new Map(Object.entries(samples));
    return this.evaluators.flatMap(([alarm, evaluator]) => {
      const before = evaluator.state;
      return evaluator.add(publishes ? values.get(alarm.metric) : undefined) === "ALARM" && before === "OK" ? [alarm.id] : [];
    });
  }
}

/** Every way in which a live chain makes blocks, once. */
const chains = [
  ...new Map(
    Object.values(coins).flatMap((coin) =>
      Object.entries<Network>(coin.networks)
        .filter(([, network]) => network.kind === "main")
        .map(
          ([name, network]) => [`${network.blockArrival} ${network.blockIntervalSec}`, { name: `${coin.id} ${name}`, network }] as const,
        ),
    ),
  ).values(),
];

/** Rounds and blocks: proof of work by an exponential law, slots on time. */
function* rounds(
  network: Network,
  random: () => number,
  days: number,
): Generator<{ second: number; world: World; seen: World; late: World }> {
  const next = (): number => (network.blockArrival === "work" ? -Math.log(1 - random()) : 1) * network.blockIntervalSec;
  const blocks: World[] = [{ height: 1000, tipTimeSec: startSec }];
  let nextSec = next();
  for (let second = stepSec; second <= days * 86_400; second += stepSec) {
    for (; nextSec <= second; nextSec += next()) blocks.push({ height: (blocks.at(-1)?.height ?? 0) + 1, tipTimeSec: startSec + nextSec });
    if (blocks.length > 2000) blocks.splice(0, 1000);
    const now = startSec + second;
    const before = (sec: number): World =>
      blocks.findLast(({ tipTimeSec }) => tipTimeSec <= now - sec) ?? { height: 1000, tipTimeSec: startSec };
    // A node hears of a block within seconds; a public service is asked only now and then.
    yield {
      second,
      world: before(0),
      seen: before(1 + 3 * random()),
      late: before(Math.min(120, Math.max(30, network.blockIntervalSec / 4)) * random()),
    };
  }
}

function view(seen: World, late: World, world: World): View {
  return {
    own: { height: seen.height, tipTimeSec: seen.tipTimeSec, peers: 8, knownHeight: seen.height },
    tips: [
      { source: "sibling", kind: "sibling", height: world.height },
      { source: "a", kind: "reference", height: late.height },
      { source: "b", kind: "reference", height: late.height },
    ],
    settledHash: "a",
    publishes: true,
  };
}

const faults: readonly Fault[] = [
  { name: "a dead node", apply: (v) => (v.own = undefined), rings: ["node-down"], withinSec: 60, isServed: false },
  { name: "a dead agent, or a dead host", apply: (v) => (v.publishes = false), rings: ["node-down"], withinSec: 60, isServed: false },
  { name: "a forked node", apply: (v) => (v.settledHash = "b"), rings: ["node-forked"], withinSec: 60, isServed: false },
  { name: "a node without peers", apply: (v) => v.own && (v.own.peers = 0), rings: ["node-has-no-peers"], withinSec: 60, isServed: false },
  {
    name: "no tip at all",
    apply: (v) => (v.tips = []),
    rings: ["tips-unavailable"],
    withinSec: 60,
    isServed: true,
  },
  {
    name: "a reference that is down",
    apply: (v) => (v.tips = v.tips.filter(({ source }) => source !== "b")),
    rings: [],
    isServed: true,
  },
  {
    name: "a reference that lies",
    apply: (v) => (v.tips = v.tips.map((tip) => (tip.source === "b" ? { ...tip, height: tip.height + 1000 } : tip))),
    rings: ["tips-disagree"],
    isServed: true,
  },
];

describe("replays of the alarms", function () {
  this.timeout(300_000);

  for (const { name, network } of chains) {
    const health = resolveHealth(network, { count: 2, tips: undefined });

    it(`30 quiet days of ${name} wake nobody`, () => {
      const node = new Node(health);
      const rung: string[] = [];
      for (const { second, world, seen, late } of rounds(network, randomOf(1), 30)) {
        for (const id of node.round(second, view(seen, late, world))) rung.push(`${id} at ${second}`);
      }
      assert.deepEqual(rung, []);
    });

    if (network.blockArrival === "work") {
      it(`${name} is silent for longer than its threshold at most once a year`, () => {
        const random = randomOf(2);
        const years = Math.min(400, (5e6 * network.blockIntervalSec) / 31_536_000);
        const blocks = Math.floor((years * 31_536_000) / network.blockIntervalSec);
        const falseAlarms = (thresholdSec: number): number => {
          let count = 0;
          // Three samples have to be above it.
          for (let block = 0; block < blocks; block++)
            if (-Math.log(1 - random()) * network.blockIntervalSec > thresholdSec + 2 * stepSec) count++;
          return count / years;
        };
        const perYear = falseAlarms(health.maxTipAgeSec);
        assert.ok(perYear <= 1 + 3 / Math.sqrt(years), `${perYear.toFixed(2)} a year`);
        // The negative control: what looks like a generous threshold.
        assert.ok(falseAlarms(health.maxTipAgeSec / 3) > 20);
      });
    }
  }

  const [chain] = chains.filter(({ network }) => network.blockArrival === "work");
  assert.ok(chain);
  const health = resolveHealth(chain.network, { count: 2, tips: undefined });

  /** An hour of good weather, then the fault. Alarms by id → seconds after it could be seen. */
  function replay(
    apply: Fault["apply"],
    visible: (v: View, world: World) => boolean = () => true,
    hours = 4,
  ): { readonly rung: Map<AlarmId, number>; readonly node: Node } {
    const node = new Node(health);
    const rung = new Map<AlarmId, number>();
    let visibleAt: number | undefined;
    for (const { second, world, seen, late } of rounds(chain?.network ?? assert.fail(), randomOf(3), (1 + hours) / 24)) {
      const current = view(seen, late, world);
      if (second > 3600) apply(current, world);
      if (second > 3600 && visibleAt === undefined && visible(current, world)) visibleAt = second;
      for (const id of node.round(second, current))
        if (!rung.has(id)) rung.set(id, visibleAt === undefined ? -1 : second - visibleAt + stepSec);
    }
    return { rung, node };
  }

  for (const { name, apply, rings, withinSec, isServed } of faults) {
    it(`${name} ${rings.length === 0 ? "rings nothing" : `rings ${rings.join(", ")} and nothing else`}`, () => {
      const { rung, node } = replay(apply, undefined, 0.4);
      assert.deepEqual([...rung.keys()], rings);
      for (const seconds of rung.values()) assert.ok(seconds > 0 && seconds <= (withinSec ?? 60), `${seconds} s`);
      assert.equal(node.isSynced, isServed);
    });
  }

  const isBehind = ({ own, tips }: View): boolean => (tips[1]?.height ?? 0) - (own?.height ?? 0) > health.maxBlocksBehind;

  for (const [name, belief] of [
    ["a stuck node", (height: number) => height + 5],
    ["a lying node, whose headers are its blocks", (height: number) => height],
  ] as const) {
    it(`${name} rings node-behind within a minute of the moment at which it is seen to be behind`, () => {
      let stuck: { height: number; tipTimeSec: number } | undefined;
      const { rung, node } = replay((v) => {
        stuck ??= v.own;
        if (stuck !== undefined) v.own = { ...stuck, peers: 8, knownHeight: belief(stuck.height) };
      }, isBehind);
      const seconds = rung.get("node-behind") ?? assert.fail("it never rang");
      assert.ok(seconds > 0 && seconds <= 60, `${seconds} s`);
      assert.equal(node.isSynced, false);
    });
  }

  it("a chain that stands still takes no node out of service, and rings as a silence and not as a lag", () => {
    let still: World | undefined;
    const { rung, node } = replay((v, world) => {
      still ??= world;
      const { height, tipTimeSec } = still;
      v.own = { height, tipTimeSec, peers: 8, knownHeight: height };
      v.tips = v.tips.map((tip) => ({ ...tip, height }));
    });
    assert.deepEqual([...rung.keys()], ["node-stalled"]);
    assert.equal(node.isSynced, true);
  });

  it("misses a stuck node when lag is not looked at: the negative control", () => {
    const node = new Node(health, (alarm, threshold) => (alarm.id === "node-behind" ? 1e9 : threshold));
    let stuck: View["own"];
    const rung: AlarmId[] = [];
    for (const { second, world, seen, late } of rounds(chain.network, randomOf(3), 0.03)) {
      const current = view(seen, late, world);
      if (second > 600) current.own = stuck ??= current.own;
      rung.push(...node.round(second, current));
    }
    assert.deepEqual(rung, []);
  });
});
