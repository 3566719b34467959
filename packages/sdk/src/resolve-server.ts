import { serverPort, type Access, type Coin, type Requirement, type Server } from "./coin.ts";
import { ServerNeeded, UnfitServer } from "./errors-data.ts";
import type { GroupSpec } from "./fleet-spec.ts";
import { networkPort } from "./network-port.ts";
import { problem, type Problem } from "./problem.ts";
import type { CoinRegistry } from "./resolve.ts";
import type { ResolvedNode, ResolvedServer } from "./resolved.ts";

/** What {@link resolveServer} is given. */
export interface ServerInput {
  readonly coins: CoinRegistry;
  /** Every group of the fleet, this one included. */
  readonly groups: Readonly<Record<string, GroupSpec>>;
  readonly coin: Coin;
  readonly spec: GroupSpec;
  readonly path: string;
  report(found: Problem): void;
}

/** What serves a group: one server for each of its nodes, and what of a group of the fleet must be opened for that. */
export interface Service {
  /** Server of the node at a 0-based position. Undefined where the coin needs none. */
  serverOf(position: number): Server | undefined;
  readonly group?: ResolvedServer;
  /** How the agent of the node at a 0-based position asks its server. Empty where the sync check does not. */
  accessOf(position: number): Pick<ResolvedNode, "server">;
}

/** Name of a server's secret among those of the served node: no secret of a coin's own has a slash. */
export const servedSecret = (secret: string): string => `server/${secret}`;

/** What serves a group, or nothing after a mistake has been reported. */
export function resolveServer(input: ServerInput): Service | undefined {
  const { coin, groups, spec, path, report } = input;
  const { requires } = coin;
  const { servedBy } = spec;
  const isNeeded = requires !== undefined && needs(requires, spec.network);
  if (requires === undefined || !isNeeded) {
    const fix = "The client works alone here: remove `servedBy`.";
    if (servedBy !== undefined) report(problem(UnfitServer, { path: `${path}.servedBy`, got: servedBy, fix }));
    return { serverOf: () => undefined, accessOf: () => ({}) };
  }
  const isOutsideAllowed = requires.outside?.includes(spec.network) === true;
  const fitting = Object.keys(groups).filter((name) => servingCoin(input, requires, groups[name], name) !== undefined);
  const allowed = [...fitting, ...(isOutsideAllowed ? ["an https address without a user name in it"] : [])];
  if (servedBy === undefined) {
    report(problem(ServerNeeded, { path: `${path}.servedBy`, allowed, fix: `${coin.name} needs ${requires.what}. ${ServerNeeded.hint}` }));
    return undefined;
  }
  const outside = isOutsideAllowed ? outsideServer(servedBy) : undefined;
  if (outside !== undefined) return { serverOf: () => outside, accessOf: () => accessTo(requires, outside) };
  const service = Object.hasOwn(groups, servedBy) ? groupService(input, requires, servedBy) : undefined;
  if (service === undefined) {
    const fix = `${coin.name} needs ${requires.what}. ${UnfitServer.hint}`;
    report(problem(UnfitServer, { path: `${path}.servedBy`, got: servedBy, allowed, fix }));
  }
  return service;
}

function needs({ coins, outside }: Requirement, network: string): boolean {
  return outside?.includes(network) === true || Object.values(coins).some((networks) => Object.hasOwn(networks, network));
}

/** The coin that a group runs, if it may serve this one. */
function servingCoin({ coins, spec }: ServerInput, requires: Requirement, group: GroupSpec | undefined, name: string): Coin | undefined {
  const id = group?.coin ?? name;
  const fits = Object.hasOwn(requires.coins, id) && group?.network !== undefined && requires.coins[id]?.[spec.network] === group.network;
  const coin = fits && Object.hasOwn(coins, id) ? coins[id] : undefined;
  // One step: what serves others is served by nobody, so no group can wait for itself.
  return coin?.requires === undefined ? coin : undefined;
}

function groupService(input: ServerInput, requires: Requirement, name: string): Service | undefined {
  const group = input.groups[name];
  const coin = servingCoin(input, requires, group, name);
  const network = group === undefined ? undefined : coin?.networks[group.network];
  if (coin === undefined || network === undefined) return undefined;
  const { secret } = requires;
  const port = network.ports[requires.port];
  if (port === undefined || (secret !== undefined && !coin.secrets.includes(secret)))
    throw new Error(
      `coin ${input.coin.id} requires the port "${requires.port}" and the secret "${secret ?? "none"}", which ${coin.id} has not`,
    );
  const number = networkPort(network, requires.port);
  const count = Math.max(1, Math.floor(group?.count ?? 1));
  const auth = coin.access.find((access) => access.port === requires.port)?.auth;
  // Each node has a server of its own as long as there are enough.
  const serverOf = (position: number): Server => {
    const host = `node${(position % count) + 1}.${name}.internal`;
    const password = secret === undefined ? "" : `{{secret:${servedSecret(secret)}}}`;
    return { host, port: number, url: `http://${host}:${number}`, password };
  };
  return {
    serverOf,
    accessOf: (position) => accessTo(requires, serverOf(position), auth),
    group: { group: name, formerly: group?.formerly ?? name, port, ...(secret === undefined ? {} : { secret }) },
  };
}

/** Least privilege: an agent that does not ask the server does not get its password either. */
function accessTo({ isAsked, secret }: Requirement, { url, password }: Server, auth?: Access["auth"]): Pick<ResolvedNode, "server"> {
  if (isAsked !== true) return {};
  const opened =
    secret === undefined || auth?.secret !== secret ? {} : { auth: { user: auth.user, password, scheme: auth.scheme ?? "basic" } };
  return { server: { port: serverPort, url, ...opened } };
}

function outsideServer(address: string): Server | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") return undefined;
  return { host: url.hostname, port: url.port === "" ? 443 : Number(url.port), url: address, password: "" };
}
