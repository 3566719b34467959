import assert from "node:assert/strict";
import { httpAt, privateNetwork, numberHeight, ProbeError, type NodeClient, type SyncStatus } from "@coinfleet/sdk";
import { describe, it } from "mocha";
import { z } from "zod";
import type { Recording } from "./recording.ts";
import { spoilings, takenIn, type Spoiling } from "./spoilt-answers.ts";

// Negative controls: a table that takes these careless checks for good ones would prove nothing about the real ones.

const status: SyncStatus = { height: 100, tipHash: "aa", tipTimeSec: 1_700_000_000, knownHeight: 100, peers: 8, isInitialSync: false };
const recording: Recording = {
  what: "at the tip",
  from: "invented",
  network: "regtest",
  exchanges: [
    { port: "rpc", path: "/tip", answer: { status: 200, text: '{"height":100,"isSyncing":false,"version":"1"}' } },
    { port: "rpc", path: "/known", answer: { status: 200, text: '{"height":"100"}' } },
  ],
  expected: { status },
};
const context = { networkName: "regtest", network: privateNetwork({ ports: {}, memoryMiB: 64 }), options: {} };
type Check = (node: NodeClient) => Promise<SyncStatus>;

const tip = z.object({ height: numberHeight, isSyncing: z.boolean() });
const careful: Check = async (node) => {
  const { height, isSyncing } = await httpAt(node, "rpc", tip, "/tip");
  const known = await httpAt(node, "rpc", z.object({ height: z.literal("100") }), "/known");
  return { ...status, height, knownHeight: Number(known.height), isInitialSync: isSyncing };
};

/** Each is taken in by something, by which its name is in the table. */
const careless: Readonly<Record<string, readonly [what: string, check: Check]>> = {
  "reads the beginning of a text as a number": [
    "numbers as hex text",
    async (node) => {
      const { height } = await httpAt(node, "rpc", z.object({ height: z.unknown() }), "/tip");
      return { ...status, height: Number.parseInt(String(height), 10) };
    },
  ],
  "rounds what is beyond 2^53": [
    "numbers beyond 2^53",
    async (node) => ({ ...status, height: (await httpAt(node, "rpc", z.object({ height: z.number() }), "/tip")).height }),
  ],
  "has a default for what is missing": [
    "a value that is missing",
    async (node) => ({ ...status, height: (await httpAt(node, "rpc", z.object({ height: z.number().default(0) }), "/tip")).height }),
  ],
  "swallows failures": [
    "a connection that is refused",
    async (node) => {
      await node.http("rpc", "/known").catch(() => undefined);
      return status;
    },
  ],
  "calls every failure the same": [
    "HTTP 401",
    async (node) => {
      try {
        return await careful(node);
      } catch {
        throw new ProbeError("starting", "wait");
      }
    },
  ],
  "throws what nobody can sort": [
    "null in the place of a value",
    async (node) => {
      const { height } = await httpAt(node, "rpc", z.object({ height: z.unknown() }), "/tip");
      return { ...status, height: z.number().parse(height) };
    },
  ],
};

const named = (what: string): Spoiling => {
  const found = spoilings.find((one) => one.what === what);
  assert.ok(found, what);
  return found;
};

describe("spoilt answers", () => {
  for (const spoiling of spoilings) {
    it(`do not take in a check that reads what it is told, and nothing else: ${spoiling.what}`, async () => {
      assert.deepEqual(await takenIn({ syncCheck: careful }, context, recording, spoiling), []);
    });
  }

  it("are made of everything that an answer holds", () => {
    const made = (what: string): readonly string[] =>
      recording.exchanges.flatMap(({ answer }) =>
        named(what)
          .spoil(answer)
          .map((one) => ("text" in one ? one.text : "")),
      );
    assert.deepEqual(made("numbers beyond 2^53"), [
      '{"height":9007199254740993,"isSyncing":false,"version":"1"}',
      '{"height":100,"isSyncing":false,"version":"9007199254740993"}',
      '{"height":"9007199254740993"}',
    ]);
    assert.deepEqual(made("text that holds a number as a number").at(-1), '{"height":100}');
    assert.deepEqual(made("numbers as hex text").at(-1), '{"height":"0x64"}');
    assert.equal(made("a value that is missing").length, 4);
    assert.deepEqual(made("text in the place of a truth value"), ['{"height":100,"isSyncing":"false","version":"1"}']);
    assert.equal(made("half an answer")[1], '{"height');
  });

  for (const [who, [what, syncCheck]] of Object.entries(careless)) {
    it(`find out a check that ${who}`, async () => {
      assert.notDeepEqual(await takenIn({ syncCheck }, context, recording, named(what)), []);
    });
  }

  it("may make a check more cautious, and never less", async () => {
    const cautious: Check = async (node) => {
      const { version } = await httpAt(node, "rpc", z.object({ version: z.string() }), "/tip");
      return { ...(await careful(node)), isInitialSync: version !== "1" };
    };
    assert.deepEqual(await takenIn({ syncCheck: cautious }, context, recording, named("empty text")), []);
    const syncing = { ...recording, expected: { status: { ...status, isInitialSync: true } } };
    const hopeful: Check = async (node) => {
      const { version } = await httpAt(node, "rpc", z.object({ version: z.string() }), "/tip");
      return { ...status, isInitialSync: version === "1" };
    };
    assert.notDeepEqual(await takenIn({ syncCheck: hopeful }, context, syncing, named("empty text")), []);
  });
});
