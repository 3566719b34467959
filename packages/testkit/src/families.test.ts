import assert from "node:assert/strict";
import {
  bitcoinRpc,
  btcdRpc,
  evm,
  evmAlone,
  monero,
  peersAndRpc,
  privateNetwork,
  ProbeError,
  type ProbeFailure,
  type SyncContext,
} from "@coinfleet/sdk";
import { describe, it } from "mocha";
import { fakeNode } from "./fake-node.ts";

const context = <O>(options: O, networkName = "mainnet"): SyncContext<O> => ({
  networkName,
  network: privateNetwork({ kind: networkName === "mainnet" ? "main" : "private", ports: peersAndRpc(1025, 1026), memoryMiB: 256 }),
  options,
});
const failsWith = (failure: ProbeFailure, checked: Promise<unknown>): Promise<void> =>
  assert.rejects(checked, { name: "ProbeError", failure });
const a = "a".repeat(64);
const b = "b".repeat(64);

describe("bitcoinRpc", () => {
  const family = bitcoinRpc({ daemon: "oakd", chains: { mainnet: { chain: "main", genesis: b } } });
  const options = { txindex: true, maxConnections: 125 };
  const good = {
    getblockchaininfo: { chain: "main", blocks: 100, headers: 102, bestblockhash: a, initialblockdownload: false },
    getblockhash: b,
    getblockheader: { hash: a, height: 100, time: 1_700_000_000 },
    getconnectioncount: 8,
  };
  const check = (changed: object): Promise<unknown> => family.syncCheck(fakeNode({ ...good, ...changed }), context(options));

  it("reads the height, the best headers and the tip's time", async () => {
    assert.deepEqual(await check({}), {
      height: 100,
      tipHash: a,
      tipTimeSec: 1_700_000_000,
      knownHeight: 102,
      peers: 8,
      isInitialSync: false,
    });
  });

  it("never knows of fewer blocks than it has", async () => {
    const status = await family.syncCheck(
      fakeNode({ ...good, getblockchaininfo: { ...good.getblockchaininfo, headers: 50 } }),
      context(options),
    );
    assert.equal(status.knownHeight, 100);
  });

  it("fails as starting while the client loads its block index", () =>
    failsWith("starting", check({ getblockchaininfo: new ProbeError("rpc-error", "Loading block index…", -28) })));
  it("fails as starting when the client restarts between two calls", () =>
    failsWith("starting", check({ getconnectioncount: new ProbeError("rpc-error", "Loading block index…", -28) })));
  it("fails on a fork that uses the same chain name", () => failsWith("wrong-network", check({ getblockhash: a })));
  it("fails on another chain", () =>
    failsWith("wrong-network", check({ getblockchaininfo: { ...good.getblockchaininfo, chain: "regtest" } })));
  it("fails when the header is another block's", () =>
    failsWith("malformed", check({ getblockheader: { ...good.getblockheader, height: 99 } })));
  it("fails when initialblockdownload is missing", () =>
    failsWith("malformed", check({ getblockchaininfo: { ...good.getblockchaininfo, initialblockdownload: undefined } })));
  it("fails when it is text", () =>
    failsWith("malformed", check({ getblockchaininfo: { ...good.getblockchaininfo, initialblockdownload: "false" } })));
  it("fails when the number of peers is negative", () => failsWith("malformed", check({ getconnectioncount: -1 })));
  it("fails when the tip has no time", () => failsWith("malformed", check({ getblockheader: { ...good.getblockheader, time: 0 } })));
});

