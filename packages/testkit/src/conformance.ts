import assert from "node:assert/strict";
import { join } from "node:path";
import { ProbeError, type Coin, type NodeClient, type SyncContext } from "@coinfleet/sdk";
import { conformanceProblems, groupFor } from "./conformance-problems.ts";
import { constantNode, recordedNode } from "./fake-node.ts";
import { assertGolden } from "./golden.ts";
import { hostileNodes } from "./hostile-answers.ts";
import { missingFiles } from "./missing-parts.ts";
import { readRecordings } from "./recorded-situations.ts";
import type { Recording } from "./recording.ts";
import { spoilings, takenIn } from "./spoilt-answers.ts";

/** Where the suite's files are. */
export interface ConformanceFiles {
  /** Folder that the suite's messages are relative to. */
  readonly root: string;
  /** Folder of the coins: `<coin>/index.ts`. */
  readonly coins: string;
  /** Folder of the golden files: `<coin>/<network>.json`. */
  readonly golden: string;
  /** Folder of the recorded answers: `<coin>/<situation>.json`. */
  readonly recordings: string;
}

/** The conformance suite of one coin, over all of its networks. Proves nothing about the daemons themselves beyond what was recorded. */
export function describeConformance(coin: Coin, files: ConformanceFiles): void {
  describe(`coin ${coin.id}`, () => {
    it("is complete and consistent", () => {
      assert.deepEqual(conformanceProblems(coin), []);
    });
    it("lacks nothing", () => assert.deepEqual(missingFiles(coin, files), []));
    for (const name of Object.keys(coin.networks)) describe(name, () => describeNetwork(coin, name, files));
    describe("recorded answers", () => describeRecordings(coin, join(files.recordings, coin.id)));
  });
}

function contextOf(coin: Coin, networkName: string): SyncContext<unknown> {
  const network = coin.networks[networkName];
  if (network === undefined) throw new Error(`${coin.id} has no network "${networkName}"`);
  return { networkName, network, options: coin.options.parse({}) };
}

function describeNetwork(coin: Coin, name: string, files: ConformanceFiles): void {
  const context = contextOf(coin, name);
  it("renders the reviewed daemons", () => {
    const { release, clients, ports, access, health, nodes } = groupFor(coin, name);
    const versions = clients.map((client) => ({ name: client.name, version: client.version, source: client.sourceName }));
    const rendered = nodes.slice(0, 2).map(({ name: node, instanceType, volume, daemons }) => ({ node, instanceType, volume, daemons }));
    assertGolden(join(files.golden, coin.id, `${name}.json`), { release, clients: versions, ports, access, health, nodes: rendered });
  });
  for (const { what, node, failure } of hostileNodes) {
    it(`fails its sync check on ${what}`, async () => {
      const isRight = (error: unknown): boolean => error instanceof ProbeError && (failure === undefined || error.failure === failure);
      await assert.rejects(coin.syncCheck(node, context), isRight);
      await assert.rejects(coin.blockHash(node, 1, context), ProbeError);
    });
  }
  if (context.network.kind !== "private" && typeof coin.produceBlock === "function") {
    const { produceBlock } = coin;
    it("never makes a block here, whatever the node says", async () => {
      const asked = (): never => assert.fail("the node was asked");
      const node: NodeClient = { jsonRpc: asked, http: asked, text: asked, bytes: asked };
      await assert.rejects(produceBlock(node, context), { name: "ProbeError", failure: "wrong-network" });
    });
  } else if (typeof coin.produceBlock === "function") {
    const { produceBlock } = coin;
    it("fails to make a block when the node answers nonsense", async () => {
      await assert.rejects(produceBlock(constantNode({ blocks: [] }), context), ProbeError);
    });
  }
}

function describeRecordings(coin: Coin, folder: string): void {
  const recordings = readRecordings(folder);
  for (const { situation, recording } of recordings) {
    it(`are read rightly: ${situation}, ${recording.what}`, async () => {
      await checkRecording(coin, recording);
    });
  }
  // What is spoilt of a node in its initial sync says nothing good of it anyway.
  const good = recordings.filter(({ recording: { expected } }) => "status" in expected && !expected.status.isInitialSync);
  for (const spoiling of spoilings) {
    it(`are never taken for more than they say: ${spoiling.what}`, async () => {
      const found: string[] = [];
      for (const { situation, recording } of good) {
        const problems = await takenIn(coin, contextOf(coin, recording.network), recording, spoiling);
        found.push(...problems.map((problem) => `${situation}: ${problem}`));
      }
      assert.deepEqual(found, []);
    });
  }
  for (const network of Object.keys(coin.networks)) {
    it(`are refused on ${network} where another network gave them`, async () => {
      for (const { recording } of good.filter((one) => one.recording.network !== network))
        await checkRecording(coin, { ...recording, network, expected: { failure: "wrong-network" } });
    });
  }
}

async function checkRecording(coin: Coin, { network, exchanges, expected }: Recording): Promise<void> {
  const checked = coin.syncCheck(recordedNode(exchanges), contextOf(coin, network));
  if ("failure" in expected) await assert.rejects(checked, { name: "ProbeError", failure: expected.failure });
  else assert.deepEqual(await checked, expected.status);
}
