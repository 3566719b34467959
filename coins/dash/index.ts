import { archives, bitcoinPorts, bitcoinRpc, blockbook, blockchair, defineCoin, mainNetwork, noSnapshot, oneClient } from "@coinfleet/sdk";
import { pendingDigests, privateNetwork, readAnswer, signedArchive, signedBy, testNetwork, unmeasured } from "@coinfleet/sdk";
import { z } from "zod";

const work = { blockIntervalSec: 150, blockArrival: "work", data: unmeasured("the only figure, 100 GB, has no date: measure") } as const;
const masternodeSync = z.object({ IsSynced: z.boolean() });

const family = bitcoinRpc({
  daemon: "dashd",
  chains: {
    mainnet: { chain: "main", genesis: "00000ffd590b1485b3caadc19b22e6379c733355108f107a430458cdf3407ab6" },
    testnet: { chain: "test", genesis: "00000bafbc94add76cb75e2ec92894837288a481e5c005f6563d91623bf8bc2c" },
    regtest: { chain: "regtest", genesis: "000008ca1832a4baf228eb1553c03d3a2c8e02399550dd6ea8d65cec3ef23d2e" },
  },
});

export default defineCoin({
  id: "dash",
  name: "Dash",
  symbol: "DASH",
  ...family,
  async syncCheck(node, ctx) {
    const status = await family.syncCheck(node, ctx);
    // Nobody runs masternodes on a private network, so the list of them is never complete there.
    if (ctx.network.kind === "private") return status;
    const { IsSynced } = readAnswer(masternodeSync, await node.jsonRpc("rpc", "mnsync", ["status"]), "mnsync");
    return { ...status, isInitialSync: status.isInitialSync || !IsSynced };
  },
  clients: oneClient("dashd", {
    upstream: signedArchive({
      url: archives("https://github.com/dashpay/dash/releases/download/v{version}/dashcore-{version}-{machine}-linux-gnu.tar.gz"),
      sha256: {
        "24.0.0": pendingDigests("released on 2026-11-05; nobody here has seen its signed sums yet"),
        // From dashpay/guix.sigs, signatures checked.
        "23.1.8": {
          x86_64: "e664cad0fe860afa3d005be0db1eb06da598f2f83421083afae77191e3115825",
          arm64: "b96fef477ea01f5c47cc3d3f7de3fdd0bc8cc86f64660f720e8206d889604523",
        },
      },
      // pasta's key in dashpay/guix.sigs expired on 2026-08-16, before 24.0.0: a refreshed copy is needed, an expired one does not count.
      signature: signedBy(
        { name: "pasta", fingerprint: "29590362EC878A81FD3C202B52527BEDABE87984" },
        { name: "UdjinM6", fingerprint: "3F5D48C9F00293CD365A3A9883592BD1400D58D9" },
        { name: "knst", fingerprint: "15191D05B5CF956FE37C95962176C4A5D01EA524" },
      ),
      binaries: { dashd: "dashcore-{version}/bin/dashd" },
    }),
  }),
  networks: {
    mainnet: mainNetwork({ ...work, ports: bitcoinPorts(9999, 9998), tips: [blockchair("dash"), blockbook("dash1.trezor.io")] }),
    testnet: testNetwork({ ...work, ports: bitcoinPorts(19999, 19998) }),
    regtest: privateNetwork({ ports: bitcoinPorts(19899, 19898), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "testnet", "regtest"], "the only bootstrap was last renewed in 2024"),
  databaseSurvivesDowngrade: false,
  upgrades: [
    {
      name: "v24",
      network: "mainnet",
      release: "24.0.0",
      at: { height: 2_580_480, expected: "2026-11-28" },
      source: "release notes of 24.0.0",
    },
  ],
});
