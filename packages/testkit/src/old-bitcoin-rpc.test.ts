import assert from "node:assert/strict";
import { bitcoinRpc, peersAndRpc, privateNetwork, type DaemonContext, type NodeClient, type SyncContext } from "@coinfleet/sdk";
import { describe, it } from "mocha";
import { fakeNode } from "./fake-node.ts";

const a = "a".repeat(64);
const b = "b".repeat(64);
const options = { txindex: true, maxConnections: 125 };
const network = privateNetwork({ ports: peersAndRpc(1025, 1026), memoryMiB: 256 });
const context = (networkName: string): SyncContext<typeof options> => ({ networkName, network, options });

const old = bitcoinRpc({
  daemon: "oakd",
  core: 14,
  chains: { mainnet: { chain: "main", split: { height: 50, hash: b } }, regtest: { chain: "regtest" } },
});
const good = {
  getblockchaininfo: { chain: "main", blocks: 100, headers: 100, bestblockhash: a, verificationprogress: 0.99999 },
  getblockhash: ([height]: readonly unknown[]) => (height === 50 ? b : a),
  getblockheader: { hash: a, height: 100, time: 1_700_000_000 },
  getconnectioncount: 8,
};
const isInitialSync = async (info: object): Promise<boolean> => {
  const answers = { ...good, getblockchaininfo: { ...good.getblockchaininfo, ...info } };
  return (await old.syncCheck(fakeNode(answers), context("mainnet"))).isInitialSync;
};

describe("bitcoinRpc of an old client", () => {
  it("goes by the estimate of what is verified where the client has no word for its initial sync", async () => {
    assert.equal(await isInitialSync({}), false);
    assert.equal(await isInitialSync({ verificationprogress: 0.9998 }), true);
  });

  it("believes the word where there is one", async () => {
    assert.equal(await isInitialSync({ verificationprogress: 0.5, initialblockdownload: false }), false);
    assert.equal(await isInitialSync({ initialblockdownload: true }), true);
  });

  it("fails without either", () => assert.rejects(isInitialSync({ verificationprogress: undefined }), { failure: "malformed" }));

  it("fails on the other side of a chain split, once the split is there", async () => {
    const other = { ...good, getblockhash: a };
    await assert.rejects(old.syncCheck(fakeNode(other), context("mainnet")), { failure: "wrong-network" });
    const before = {
      ...other,
      getblockchaininfo: { ...good.getblockchaininfo, blocks: 49 },
      getblockheader: { ...good.getblockheader, height: 49 },
    };
    const { height, isInitialSync: isBefore } = await old.syncCheck(fakeNode(before), context("mainnet"));
    // Whose chain it is, nobody knows yet.
    assert.deepEqual({ height, isBefore }, { height: 49, isBefore: true });
  });

  it("writes a configuration without sections, which the client would skip", () => {
    const ctx: DaemonContext<typeof options> = {
      ...context("regtest"),
      dataPath: "/data",
      filesPath: "/etc/coinfleet",
      index: 1,
      siblings: ["node2.oak.internal"],
      memoryMiB: 256,
      server: () => assert.fail("it works alone"),
      secret: (name) => `{{secret:${name}}}`,
    };
    const [daemon] = old.daemons(ctx);
    const lines = daemon?.files?.["oakd.conf"]?.split("\n") ?? [];
    assert.deepEqual(
      lines.filter((line) => line.startsWith("[")),
      [],
    );
    for (const line of ["regtest=1", "port=1025", "rpcport=1026", "addnode=node2.oak.internal"]) assert.ok(lines.includes(line), line);
  });

  it("makes a block that pays an address, because the client knows no descriptors", async () => {
    const asked: unknown[] = [];
    const node: NodeClient = {
      ...fakeNode({}),
      jsonRpc: (_port, method, params) => {
        asked.push([method, params]);
        return Promise.resolve([a]);
      },
    };
    const { produceBlock } = old;
    assert.ok(typeof produceBlock === "function");
    await produceBlock(node, context("regtest"));
    assert.deepEqual(asked, [["generatetoaddress", [1, "2ND8PB9RrfCaAcjfjP1Y6nAgFd9zWHYX4DN"]]]);
  });
});
