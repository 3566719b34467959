import {
  assetPath,
  defineCoin,
  entryOf,
  evmAlone,
  evmDevNetwork,
  executionPorts,
  genesisAt,
  internalPort,
  networkPort,
} from "@coinfleet/sdk";
import { peerPort, pending, pendingDigests, tendermintStatus, unmeasured, type EvmAloneOptions, type SignedArchive } from "@coinfleet/sdk";
import type { Daemon, DaemonContext, NodeClient, SyncContext, SyncStatus } from "@coinfleet/sdk";

/** The chain that leads bor's: its name and first peers. The private network is bor alone. */
const leaders: Readonly<Record<string, { readonly chainId: string; readonly seeds: readonly string[] } | "none">> = {
  mainnet: {
    chainId: "heimdallv2-137",
    seeds: [
      "e019e16d4e376723f3adc58eb1761809fea9bee0@35.234.150.253:26656",
      "7f3049e88ac7f820fd86d9120506aaec0dc54b27@34.89.75.187:26656",
      "2d5484feef4257e56ece025633a6ea132d8cadca@35.246.99.203:26656",
    ],
  },
  amoy: {
    chainId: "heimdallv2-80002",
    seeds: [
      "e4eabef3111155890156221f018b0ea3b8b64820@35.197.249.21:26656",
      "811c3127677a4a34df907b021aad0c9d22f84bf4@34.89.39.114:26656",
      "2ec15d1d33261e8cf42f57236fa93cfdc21c1cfb@35.242.167.175:26656",
    ],
  },
  dev: "none",
};

const led = (name: string): readonly string[] => ["server", `--chain=${name}`, "--bor.heimdall=http://heimdalld:1317"];
const bor = evmAlone({
  execution: "bor",
  chains: {
    mainnet: { chainId: 137, flags: led("mainnet") },
    amoy: { chainId: 80_002, flags: led("amoy") },
    dev: { chainId: 1337, flags: ["server", "--dev"] },
  },
});

function renderHeimdall({ network, networkName, server, dataPath }: DaemonContext<unknown>, seeds: string, memoryMiB: number): Daemon {
  const at = (role: string): string => `tcp://0.0.0.0:${networkPort(network, role)}`;
  const config = [
    `genesis_file = "..${assetPath("genesis.json")}"`,
    ...["[p2p]", `laddr = "${at("heimdall-p2p")}"`, `seeds = "${seeds}"`, "[rpc]", `laddr = "${at("heimdall-rpc")}"`],
    ...["[instrumentation]", "prometheus = true", `prometheus_listen_addr = ":${networkPort(network, "heimdall-metrics")}"`, ""],
  ];
  const app = [
    ...["[api]", "enable = true", `address = "${at("heimdall-rest")}"`],
    ...["[custom]", `chain = "${networkName}"`, `eth_rpc_url = ${JSON.stringify(server().url)}`, `bor_rpc_url = "http://bor:8545"`],
    ...[`bor_grpc_flag = "false"`, ""],
  ];
  return {
    ...{ name: "heimdalld", client: "heimdalld", command: ["heimdalld", "start", `--home=${dataPath}`], memoryMiB, stopTimeoutSec: 300 },
    environment: { HOME: dataPath, GOMEMLIMIT: `${Math.floor(memoryMiB * 0.9)}MiB` },
    files: { "config.toml": config.join("\n"), "app.toml": app.join("\n") },
    dataFiles: { "config/config.toml": { link: "config.toml" }, "config/app.toml": { link: "app.toml" } },
    ports: ["heimdall-p2p", "heimdall-rpc", "heimdall-rest", "heimdall-metrics"],
  };
}

/** bor takes go-ethereum's switches, but for its metrics. */
function renderBor(ctx: DaemonContext<EvmAloneOptions>, memoryMiB: number): readonly Daemon[] {
  const metrics = `--metrics.prometheus-addr=0.0.0.0:${networkPort(ctx.network, "metrics")}`;
  return bor
    .daemons({ ...ctx, memoryMiB })
    .map((daemon) => ({ ...daemon, command: [...daemon.command.filter((word) => !word.startsWith("--metrics.")), metrics] }));
}

