import {
  agentPort,
  binaryNames,
  clientOf,
  compareReleases,
  optionExamples,
  internalPort,
  environmentDefaults,
  networkDefaults,
  optionNames,
  privateNetwork,
  resolveFleet,
  serverPort,
  servedSecret,
  type Coin,
  type CoinRegistry,
  type Daemon,
  type FleetSpec,
  type GroupSpec,
  type Network,
  type ResolvedGroup,
  type TipReference,
} from "@coinfleet/sdk";
import { checkPin, checkSources, checkUrl, sha256Shape } from "./check-sources.ts";
import { parseConfig } from "./parse-config.ts";

/** A stack file with one group, which says no more than it must. */
export function specWith(coinId: string, group: GroupSpec): FleetSpec {
  return {
    environment: "conformance",
    file: "stacks/Pulumi.conformance.yaml",
    zones: ["eu-central-1a", "eu-central-1b"],
    network: { cidr: "10.0.0.0/16", ...networkDefaults },
    images: { base: "debian:bookworm-slim", promoted: {} },
    machineImage: { ids: { x86_64: "ami-00000000", arm64: "ami-00000001" }, distribution: "debian" },
    alerts: { page: [], warn: [] },
    logs: { retentionDays: 7 },
    ...environmentDefaults,
    nodes: { [coinId]: group },
  };
}

/** The group that the suite looks at: as many nodes as need no tip references of the stack file's, up to three, with a volume size. */
export function groupFor(coin: Coin, network: string, options?: unknown): ResolvedGroup {
  const count = Math.min(coin.networks[network]?.maximumNodes ?? 3, 3);
  const { registry, servedBy, nodes } = serverFor(coin, network);
  const group: GroupSpec = {
    network,
    count,
    volume: { sizeGiB: 100 },
    acceptRetired: true,
    servedBy,
    tips: tooFewTips(coin.networks[network], count) ? standInTips : undefined,
    ...(options === undefined ? {} : { options }),
  };
  const spec = specWith(coin.id, group);
  const resolved = resolveFleet({ [coin.id]: coin, ...registry }, { ...spec, nodes: { ...spec.nodes, ...nodes } }, new Date(0));
  const [only] = "fleet" in resolved ? resolved.fleet.groups : [];
  if (only === undefined)
    throw new Error(
      "problems" in resolved
        ? resolved.problems.map(({ name, path, got, fix }) => `${name} ${path} ${got ?? ""}: ${fix}`).join("; ")
        : "no group",
    );
  return only;
}

/** What a stack file has to name where a network has no references and its client no siblings. */
const standInTips: readonly TipReference[] = ["one", "two"].map((name) => ({ name, url: `https://${name}.example`, height: "" }));

function tooFewTips(network: Network | undefined, count: number): boolean {
  return network !== undefined && network.kind !== "private" && network.tips.length + count - 1 < network.minimumTips;
}

/** What serves the coin on a network: nothing, an address outside, or a group of a stand-in that has no more than the requirement names. */
function serverFor(
  coin: Coin,
  network: string,
): { readonly registry: CoinRegistry; readonly nodes: Readonly<Record<string, GroupSpec>>; readonly servedBy: string | undefined } {
  const { requires } = coin;
  const found = Object.entries(requires?.coins ?? {}).find(([, networks]) => networks[network] !== undefined);
  const servingNetwork = found?.[1][network];
  if (requires === undefined || found === undefined || servingNetwork === undefined) {
    return { registry: {}, nodes: {}, servedBy: requires?.outside?.includes(network) === true ? "https://server.example" : undefined };
  }
  const [id] = found;
  const server: Coin = {
    ...coin,
    id,
    requires: undefined,
    networks: { [servingNetwork]: privateNetwork({ ports: { [requires.port]: internalPort(1025, "serves") }, memoryMiB: 256 }) },
    snapshot: { [servingNetwork]: { kind: "none", reason: "a stand-in" } },
    secrets: requires.secret === undefined ? [] : [requires.secret],
    access: [],
    daemons: () => [],
  };
  return { registry: { [id]: server }, nodes: { server: { coin: id, network: servingNetwork } }, servedBy: "server" };
}

