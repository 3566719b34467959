import assert from "node:assert/strict";
import { kvstoreChain, kvstoreNetwork, ProbeError, tendermint, type ProbeFailure, type SyncContext } from "@coinfleet/sdk";
import { describe, it } from "mocha";
import { fakeNode } from "./fake-node.ts";

const family = tendermint({ daemon: "oakd", minimumGasPrices: "1uoak", chains: { mainnet: { chainId: "oak-1" }, kvstore: kvstoreChain } });
const options = family.options.parse({});
const context: SyncContext<typeof options> = { networkName: "mainnet", network: kvstoreNetwork, options };
const tip = "A".repeat(64);
const sync = {
  latest_block_height: "100",
  latest_block_hash: tip,
  latest_block_time: "2023-11-14T22:13:20.999999999Z",
  catching_up: false,
};
const status = { node_info: { network: "oak-1" }, sync_info: sync };
const good = { status, net_info: { n_peers: "7" } };
const check = (changed: object): Promise<unknown> => family.syncCheck(fakeNode({ ...good, ...changed }), context);
const withSync = (changed: object): object => ({ status: { ...status, sync_info: { ...sync, ...changed } } });
const failsWith = (failure: ProbeFailure, checked: Promise<unknown>): Promise<void> =>
  assert.rejects(checked, { name: "ProbeError", failure });

describe("tendermint", () => {
  it("reads heights that are text and times with nanoseconds", async () => {
    const expected = { height: 100, tipHash: tip, tipTimeSec: 1_700_000_000, knownHeight: 100, peers: 7, isInitialSync: false };
    assert.deepEqual(await check({}), expected);
    assert.deepEqual(await check(withSync({ catching_up: true })), { ...expected, isInitialSync: true });
  });

  it("fails as starting while there is no block", () =>
    failsWith("starting", check(withSync({ latest_block_height: "0", latest_block_hash: "", latest_block_time: "0001-01-01T00:00:00Z" }))));
  it("fails on another chain id", () => failsWith("wrong-network", check({ status: { ...status, node_info: { network: "oak-2" } } })));

  const malformed: Readonly<Record<string, object>> = {
    "a height that is a number": withSync({ latest_block_height: 100 }),
    "a height beyond 2^53": withSync({ latest_block_height: "9007199254740993" }),
    "a height in hex": withSync({ latest_block_height: "0x64" }),
    "a tip without a hash": withSync({ latest_block_hash: "" }),
    "a tip in the year 1": withSync({ latest_block_time: "0001-01-01T00:00:00Z" }),
    "a time without a zone": withSync({ latest_block_time: "2023-11-14T22:13:20" }),
    "catching_up as text": withSync({ catching_up: "false" }),
    "peers that are a number": { net_info: { n_peers: 7 } },
  };
  for (const [what, changed] of Object.entries(malformed)) it(`fails on ${what}`, () => failsWith("malformed", check(changed)));

  it("fails when the peers cannot be asked for", () =>
    failsWith("rpc-error", check({ net_info: new ProbeError("rpc-error", "internal", -32_603) })));

  it("gives a block's hash, and fails on another block's", async () => {
    const meta = { block_id: { hash: tip }, header: { height: "98" } };
    const node = fakeNode({ blockchain: { block_metas: [meta] } });
    assert.equal(await family.blockHash(node, 98, context), tip);
    await failsWith("malformed", family.blockHash(node, 97, context));
    await failsWith("malformed", family.blockHash(fakeNode({ blockchain: { block_metas: [] } }), 98, context));
  });
});
