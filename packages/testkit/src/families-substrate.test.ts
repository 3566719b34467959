import assert from "node:assert/strict";
import { peersAndRpc, privateNetwork, substrate, substrateClients, type ProbeFailure, type SyncContext } from "@coinfleet/sdk";
import { describe, it } from "mocha";
import { fakeNode } from "./fake-node.ts";

const genesis = `0x${"a".repeat(64)}`;
const tip = `0x${"b".repeat(64)}`;
const final = `0x${"c".repeat(64)}`;
const now = "0x0068e5cf8b010000"; // 1,700,000,000,000 ms, the lowest byte first

describe("substrate", () => {
  const family = substrate({ main: { client: "oak", chain: "oak", genesis }, dev: { client: "oak", chain: "dev" } });
  const network = privateNetwork({ ports: peersAndRpc(1025, 1026), memoryMiB: 256 });
  const context: SyncContext<{ archive: boolean; maxPeers: number }> = {
    networkName: "main",
    network: { ...network, kind: "main" },
    options: { archive: false, maxPeers: 32 },
  };
  const good = {
    chain_getBlockHash: ([height]: readonly number[]) => (height === 0 ? genesis : tip),
    system_health: { peers: 8, isSyncing: false, shouldHavePeers: true },
    system_syncState: { startingBlock: 0, currentBlock: 100, highestBlock: 102 },
    chain_getHeader: ([hash]: readonly string[]) => ({ number: hash === final ? "0x61" : "0x64" }),
    chain_getFinalizedHead: final,
    state_getStorage: now,
  };
  const check = (changed: object): Promise<unknown> => family.syncCheck(fakeNode({ ...good, ...changed }), context);
  const failsWith = (failure: ProbeFailure, changed: object): Promise<void> =>
    assert.rejects(check(changed), { name: "ProbeError", failure });

  it("reads the time of the best block from the runtime's storage", async () => {
    const expected = { height: 100, tipHash: tip, tipTimeSec: 1_700_000_000, knownHeight: 102, peers: 8, isInitialSync: false };
    assert.deepEqual(await check({}), expected);
  });

  it("fails while blocks are not finalized, unless it is syncing", async () => {
    const lagging = { chain_getHeader: ([hash]: readonly string[]) => ({ number: hash === final ? "0x1" : "0x64" }) };
    await failsWith("rpc-error", lagging);
    await assert.doesNotReject(check({ ...lagging, system_health: { ...good.system_health, isSyncing: true } }));
  });

  it("is in its initial sync at block 0 of a public network, which has no time", async () => {
    const atGenesis = { chain_getHeader: { number: "0x0" }, state_getStorage: null };
    const expected = { height: 0, tipHash: genesis, tipTimeSec: 0, knownHeight: 102, peers: 8 };
    assert.deepEqual(await check(atGenesis), { ...expected, isInitialSync: true });
  });

  it("is no initial sync at block 0 of a private network, which is none of the public ones", async () => {
    const dev = { ...context, networkName: "dev", network };
    const own = { ...good, chain_getBlockHash: tip, chain_getHeader: { number: "0x0" } };
    const expected = { height: 0, tipHash: tip, tipTimeSec: 0, knownHeight: 102, peers: 8, isInitialSync: false };
    assert.deepEqual(await family.syncCheck(fakeNode(own), dev), expected);
    await assert.rejects(family.syncCheck(fakeNode(good), dev), { name: "ProbeError", failure: "wrong-network" });
  });

  it("fails on a chain with another first block", () => failsWith("wrong-network", { chain_getBlockHash: tip }));
  it("fails when the best block has no time", () => failsWith("malformed", { state_getStorage: null }));
  it("fails when the time is no eight bytes", () => failsWith("malformed", { state_getStorage: "0x40" }));
  it("fails when the time is zero", async () => {
    await failsWith("malformed", { state_getStorage: "0x0000000000000000" });
  });
  it("fails when isSyncing is text", () => failsWith("malformed", { system_health: { ...good.system_health, isSyncing: "false" } }));
  it("fails when the number of peers is missing", () =>
    failsWith("malformed", { system_health: { isSyncing: false, shouldHavePeers: true } }));
});

describe("substrateClients", () => {
  it("pins each binary of a release by itself, and leaves pending what is not pinned", () => {
    const digest = "d".repeat(64);
    const clients = substrateClients({
      from: "https://oak.example/{version}",
      version: "1",
      signer: { name: "Ann", fingerprint: "A".repeat(40) },
      sha256: { "1": { oak: digest } },
      clients: { oak: ["oak-worker"] },
    });
    const source = clients["oak"]?.sources["upstream"];
    assert.ok(source?.kind === "signedArchive");
    assert.deepEqual(source.url, { x86_64: "https://oak.example/{version}/oak" });
    assert.deepEqual(source.sha256, { "1": { x86_64: digest } });
    assert.deepEqual(source.companions?.[0]?.sha256, { "1": { x86_64: { pending: "no record of upstream's names it" } } });
  });
});
