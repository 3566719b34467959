import { discoverDigest, readGoSum, resolveFetchOptions, type FetchOptions } from "@coinfleet/build";
import { archiveParts, isPending, supportedArchitectures, type Architecture, type ReleaseSource, type SignedArchive } from "@coinfleet/sdk";
import { CoinToolError } from "./coin-tool-error.ts";

/** Digests by architecture, for upstream projects that sign nothing. */
export type GivenDigests = Readonly<Partial<Record<Architecture, string>>>;

/** The digests of a file, by architecture. */
export type FilePins = Readonly<Partial<Record<Architecture, string>>>;

/** The digests of one release: of each of its files, or a Go module's one. */
export type Pins = string | readonly FilePins[];

/** Finds out what to pin for a release: what upstream's signers or Go's checksum database say. @throws BuildError, {@link CoinToolError} `NotBumpable` */
export async function discoverPins(source: ReleaseSource, version: string, given: GivenDigests, options: FetchOptions): Promise<Pins> {
  switch (source.kind) {
    case "signedArchive":
      return discoverDigests(source, version, given, options);
    case "goModule":
      return readGoSum(source, version);
    case "cargoCrates":
      throw notBumpable(Object.keys(source.crates).join(", "), "Pin the checksum that the crates' index states for each, by hand.");
    case "debianPackage":
      throw notBumpable(
        source.package,
        `Look the package's version up in the base image (apt-cache policy ${source.package}) and pin it by hand.`,
      );
    case "ociImage":
      throw notBumpable(source.repository, "Verify upstream's signature of the image by its own way, and pin the digest by hand.");
  }
}

function notBumpable(where: string, fix: string): CoinToolError {
  return new CoinToolError("NotBumpable", { title: "A source of this kind has no digest that could be verified here.", where, fix });
}

async function discoverDigests(source: SignedArchive, version: string, given: GivenDigests, options: FetchOptions): Promise<Pins> {
  const files: FilePins[] = [];
  for (const part of archiveParts(source)) {
    const pins: Partial<Record<Architecture, string>> = {};
    for (const architecture of supportedArchitectures(part, source.version))
      pins[architecture] = await discoverOne(part, version, architecture, given, options);
    files.push(pins);
  }
  return files;
}

async function discoverOne(
  source: SignedArchive,
  version: string,
  architecture: Architecture,
  given: GivenDigests,
  options: FetchOptions,
): Promise<string> {
  const known = source.sha256[version]?.[architecture];
  if (known !== undefined && !isPending(known)) return known;
  // What upstream's signers say goes before what a person types: the latter is for projects that sign nothing.
  const typed = source.signature.kind === "none" ? given[architecture] : undefined;
  return typed ?? (await discoverDigest(source, version, architecture, resolveFetchOptions(options))).sha256;
}

/** The source with another release in the place of the one that runs by default, or with both. */
export function withRelease(source: ReleaseSource, version: string, pins: Pins, isKept: boolean): ReleaseSource {
  const renew = <T>(old: Readonly<Record<string, T>>, value: T): Readonly<Record<string, T>> => {
    const others = Object.entries(old).filter(([key]) => key !== version && (isKept || key !== source.version));
    return Object.fromEntries([[version, value], ...others]);
  };
  if (source.kind === "signedArchive" && typeof pins !== "string") {
    const [first = {}, ...others] = pins;
    const { companions } = source;
    const renewed = companions?.map((one, index) => ({ ...one, sha256: renew(one.sha256, others[index] ?? {}) }));
    return { ...source, version, sha256: renew(source.sha256, first), ...(renewed === undefined ? {} : { companions: renewed }) };
  }
  if (source.kind === "goModule" && typeof pins === "string") return { ...source, version, sums: renew(source.sums, pins) };
  throw new TypeError("these pins are another kind of source's");
}