function daemons(ctx: DaemonContext<EvmAloneOptions>): readonly Daemon[] {
  const leader = entryOf(leaders, ctx.networkName);
  if (leader === "none") return renderBor(ctx, ctx.memoryMiB);
  const forHeimdall = Math.floor(ctx.memoryMiB * 0.25);
  return [renderHeimdall(ctx, leader.seeds.join(","), forHeimdall), ...renderBor(ctx, ctx.memoryMiB - forHeimdall)];
}

/** bor follows what heimdall knows: it is in sync only with heimdall. */
async function syncCheck(node: NodeClient, ctx: SyncContext<EvmAloneOptions>): Promise<SyncStatus> {
  const leader = entryOf(leaders, ctx.networkName);
  const status = await bor.syncCheck(node, ctx);
  if (leader === "none") return status;
  const { peers, isInitialSync } = await tendermintStatus(node, leader, "heimdall-rpc");
  return { ...status, peers: Math.min(status.peers, peers), isInitialSync: status.isInitialSync || isInitialSync };
}

const deb = (repository: string, file: string, binary: string, version: string): SignedArchive => {
  const url = `https://github.com/0xPolygon/${repository}/releases/download/v{version}/${file}-v{version}`;
  return {
    ...{ kind: "signedArchive", version, url: { x86_64: `${url}-amd64.deb`, arm64: `${url}-arm64.deb` } },
    sha256: {
      [version]: pendingDigests("no record of upstream's names them, and the two daemons' releases must fit each other (2026-11)"),
    },
    signature: { kind: "none", reason: "a .checksum file each; heimdall is also signed with cosign, which nothing here can check yet" },
    binaries: { [binary]: `usr/bin/${binary}` },
  };
};

const ports = {
  ...{ ...executionPorts, metrics: internalPort(7071, "bor's metrics"), "heimdall-p2p": peerPort(26_656, "heimdall's peers") },
  ...{ "heimdall-rpc": internalPort(26_657, "heimdall's CometBFT RPC"), "heimdall-rest": internalPort(1317, "heimdall's REST") },
  "heimdall-metrics": internalPort(26_660, "heimdall's metrics"),
};
const size = { memoryMiB: 61_440, instanceType: "m7g.4xlarge", volume: { iops: 16_000, throughputMiBPerSec: 1000 } };
const slots = { ports, ...size, blockIntervalSec: 2, blockArrival: "slots", tips: [], minimumTips: 2, settledDepth: 256 } as const;
const genesis = (name: string): ReturnType<typeof genesisAt> =>
  genesisAt(`https://storage.googleapis.com/${name}-heimdallv2-genesis/migrated_dump-genesis.json`);
const none = { kind: "none", reason: "upstream's have ended; the community's have no checksums: name your own under `restore`" } as const;

export default defineCoin({
  id: "polygon",
  name: "Polygon",
  symbol: "POL",
  ...bor,
  family: "polygon",
  clients: {
    heimdalld: { sources: { upstream: deb("heimdall-v2", "heimdall", "heimdalld", "0.12.1") } },
    bor: { sources: { upstream: deb("bor", "bor", "bor", "2.10.0") } },
  },
  networks: {
    mainnet: {
      ...{ kind: "main", ...slots, assets: genesis("mainnet") },
      data: {
        sizeGiB: 4500,
        growthGiBPerYear: pending("up to 105 GB a day unpruned"),
        source: "0xPolygon/polygon-docs snapshots.md (2026)",
      },
    },
    amoy: { kind: "test", ...slots, assets: genesis("amoy"), data: unmeasured("no source says how large it is: measure") },
    dev: evmDevNetwork,
  },
  requires: {
    what: "an Ethereum node, whose bridge events heimdall follows",
    coins: { ethereum: { mainnet: "mainnet", amoy: "sepolia" } },
    port: "rpc",
    outside: ["mainnet", "amoy"],
  },
  access: [...bor.access, { port: "heimdall-rpc", protocol: "http" }],
  daemons,
  syncCheck,
  snapshot: { mainnet: none, amoy: none, dev: { kind: "none", reason: "a private network starts empty" } },
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