/** What is wrong with a coin, one sentence each. Empty: it may be registered. */
export function conformanceProblems(coin: Coin): readonly string[] {
  const found: string[] = [];
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(coin.id)) found.push(`id "${coin.id}" is not lower-case kebab`);
  if (!/^[A-Z0-9]{2,6}$/.test(coin.symbol)) found.push(`symbol "${coin.symbol}" is not 2 to 6 capitals`);
  for (const [name, client] of Object.entries(coin.clients)) found.push(...checkSources(name, client));
  for (const secret of coin.secrets) if (!/^[a-z][a-z0-9-]*$/.test(secret)) found.push(`secret "${secret}" is not lower-case kebab`);
  for (const { auth } of coin.access)
    if (auth !== undefined && !coin.secrets.includes(auth.secret))
      found.push(`access uses the secret "${auth.secret}", which is not declared`);
  for (const [name, network] of Object.entries(coin.networks))
    found.push(...checkNetwork(coin, name, network).map((what) => `${name}: ${what}`));
  found.push(...checkUpgradePins(coin));
  // A coin that is wrong in itself cannot be resolved, so what it renders is looked at afterwards.
  return found.length > 0
    ? found
    : [
        ...Object.keys(coin.networks).flatMap((name) => checkGroup(coin, name).map((what) => `${name}: ${what}`)),
        ...checkClients(coin),
        ...checkOptions(coin),
      ];
}

function checkNetwork(coin: Coin, name: string, network: Network): readonly string[] {
  const found: string[] = [];
  const taken = new Map<string, string>([[`${agentPort}/tcp`, "the agent"]]);
  for (const [role, { port, protocol, exposure, description }] of Object.entries(network.ports)) {
    const key = `${port}/${protocol}`;
    const owner = taken.get(key);
    if (role === serverPort) found.push(`port "${role}" has the name under which a sync check asks the server`);
    if (owner !== undefined) found.push(`port ${key} is used by ${owner} and ${role}`);
    taken.set(key, role);
    if (!Number.isInteger(port) || port < 1024 || port > 65_535) found.push(`port ${key} (${role}) needs root or does not exist`);
    if (description.trim() === "") found.push(`port ${role} has no description`);
    if (exposure === "public" && !role.includes("p2p") && !role.includes("quic"))
      found.push(`port ${role} is open to the world and is not for peers`);
  }
  if (coin.snapshot[name] === undefined) found.push("says nothing about its snapshot");
  if (network.data.source.trim() === "") found.push("does not say where the size of its data is from");
  if (network.kind === "private" ? network.tips.length > 0 : network.minimumTips < 2) found.push("its tips do not fit its kind");
  for (const [asset, { url, sha256 }] of Object.entries(network.assets ?? {}))
    found.push(...checkUrl(url), ...checkPin(asset, sha256, sha256Shape, "a sha256 digest"));
  for (const { url } of network.tips) if (!url.startsWith("https://")) found.push(`tip ${url} is not https`);
  if (!coin.access.some(({ port }) => network.ports[port] !== undefined)) found.push("the agent has no access to any port");
  return found;
}

/** A plugin that knows of a hard fork follows it, unless the stack file asks for something older. */
function checkUpgradePins(coin: Coin): readonly string[] {
  return coin.upgrades.flatMap((upgrade) => {
    const where = `upgrade "${upgrade.name}"`;
    const clientName = clientOf(coin, upgrade) ?? "";
    const [source] = Object.values(coin.clients[clientName]?.sources ?? {});
    const date = "date" in upgrade.at ? upgrade.at.date : upgrade.at.expected;
    return [
      ...(coin.networks[upgrade.network] === undefined ? [`${where}: there is no network "${upgrade.network}"`] : []),
      ...(date === undefined || isDate(date) ? [] : [`${where}: "${date}" is not a date like 2026-01-31`]),
      ...(source === undefined ? [`${where}: there is no client "${clientName}"`] : []),
      ...(source !== undefined && compareReleases(source.version, upgrade.release) < 0
        ? [`${where}: needs ${clientName} ${upgrade.release}, and ${source.version} is what runs by default`]
        : []),
    ];
  });
}

const isDate = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));

function checkGroup(coin: Coin, name: string): readonly string[] {
  return groupFor(coin, name).nodes.flatMap((node) => checkDaemons(coin, name, node.daemons).map((what) => `node ${node.index}: ${what}`));
}

function checkClients(coin: Coin): readonly string[] {
  const used = new Set(
    Object.keys(coin.networks).flatMap((name) => groupFor(coin, name).nodes.flatMap((node) => node.daemons.map((daemon) => daemon.client))),
  );
  return Object.keys(coin.clients).flatMap((name) => (used.has(name) ? [] : [`client ${name} is run by no network`]));
}

