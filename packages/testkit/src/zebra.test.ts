import assert from "node:assert/strict";
import { mainNetwork, peersAndRpc, privateNetwork, zebra, type Network, type ProbeFailure, type SyncContext } from "@coinfleet/sdk";
import { describe, it } from "mocha";
import { fakeNode } from "./fake-node.ts";

const a = "a".repeat(64);
const b = "b".repeat(64);
const options = { peers: 25 };
const ports = peersAndRpc(1025, 1026);
const work = { ports, blockIntervalSec: 75, blockArrival: "work", data: { sizeGiB: 1, growthGiBPerYear: 1, source: "invented" } } as const;
const context = (network: Network, networkName: string): SyncContext<typeof options> => ({ networkName, network, options });
const mainnet = context(mainNetwork({ ...work, tips: [] }), "mainnet");
const family = zebra({
  stopTimeoutSec: 60,
  miningAddress: "address",
  chains: { mainnet: { network: "Mainnet", genesis: b }, regtest: { network: "Regtest", genesis: b } },
});
const info = { chain: "main", blocks: 1000, headers: 1000, estimatedheight: 1003, bestblockhash: a };
const good = {
  getblockchaininfo: info,
  getblockhash: b,
  getblockheader: { hash: a, height: 1000, time: 1_700_000_000 },
  getpeerinfo: [{ addr: "192.0.2.1:8233" }, { addr: "192.0.2.2:8233" }],
};
const check = (changed: object, where = mainnet): ReturnType<typeof family.syncCheck> =>
  family.syncCheck(fakeNode({ ...good, ...changed }), where);
const failsWith = (failure: ProbeFailure, changed: object): Promise<void> =>
  assert.rejects(check(changed), { name: "ProbeError", failure });

describe("zebra", () => {
  it("counts its peers, and takes the clock's estimate for no block that anybody has", async () => {
    assert.deepEqual(await check({}), {
      height: 1000,
      tipHash: a,
      tipTimeSec: 1_700_000_000,
      knownHeight: 1000,
      peers: 2,
      isInitialSync: false,
    });
  });

  it("is in its initial sync while the clock says that hours of blocks are missing", async () => {
    assert.equal((await check({ getblockchaininfo: { ...info, estimatedheight: 1101 } })).isInitialSync, true);
    assert.equal((await check({ getblockchaininfo: { ...info, estimatedheight: 1100 } })).isInitialSync, false);
  });

  it("does not go by the clock on a private network, which nobody mines by it", async () => {
    const regtest = context(privateNetwork({ ports, memoryMiB: 256 }), "regtest");
    assert.equal(
      (await check({ getblockchaininfo: { ...info, chain: "test", estimatedheight: 9_000_000 } }, regtest)).isInitialSync,
      false,
    );
  });

  it("fails on another chain, and on another first block", async () => {
    await failsWith("wrong-network", { getblockchaininfo: { ...info, chain: "test" } });
    await failsWith("wrong-network", { getblockhash: a });
  });
  it("fails when the header is another block's", () => failsWith("malformed", { getblockheader: { ...good.getblockheader, height: 999 } }));
  it("fails without the estimate", () => failsWith("malformed", { getblockchaininfo: { ...info, estimatedheight: undefined } }));
  it("fails when the peers are a number", () => failsWith("malformed", { getpeerinfo: 2 }));
});