describe("btcdRpc", () => {
  const family = btcdRpc({ daemon: "elmd", stopTimeoutSec: 60, chains: { mainnet: { chain: "mainnet", genesis: b } } });
  const options = { txindex: true, maxPeers: 125 };
  const info = { chain: "mainnet", blocks: 19, headers: 19, syncheight: 40, bestblockhash: a, initialblockdownload: false };
  const good = {
    getblockchaininfo: info,
    getblockhash: b,
    getblockheader: { hash: a, height: 19, time: 1_700_000_000 },
    getconnectioncount: 1,
  };
  const check = (changed: object): Promise<unknown> => family.syncCheck(fakeNode({ ...good, ...changed }), context(options));

  it("knows from syncheight that its peers are ahead although blocks and headers agree", async () => {
    assert.deepEqual(await check({}), {
      height: 19,
      tipHash: a,
      tipTimeSec: 1_700_000_000,
      knownHeight: 40,
      peers: 1,
      isInitialSync: false,
    });
  });

  it("fails without syncheight", () => failsWith("malformed", check({ getblockchaininfo: { ...info, syncheight: undefined } })));
  it("fails on another genesis block", () => failsWith("wrong-network", check({ getblockhash: a })));
});

describe("monero", () => {
  const family = monero({
    stopTimeoutSec: 60,
    miningAddress: "address",
    chains: { mainnet: { nettype: "mainnet", genesis: b }, regtest: { nettype: "fakechain" } },
  });
  const options = { prune: false, maxPeers: 64 };
  const info = {
    status: "OK",
    nettype: "mainnet",
    height: 101,
    target_height: 0,
    top_block_hash: a,
    synchronized: true,
    offline: false,
    incoming_connections_count: 2,
    outgoing_connections_count: 3,
  };
  const good = {
    get_info: info,
    get_block_header_by_height: { block_header: { hash: b, height: 0, timestamp: 0 } },
    get_block_header_by_hash: { block_header: { hash: a, height: 100, timestamp: 1_700_000_000 } },
  };
  const check = (changed: object): Promise<unknown> => family.syncCheck(fakeNode({ ...good, ...changed }), context(options));

  it("counts from zero where the client counts blocks", async () => {
    assert.deepEqual(await check({}), {
      height: 100,
      tipHash: a,
      tipTimeSec: 1_700_000_000,
      knownHeight: 100,
      peers: 5,
      isInitialSync: false,
    });
    assert.deepEqual(await check({ get_info: { ...info, target_height: 201 } }), {
      height: 100,
      tipHash: a,
      tipTimeSec: 1_700_000_000,
      knownHeight: 200,
      peers: 5,
      isInitialSync: false,
    });
  });

  it("is in its initial sync at block 0, whatever the client says", async () => {
    const atGenesis = {
      get_info: { ...info, height: 1, top_block_hash: b },
      get_block_header_by_hash: { block_header: { hash: b, height: 0, timestamp: 0 } },
    };
    const status = await family.syncCheck(fakeNode({ ...good, ...atGenesis }), context(options));
    assert.equal(status.isInitialSync, true);
  });

  it("fails when it runs offline on a public network", () => failsWith("rpc-error", check({ get_info: { ...info, offline: true } })));
  it("fails on another network", () => failsWith("wrong-network", check({ get_info: { ...info, nettype: "stagenet" } })));
  it("fails as starting while the client is busy", () => failsWith("starting", check({ get_info: { ...info, status: "BUSY" } })));
  it("fails on a chain without a first block", () => failsWith("malformed", check({ get_info: { ...info, height: 0 } })));

  it("fails to make a block while the client has no peer, and says so", () => {
    const { produceBlock } = family;
    assert.ok(typeof produceBlock === "function");
    return failsWith("starting", produceBlock(fakeNode({ generateblocks: { status: "BUSY" } }), context(options, "regtest")));
  });
});

