import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { supportedArchitectures, type Client, type Coin, type Network, type ReleaseSource, type Snapshot } from "@coinfleet/sdk";
import { monthlyCost, type MonthlyCost, type Prices } from "./monthly-cost.ts";
import { pendingReason } from "./pending-reason.ts";
import { unsupportedOf, type Unsupported } from "./unsupported.ts";

/** A client of a coin, from production's source. */
interface CatalogueClient {
  readonly name: string;
  readonly release: string;
  /** Every source's name; the first is production's. */
  readonly sources: readonly string[];
  readonly architectures: readonly string[];
  /** How a release is verified, in words. */
  readonly verification: string;
  /** The digest is known, so that it can be built. */
  readonly isPinned: boolean;
}

export interface CatalogueNetwork {
  readonly name: string;
  readonly kind: Network["kind"];
  /** `null`: nobody has measured it. */
  readonly dataGiB: number | null;
  readonly memoryMiB: number;
  readonly instanceType: string;
  readonly monthly: MonthlyCost;
  /** Where an empty volume gets its data, in words. */
  readonly snapshot: string;
}

/** All that the catalogue says of a coin. */
export interface CatalogueEntry {
  readonly id: string;
  readonly name: string;
  readonly symbol: string;
  readonly family: string;
  readonly status: "live" | "retired" | "experimental";
  readonly clients: readonly CatalogueClient[];
  readonly networks: readonly CatalogueNetwork[];
  readonly unsupported: readonly Unsupported[];
  /** How many hand-written files, and how many lines in them. */
  readonly files: number;
  readonly lines: number;
}

/** What the catalogue says of a coin. `folder` is the coin's own. */
export function catalogueEntry(coin: Coin, folder: string, prices: Prices): CatalogueEntry {
  const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  const linesOf = (file: string): number => readFileSync(join(folder, file), "utf8").split("\n").length - 1;
  return {
    id: coin.id,
    name: coin.name,
    symbol: coin.symbol,
    family: coin.family,
    status: coin.status?.kind ?? "live",
    clients: Object.entries(coin.clients).map(([name, client]) => clientEntry(name, client)),
    networks: Object.entries(coin.networks).map(([name, network]) => networkEntry(coin, name, network, prices)),
    unsupported: unsupportedOf(coin),
    files: files.length,
    lines: files.reduce((sum, file) => sum + linesOf(file), 0),
  };
}

function clientEntry(name: string, { sources }: Client): CatalogueClient {
  const [source] = Object.values(sources);
  if (source === undefined) throw new Error(`the client ${name} has no source`);
  return {
    name,
    release: source.version,
    sources: Object.keys(sources),
    architectures: supportedArchitectures(source, source.version),
    verification: verificationOf(source),
    isPinned: pendingReason(source) === undefined,
  };
}

function verificationOf(source: ReleaseSource): string {
  switch (source.kind) {
    case "signedArchive": {
      if (source.signature.kind === "none") return "sha256";
      const { threshold, signers } = source.signature;
      return signers.length === 0 ? "sha256, OpenPGP by a signer not known yet" : `sha256, OpenPGP ${threshold} of ${signers.length}`;
    }
    case "goModule":
      return "Go checksum database";
    case "cargoCrates":
      return "sha256 of the crates, which carry their lock files";
    case "debianPackage":
      return "Debian's signed repository";
    case "ociImage":
      return "image digest";
  }
}

function networkEntry(coin: Coin, name: string, network: Network, prices: Prices): CatalogueNetwork {
  const { kind, data, memoryMiB, instanceType } = network;
  const snapshot = coin.snapshot[name];
  return {
    name,
    kind,
    dataGiB: typeof data.sizeGiB === "number" ? data.sizeGiB : null,
    memoryMiB,
    instanceType,
    monthly: monthlyCost(network, prices),
    snapshot: snapshot === undefined ? "unknown" : snapshotText(snapshot),
  };
}

function snapshotText(snapshot: Snapshot): string {
  switch (snapshot.kind) {
    case "archive":
      return "archive";
    case "client":
      return `client: ${snapshot.how}`;
    case "none":
      return "none";
  }
}
