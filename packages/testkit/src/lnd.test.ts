import assert from "node:assert/strict";
import { internalPort, lnd, peerPort, privateNetwork, ProbeError, type ProbeFailure, type SyncContext } from "@coinfleet/sdk";
import { describe, it } from "mocha";
import { fakeNode } from "./fake-node.ts";

const a = "a".repeat(64);
const options = { acceptLargeChannels: false };
const context: SyncContext<typeof options> = {
  networkName: "mainnet",
  network: privateNetwork({ ports: { p2p: peerPort(1025), rest: internalPort(1026, "REST") }, memoryMiB: 256 }),
  options,
};
const family = lnd({ chains: { mainnet: "mainnet" }, stopTimeoutSec: 60 });
const info = {
  block_height: 100,
  block_hash: a,
  best_header_timestamp: "1700000000",
  synced_to_chain: true,
  num_peers: 3,
  chains: [{ chain: "bitcoin", network: "mainnet" }],
};
const good = { "/v1/state": { state: "SERVER_ACTIVE" }, "/v1/getinfo": info };
const check = (changed: object): ReturnType<typeof family.syncCheck> => family.syncCheck(fakeNode({ ...good, ...changed }), context);
const failsWith = (failure: ProbeFailure, changed: object): Promise<void> =>
  assert.rejects(check(changed), { name: "ProbeError", failure });

describe("lnd", () => {
  it("reads the height and the tip of the chain that it follows", async () => {
    assert.deepEqual(await check({}), {
      height: 100,
      tipHash: a,
      tipTimeSec: 1_700_000_000,
      knownHeight: 100,
      peers: 3,
      isInitialSync: false,
    });
    assert.equal((await check({ "/v1/getinfo": { ...info, synced_to_chain: false } })).isInitialSync, true);
  });

  for (const state of ["NON_EXISTING", "LOCKED", "UNLOCKED", "RPC_ACTIVE", "WAITING_TO_START"]) {
    it(`fails as starting in the state ${state}, and asks no further`, () =>
      failsWith("starting", { "/v1/state": { state }, "/v1/getinfo": new Error() }));
  }

  it("fails in a state that nobody knows", () => failsWith("malformed", { "/v1/state": { state: "FINE" } }));
  it("fails on another network", () =>
    failsWith("wrong-network", { "/v1/getinfo": { ...info, chains: [{ chain: "bitcoin", network: "regtest" }] } }));
  it("fails on another chain than Bitcoin's", () =>
    failsWith("malformed", { "/v1/getinfo": { ...info, chains: [{ chain: "litecoin", network: "mainnet" }] } }));
  it("fails on a time as a number, which the gateway never writes", () =>
    failsWith("malformed", { "/v1/getinfo": { ...info, best_header_timestamp: 1_700_000_000 } }));
  it("fails when the macaroon opens nothing", () => failsWith("unauthorized", { "/v1/getinfo": new ProbeError("unauthorized", "401") }));

  it("turns the bytes of a hash round, as it is printed everywhere else", async () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    const node = fakeNode({ "/v2/chainkit/blockhash?block_height=7": { block_hash: bytes.toString("base64") } });
    assert.equal(await family.blockHash(node, 7, context), Buffer.from(bytes).reverse().toString("hex"));
  });

  it("fails on a hash that is too short", () =>
    assert.rejects(family.blockHash(fakeNode({ "/v2/chainkit/blockhash?block_height=7": { block_hash: "AAAA" } }), 7, context), {
      failure: "malformed",
    }));
});
