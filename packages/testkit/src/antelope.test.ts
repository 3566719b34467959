import assert from "node:assert/strict";
import { antelope, antelopeLocal, antelopePorts, privateNetwork, ProbeError, type ProbeFailure, type SyncContext } from "@coinfleet/sdk";
import { describe, it } from "mocha";
import { fakeNode } from "./fake-node.ts";

const family = antelope({ chains: { local: antelopeLocal } });
const options = family.options.parse({});
const network = privateNetwork({ ports: antelopePorts, memoryMiB: 1024 });
const context: SyncContext<typeof options> = { networkName: "local", network, options };
const info = {
  chain_id: antelopeLocal.chainId,
  head_block_num: 100,
  head_block_id: "a".repeat(64),
  head_block_time: "2023-11-14T22:13:20.500",
  fork_db_head_block_num: 103,
  last_irreversible_block_num: 97,
};
const connections = [{ connecting: false }, { connecting: true }, { connecting: false }];
const good = { "/v1/chain/get_info": info, "/v1/net/connections": connections };
const check = (changed: object): Promise<unknown> => family.syncCheck(fakeNode({ ...good, ...changed }), context);
const withInfo = (changed: object): object => ({ "/v1/chain/get_info": { ...info, ...changed } });
const failsWith = (failure: ProbeFailure, checked: Promise<unknown>): Promise<void> =>
  assert.rejects(checked, { name: "ProbeError", failure });

describe("antelope", () => {
  it("reads the head, its time as UTC, and the peers that are connected", async () => {
    assert.deepEqual(await check({}), {
      height: 100,
      tipHash: info.head_block_id,
      tipTimeSec: 1_700_000_000,
      knownHeight: 103,
      peers: 2,
      isInitialSync: false,
    });
  });

  it("fails on another chain", () => failsWith("wrong-network", check(withInfo({ chain_id: "b".repeat(64) }))));

  const malformed: Readonly<Record<string, object>> = {
    "a head below what is irreversible": withInfo({ last_irreversible_block_num: 101 }),
    "a height as text": withInfo({ head_block_num: "100" }),
    "a height beyond 2^53": withInfo({ head_block_num: 2 ** 53 }),
    "a time that is none": withInfo({ head_block_time: "soon" }),
    "a time before 1970": withInfo({ head_block_time: "1969-12-31T23:59:59.000" }),
    "no chain id": withInfo({ chain_id: undefined }),
    "connections that are no list": { "/v1/net/connections": {} },
  };
  for (const [what, changed] of Object.entries(malformed)) it(`fails on ${what}`, () => failsWith("malformed", check(changed)));

  it("fails when the connections are not served", () =>
    failsWith("rpc-error", check({ "/v1/net/connections": new ProbeError("rpc-error", "HTTP 404") })));

  it("gives a block's hash, and fails on another block's", async () => {
    const node = fakeNode({ "/v1/chain/get_block_info": { block_num: 98, id: "c".repeat(64) } });
    assert.equal(await family.blockHash(node, 98, context), "c".repeat(64));
    await failsWith("malformed", family.blockHash(node, 97, context));
  });
});