function checkDaemons(coin: Coin, networkName: string, daemons: readonly Daemon[]): readonly string[] {
  const found: string[] = [];
  const network = coin.networks[networkName];
  const memoryMiB = daemons.reduce((sum, daemon) => sum + daemon.memoryMiB, 0);
  if (network !== undefined && memoryMiB > network.memoryMiB) found.push(`daemons take ${memoryMiB} MiB of ${network.memoryMiB}`);
  const served = daemons.flatMap((daemon) => daemon.ports);
  for (const role of Object.keys(network?.ports ?? {})) if (!served.includes(role)) found.push(`no daemon serves the port "${role}"`);
  for (const daemon of daemons) found.push(...checkDaemon(coin, daemon).map((what) => `${daemon.name}: ${what}`));
  return found;
}

/** A path that leads nowhere else, without hidden parts. */
const pathBelow = /^(?!\.)[A-Za-z0-9._-]+(\/(?!\.)[A-Za-z0-9._-]+)*$/;

function checkDaemon(coin: Coin, daemon: Daemon): readonly string[] {
  const found: string[] = [];
  const commands = [daemon.command, ...(daemon.firstStart?.commands ?? [])];
  const firstWords = new Set(commands.map(([first = ""]) => first));
  const { sources = {}, runtimePrograms = [] } = coin.clients[daemon.client] ?? {};
  for (const [name, source] of Object.entries(sources)) {
    const binaries = binaryNames(source);
    for (const one of firstWords)
      if (!binaries.includes(one) && !runtimePrograms.includes(one)) found.push(`"${one}" is not a binary of the source ${name}`);
  }
  const visible = [...commands.flat(), ...Object.entries(daemon.environment ?? {}).flat()];
  if (visible.some((text) => text.includes("{{secret:")))
    found.push("a secret is in the command line or the environment, where docker shows it");
  if (visible.some((text) => /[\n\0]/.test(text))) found.push("a line break in the command line or the environment");
  const { firstStart, upgradeFile } = daemon;
  if (firstStart !== undefined && (firstStart.commands.length === 0 || !pathBelow.test(firstStart.creates)))
    found.push(`its first start makes "${firstStart.creates}", which is no path below the data directory, or runs nothing`);
  if (upgradeFile !== undefined && !pathBelow.test(upgradeFile))
    found.push(`its upgrade file "${upgradeFile}" is no path below the data directory`);
  if (!Number.isInteger(daemon.stopTimeoutSec) || daemon.stopTimeoutSec < 1 || daemon.stopTimeoutSec > 1800)
    found.push(`stop time ${daemon.stopTimeoutSec} s`);
  for (const [name, text] of Object.entries(daemon.files ?? {})) {
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) found.push(`file name "${name}"`);
    for (const [, secret = ""] of text.matchAll(/\{\{secret:([^}]*)\}\}/g))
      if (!coin.secrets.includes(secret) && secret !== servedSecret(coin.requires?.secret ?? ""))
        found.push(`${name}: secret "${secret}" is not declared`);
    found.push(...unreadable(name, text));
  }
  return [...found, ...checkDataFiles(daemon)];
}

function checkDataFiles({ files = {}, dataFiles = {} }: Daemon): readonly string[] {
  return Object.entries(dataFiles).flatMap(([path, file]) => {
    if (!/^\.?\w[\w.-]*(\/\.?\w[\w.-]*)*$/.test(path)) return [`data file "${path}" is no plain relative path`];
    if ("link" in file)
      return Object.hasOwn(files, file.link) ? [] : [`data file ${path} links to "${file.link}", which is not among the files`];
    return file.first.includes("{{secret:") ? [`data file ${path}: a secret would stay on the volume`] : unreadable(path, file.first);
  });
}

function unreadable(name: string, text: string): readonly string[] {
  try {
    parseConfig(name, text);
    return [];
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Every option that a stack file may set (one that takes no common value names `examples` in its `meta`) changes what some network's daemons are told. */
function checkOptions(coin: Coin): readonly string[] {
  return optionNames(coin.options).flatMap((name) => {
    const values = [true, false, 77, "https://option.example", ...optionExamples(coin.options, name)].filter(
      (value) => coin.options.safeParse({ [name]: value }).success,
    );
    if (values.length === 0) return [`option ${name}: the suite knows no value for it`];
    const reaches = Object.keys(coin.networks).some((network) => {
      const plain = JSON.stringify(groupFor(coin, network).nodes);
      return values.some((value) => JSON.stringify(groupFor(coin, network, { [name]: value }).nodes) !== plain);
    });
    return reaches ? [] : [`option ${name}: changes nothing`];
  });
}
