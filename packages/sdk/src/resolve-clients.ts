import type { Client, Coin } from "./coin.ts";
import {
  ArchitectureMismatch,
  InvalidValue,
  UnknownClient,
  UnknownRelease,
  UnknownSource,
  UnsupportedArchitecture,
} from "./errors-data.ts";
import type { GroupSpec } from "./fleet-spec.ts";
import { problem, type Problem } from "./problem.ts";
import type { Architecture, ReleaseSource } from "./release.ts";
import type { ResolvedClient } from "./resolved.ts";

/** What {@link resolveClients} is given. */
export interface ClientsInput {
  readonly coin: Coin;
  readonly spec: GroupSpec;
  /** The clients that the group's daemons run. */
  readonly used: readonly string[];
  readonly architecture: Architecture;
  readonly path: string;
  /** Client → version, and where the stack file says so. @default - the group's own `release` */
  readonly release?: { readonly versions: Readonly<Record<string, string>>; readonly path: string };
  report(found: Problem): void;
}

/** The images of a group: each client that its daemons run, from the chosen source, in the chosen version. */
export function resolveClients(input: ClientsInput): readonly ResolvedClient[] {
  const { coin, spec, path } = input;
  // What is said once is judged once.
  if (input.release === undefined) checkNames(input, spec.sources, `${path}.sources`);
  checkNames(input, ...releaseOf(input));
  return input.used.flatMap((name) => {
    const client = coin.clients[name];
    if (client === undefined) throw new Error(`coin ${coin.id}: a daemon runs the client "${name}", which the coin does not declare`);
    return resolveClient(input, name, client) ?? [];
  });
}

function releaseOf({ spec, path, release }: ClientsInput): readonly [versions: Readonly<Record<string, string>>, path: string] {
  return release === undefined ? [spec.release ?? {}, `${path}.release`] : [release.versions, release.path];
}

/** Reports names that are no clients of the coin. */
function checkNames(
  { coin, report }: Pick<ClientsInput, "coin" | "report">,
  named: Readonly<Record<string, string>> = {},
  path: string,
): void {
  const allowed = Object.keys(coin.clients);
  for (const got of Object.keys(named)) {
    if (!Object.hasOwn(coin.clients, got)) report(problem(UnknownClient, { path, got, allowed }));
  }
}

function resolveClient(input: ClientsInput, name: string, client: Client): ResolvedClient | undefined {
  const { coin, spec, architecture, path, report } = input;
  const sourceNames = Object.keys(client.sources);
  const sourceName = spec.sources?.[name] ?? sourceNames[0];
  const source = sourceName !== undefined && Object.hasOwn(client.sources, sourceName) ? client.sources[sourceName] : undefined;
  if (source === undefined || sourceName === undefined) {
    report(problem(UnknownSource, { path: `${path}.sources.${name}`, got: sourceName, allowed: sourceNames }));
    return undefined;
  }
  const [named, releasePath] = releaseOf(input);
  const version = named[name] ?? source.version;
  const versions = pinnedVersions(source);
  if (!versions.includes(version)) {
    report(problem(UnknownRelease, { path: `${releasePath}.${name}`, got: version, allowed: versions }));
    return undefined;
  }
  const architectures = supportedArchitectures(source, version);
  if (!architectures.includes(architecture)) {
    const fix = `${name} from "${sourceName}" has none for it. ${UnsupportedArchitecture.hint}`;
    report(problem(UnsupportedArchitecture, { path: `${path}.architecture`, got: architecture, allowed: architectures, fix }));
  }
  const { assets } = coin.networks[spec.network] ?? {};
  return { name, version, sourceName, source, runtimePackages: client.runtimePackages ?? [], ...(assets === undefined ? {} : { assets }) };
}

/** The versions that a source has a pin for: what a stack file may name under `release`. */
export function pinnedVersions(source: ReleaseSource): readonly string[] {
  switch (source.kind) {
    case "signedArchive":
      return Object.keys(source.sha256);
    case "cargoCrates":
    case "goModule":
      return Object.keys(source.sums);
    case "debianPackage":
      return Object.keys(source.pins);
    case "ociImage":
      return Object.keys(source.digests);
  }
}

/** The CPU architectures that a version of a source can be had for. */
export function supportedArchitectures(source: ReleaseSource, version: string): readonly Architecture[] {
  const all: readonly Architecture[] = ["x86_64", "arm64"];
  switch (source.kind) {
    case "signedArchive":
      return all.filter((one) => source.url[one] !== undefined && source.sha256[version]?.[one] !== undefined);
    case "goModule":
      // cgo needs a C cross compiler and its C library, which the build does not bring.
      return source.cgo === true ? ["x86_64"] : all;
    case "cargoCrates":
      // Compiled for the machine that compiles: x86_64 ones.
      return ["x86_64"];
    case "debianPackage":
      // A pin is one architecture's: rebuilds (+b1) count separately on each.
      return ["x86_64"];
    case "ociImage":
      return all;
  }
}

/** Architecture of a group: what the stack file says, checked against the instance type, else the instance type's. */
export function resolveArchitecture(defaultType: string, spec: GroupSpec, path: string, report: (found: Problem) => void): Architecture {
  const instanceType = spec.instanceType ?? defaultType;
  if (!/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(instanceType)) {
    report(
      problem(InvalidValue, { path: `${path}.instanceType`, got: instanceType, allowed: ["an EC2 instance type, for example m7i.large"] }),
    );
    return spec.architecture ?? "x86_64";
  }
  const architecture = architectureOf(instanceType);
  if (spec.architecture !== undefined && spec.architecture !== architecture) {
    const fix = `${instanceType} is ${architecture}. ${ArchitectureMismatch.hint}`;
    report(problem(ArchitectureMismatch, { path: `${path}.architecture`, got: spec.architecture, allowed: [architecture], fix }));
  }
  return spec.architecture ?? architecture;
}

/** Graviton types have a `g` after the generation's digit: t4g, r7gd, c7gn; g5 has it before and is no Graviton. */
function architectureOf(instanceType: string): Architecture {
  return /^[a-z]+\d+[a-z]*g[a-z]*\./.test(instanceType) ? "arm64" : "x86_64";
}

/** Id of what a node runs: version and source of each client. Path-safe: it is part of image tags and unit names. */
export function releaseId(clients: readonly ResolvedClient[]): string {
  const one = ({ version, sourceName }: ResolvedClient): string => `${version}-${sourceName}`;
  const ids = clients.length === 1 ? clients.map(one) : clients.map((client) => `${client.name}-${one(client)}`);
  return ids.join("_").replaceAll(/[^A-Za-z0-9._-]/g, "-");
}