describe("evm", () => {
  const family = evm({
    execution: "geth",
    consensus: "lighthouse",
    chains: {
      mainnet: { chainId: 1, flags: [], consensus: { network: "mainnet", checkpointUrl: "https://checkpoint.example" } },
      dev: { chainId: 1337, flags: [] },
    },
  });
  const hash = `0x${a}`;
  const block = { number: "0x64", hash, timestamp: "0x6553f100" };
  const beacon = { head_slot: "100", sync_distance: "0", is_syncing: false, is_optimistic: false, el_offline: false };
  const good = {
    eth_chainId: "0x1",
    eth_getBlockByNumber: block,
    eth_syncing: false,
    net_peerCount: "0x19",
    "/eth/v1/node/syncing": { data: beacon },
    "/eth/v1/node/peer_count": { data: { connected: "60" } },
  };
  const check = (changed: object, network = "mainnet"): Promise<unknown> =>
    family.syncCheck(fakeNode({ ...good, ...changed }), context({ maxPeers: 50 }, network));
  const status = { height: 100, tipHash: hash, tipTimeSec: 1_700_000_000, knownHeight: 100, peers: 25, isInitialSync: false };

  it("reads both clients", async () => {
    assert.deepEqual(await check({}), status);
  });

  it("has as many peers as the lonelier of its clients", async () => {
    assert.deepEqual(await check({ "/eth/v1/node/peer_count": { data: { connected: "0" } } }), { ...status, peers: 0 });
  });

  it("is in its initial sync while either client is", async () => {
    const syncing = { currentBlock: "0x64", highestBlock: "0xc8" };
    assert.deepEqual(await check({ eth_syncing: syncing }), { ...status, knownHeight: 200, isInitialSync: true });
    assert.deepEqual(await check({ "/eth/v1/node/syncing": { data: { ...beacon, is_syncing: true, sync_distance: "50" } } }), {
      ...status,
      knownHeight: 150,
      isInitialSync: true,
    });
    assert.deepEqual(await check({ "/eth/v1/node/syncing": { data: { ...beacon, is_optimistic: true } } }), {
      ...status,
      isInitialSync: true,
    });
  });

  it("serves the chain while only old transactions are still being indexed", async () => {
    assert.deepEqual(await check({ eth_syncing: { currentBlock: "0x64", highestBlock: "0x64", txIndexRemainingBlocks: "0x10" } }), status);
  });

  it("is in its initial sync at block 0, although the client says that it syncs nothing", async () => {
    const genesis = { ...block, number: "0x0" };
    assert.deepEqual(await check({ eth_getBlockByNumber: genesis }), { ...status, height: 0, knownHeight: 0, isInitialSync: true });
    assert.deepEqual(
      await check({
        eth_getBlockByNumber: genesis,
        eth_syncing: { currentBlock: "0x0", highestBlock: "0x0", txIndexRemainingBlocks: "0x1" },
      }),
      {
        ...status,
        height: 0,
        knownHeight: 0,
        isInitialSync: true,
      },
    );
  });

  it("asks a private network's single client only", async () => {
    const execution = Object.fromEntries(Object.entries(good).filter(([call]) => !call.startsWith("/eth/v1")));
    const node = fakeNode({ ...execution, eth_chainId: "0x539" });
    assert.deepEqual(await family.syncCheck(node, context({ maxPeers: 50 }, "dev")), status);
  });

  it("tells a client that works alone from one on a private network by block 0, at which only the former still waits", async () => {
    const alone = evmAlone({ execution: "geth", chains: { mainnet: { chainId: 1, flags: [] }, dev: { chainId: 1, flags: ["--dev"] } } });
    const node = fakeNode({ ...good, eth_getBlockByNumber: { ...block, number: "0x0" } });
    const isInitial = async (network: string): Promise<boolean> =>
      (await alone.syncCheck(node, context({ maxPeers: 50 }, network))).isInitialSync;
    assert.deepEqual([await isInitial("mainnet"), await isInitial("dev")], [true, false]);
  });

  it("fails when the consensus client has lost its execution client", () =>
    failsWith("rpc-error", check({ "/eth/v1/node/syncing": { data: { ...beacon, el_offline: true } } })));
  it("fails when the consensus client does not answer", () =>
    failsWith("refused", check({ "/eth/v1/node/syncing": new ProbeError("refused", "refused") })));
  it("fails on another chain id", () => failsWith("wrong-network", check({ eth_chainId: "0x38" })));
  it("fails when eth_syncing is true, which it never is", () => failsWith("malformed", check({ eth_syncing: true })));
  it("fails when there is no block", () => failsWith("malformed", check({ eth_getBlockByNumber: null })));
  it("fails when the number of peers is no quantity", () => failsWith("malformed", check({ net_peerCount: 25 })));
  it("fails when the method is missing", () =>
    failsWith("rpc-error", check({ net_peerCount: new ProbeError("rpc-error", "method not found", -32_601) })));
});
