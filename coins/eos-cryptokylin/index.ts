import { antelope, antelopeLocal, antelopePorts, antelopeSlots, defineCoin, noSnapshot, oneClient } from "@coinfleet/sdk";
import { privateNetwork, spring, testNetwork } from "@coinfleet/sdk";

export default defineCoin({
  id: "eos-cryptokylin",
  name: "EOS CryptoKylin",
  symbol: "KYLIN",
  status: {
    kind: "experimental",
    reason: "its repository was last changed in 2019 and pins a release of that time; nobody says that it still runs: use eos on jungle4",
    since: "2019-10-27",
  },
  ...antelope({
    chains: {
      kylin: { chainId: "5fff1dae8dc8e2fc4d5b23b2c7665c97f9e9d8edf2b6485a86ba311c25639191" },
      local: antelopeLocal,
    },
  }),
  clients: oneClient("nodeos", spring),
  networks: {
    kylin: testNetwork({
      ...antelopeSlots,
      memoryMiB: 61_440, // Its own configuration maps 64 GiB of state.
      instanceType: "r7i.2xlarge",
    }),
    local: privateNetwork({ ...antelopeSlots, ports: antelopePorts, memoryMiB: 1024, minimumTips: 1 }),
  },
  snapshot: noSnapshot(["kylin", "local"], "its own backups are not kept up; without an archive the client begins another chain"),
  upgrades: [],
});
