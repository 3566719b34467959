/** CPU architecture of an image and of the instances that run it. Words of Linux and of EC2's AMI filter. */
export type Architecture = "x86_64" | "arm64";

/** A digest that nobody has verified yet. The coin previews, is listed, and refuses to build. */
export interface Pending {
  /** Why it is not known, for the catalogue and for the error at build time. */
  readonly pending: string;
}

/** Lower-case hex SHA-256 of one artifact, or the reason why it is not known yet. */
export type PinnedSha256 = string | Pending;

/** Marks a digest as not known yet. */
export const pending = (reason: string): Pending => ({ pending: reason });

export const isPending = (digest: PinnedSha256): digest is Pending => typeof digest !== "string";

/** How the upstream project signs a release. `none` needs the reason why there is nothing better. */
export type ArchiveSignature =
  /** A detached OpenPGP signature of the archive itself. In `url`, `{version}` is replaced, and `{url}` by the archive's own address. */
  | { readonly kind: "detached"; readonly url: string; readonly signers: readonly Signer[]; readonly threshold: number }
  /**
   * A sums file that names the archive's SHA-256, with an OpenPGP signature: its address, or `inline` where the file is clear-signed. With
   * `{signer}` in the address there is one for each signer, called by the signer's name; one that is not there does not count.
   */
  | {
      readonly kind: "sums";
      readonly sums: string;
      readonly signature: string;
      readonly signers: readonly Signer[];
      readonly threshold: number;
    }
  /**
   * A package of a signed apt repository. The signature over `<suite>/InRelease` covers the digest of the index `packages`, which states the archive's.
   * `suite` is an address, for example `https://oak.example/apt/dists/bookworm`; `packages` a path below it, plain or `.gz`.
   */
  | {
      readonly kind: "aptRepository";
      readonly suite: string;
      readonly packages: string;
      readonly signers: readonly Signer[];
      readonly threshold: number;
    }
  | { readonly kind: "none"; readonly reason: string };

/** A pinned OpenPGP signer. The primary key's full fingerprint decides; subkeys of that key count as it. */
export interface Signer {
  readonly name: string;
  /** 40 or 64 upper-case hex digits. */
  readonly fingerprint: string;
  /** Why a signature by this key still counts although the key that can be had has expired. Absent: it does not count. */
  readonly acceptExpired?: string;
}

/**
 * Binaries to take: name in the image's `/usr/local/bin` → path in the archive or package. Replaced are `{version}`, `{machine}` (x86_64, aarch64)
 * and `{goarch}` (amd64, arm64). `{file}` is the download itself, where it is a bare binary.
 */
export type Binaries = Readonly<Record<string, string>>;

/** Folders to take whole: name in the image's `/usr/local/share` → path in the archive or image. Replaced is what is replaced in {@link Binaries}. */
export type Folders = Readonly<Record<string, string>>;

/** An archive (`.tar.gz`, `.tar.xz`, `.tar.bz2`, `.zip`, `.deb`) or a bare binary of upstream's, pinned by SHA-256 **and** signature. */
export interface SignedArchive {
  readonly kind: "signedArchive";
  /** The release that runs unless the stack file names another one of `sha256`. */
  readonly version: string;
  /** Download address by architecture. `{version}` is replaced. */
  readonly url: Readonly<Partial<Record<Architecture, string>>>;
  /** Pinned digests: version → architecture → SHA-256. */
  readonly sha256: Readonly<Record<string, Readonly<Partial<Record<Architecture, PinnedSha256>>>>>;
  readonly signature: ArchiveSignature;
  readonly binaries: Binaries;
  /** Whole folders to take beside the binaries. @default {} */
  readonly folders?: Folders;
  /** Further files of the same release, each signed as the first is. @default [] */
  readonly companions?: readonly Companion[];
}

/** A file of a release that upstream publishes beside another one. */
export type Companion = Pick<SignedArchive, "url" | "sha256" | "binaries">;

/** A Go module, compiled by us, pinned in the Go checksum database's own terms. */
export interface GoModule {
  readonly kind: "goModule";
  readonly version: string;
  /** Module path, for example `github.com/decred/dcrd`. */
  readonly module: string;
  /** Path that its versions are published under, where its go.mod still names the project that it is a fork of. @default - `module` */
  readonly publishedAs?: string;
  /** Package paths to build → name of the binary. */
  readonly packages: Readonly<Record<string, string>>;
  /** Version → `h1:` digest of the module, as in go.sum. */
  readonly sums: Readonly<Record<string, string | Pending>>;
  /** Upstream's own `replace` lines, which Go ignores in a dependency: module → `module version`. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Build tags, as upstream's own releases have them. @default [] */
  readonly tags?: readonly string[];
  /** Further switches of the linker, for what a newer Go refuses. @default [] */
  readonly linkerFlags?: readonly string[];
  /** Needs a C compiler. The binary is then linked against the base image's C library. @default false */
  readonly cgo?: boolean;
}

/** A package of the base image's distribution, verified by apt against its signed repository. */
export interface DebianPackage {
  readonly kind: "debianPackage";
  /** Upstream version. The package version that apt must deliver is `pins[version]`. */
  readonly version: string;
  readonly package: string;
  /** Version → full Debian package version, for example `0.21.2.1-2`. */
  readonly pins: Readonly<Record<string, string>>;
  readonly binaries: Binaries;
}

/** An image that upstream publishes, by digest. */
export interface OciImage {
  readonly kind: "ociImage";
  readonly version: string;
  readonly repository: string;
  /** Version → `sha256:…` of the manifest list. */
  readonly digests: Readonly<Record<string, PinnedSha256>>;
  readonly binaries: Binaries;
  /** Whole folders to take beside the binaries. @default {} */
  readonly folders?: Folders;
}

/** Crates of one release, compiled by us. Each carries a lock file, so that its digest pins all that it needs. */
export interface CargoCrates {
  readonly kind: "cargoCrates";
  readonly version: string;
  /** Crate → names of the binaries to build of it. */
  readonly crates: Readonly<Record<string, readonly string[]>>;
  /** Version → crate → SHA-256 of the crate, as its registry's index states it. */
  readonly sums: Readonly<Record<string, Readonly<Record<string, PinnedSha256>>>>;
  /** Debian's packages that compiling takes, besides Rust. @default - none */
  readonly compilers?: readonly string[];
  /** Targets of Rust that it takes, besides the machine's own. @default - none */
  readonly targets?: readonly string[];
}

/** Where a client's release comes from. */
export type ReleaseSource = SignedArchive | GoModule | DebianPackage | OciImage | CargoCrates;

const machineNames = { x86_64: { machine: "x86_64", goarch: "amd64" }, arm64: { machine: "aarch64", goarch: "arm64" } } as const;

/** The binaries with the names of an architecture filled in; `{version}` is left. */
export function binariesFor(binaries: Binaries, architecture: Architecture): Binaries {
  const { machine, goarch } = machineNames[architecture];
  const filled = Object.entries(binaries).map(
    ([name, path]) => [name, path.replaceAll("{machine}", machine).replaceAll("{goarch}", goarch)] as const,
  );
  return Object.fromEntries(filled);
}

/** A release's files one by one, each with the digests and the signature that belong to it. A release of one file is itself. */
export function archiveParts({ companions = [], ...first }: SignedArchive): readonly [SignedArchive, ...SignedArchive[]] {
  return [first, ...companions.map((companion) => ({ ...first, folders: {}, ...companion }))];
}

/** Names of everything that a source puts into the image's `/usr/local/bin`. */
export function binaryNames(source: ReleaseSource): readonly string[] {
  switch (source.kind) {
    case "goModule":
      return Object.values(source.packages);
    case "cargoCrates":
      return Object.values(source.crates).flat();
    case "signedArchive":
      return archiveParts(source).flatMap((part) => Object.keys(part.binaries));
    case "debianPackage":
    case "ociImage":
      return Object.keys(source.binaries);
  }
}

/** The download addresses of archives whose names differ by the architecture only. */
export function archives(template: string): Readonly<Record<Architecture, string>> {
  const address = (architecture: Architecture): string => binariesFor({ template }, architecture)["template"] ?? template;
  return { x86_64: address("x86_64"), arm64: address("arm64") };
}

/** The same pending digest for every architecture. */
export function pendingDigests(reason: string): Readonly<Record<Architecture, Pending>> {
  return { x86_64: pending(reason), arm64: pending(reason) };
}

/** What bare binaries of one release have in common. */
export interface BareBinaries extends Pick<SignedArchive, "version" | "signature"> {
  /** Folder of the downloads. `{version}` is replaced; a file's name follows it. */
  readonly from: string;
  readonly architecture: Architecture;
  /** Names of the binaries, which are those of the files. */
  readonly names: readonly [string, ...string[]];
  /** Version → binary → SHA-256. */
  readonly sha256: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Why the digests that are missing from `sha256` are not known. */
  readonly missing: string;
}

/** A release whose binaries are published as they are, each with its own signature. */
export function bareBinaries({ version, signature, from, architecture, names, sha256, missing }: BareBinaries): SignedArchive {
  const part = (name: string): Companion => ({
    url: { [architecture]: `${from}/${name}` },
    sha256: Object.fromEntries(
      Object.entries(sha256).map(([release, pins]) => [release, { [architecture]: pins[name] ?? pending(missing) }]),
    ),
    binaries: { [name]: name },
  });
  const [first, ...others] = names;
  return { kind: "signedArchive", version, signature, ...part(first), companions: others.map(part) };
}

/** An archive of upstream's. The first of `sha256` is the release that runs unless the stack file names another, so that its version stands once. */
export function signedArchive(source: Omit<SignedArchive, "kind" | "version">): SignedArchive {
  return { kind: "signedArchive", version: firstOf(source.sha256), ...source };
}

/** A Go module. The first of `sums` is the release that runs unless the stack file names another. */
export function goModule(source: Omit<GoModule, "kind" | "version">): GoModule {
  return { kind: "goModule", version: firstOf(source.sums), ...source };
}

function firstOf(pins: Readonly<Record<string, unknown>>): string {
  const [version, ...others] = Object.keys(pins);
  if (version === undefined) throw new Error("a source without any digest");
  // JavaScript puts keys that are whole numbers before all others, wherever they were written.
  if (others.length > 0 && /^\d+$/.test(version)) throw new Error(`which of ${[version, ...others].join(", ")} runs? Say \`version\``);
  return version;
}

/** A detached signature beside the archive (`<url>.asc`), by one of the signers. */
export function signedBy(...signers: readonly Signer[]): ArchiveSignature {
  return { kind: "detached", url: "{url}.asc", signers, threshold: 1 };
}

/** A package of Debian's. The first of `pins` is the one that runs unless the stack file names another. */
export function debianPackage(name: string, pins: Readonly<Record<string, string>>, binaries: Binaries): DebianPackage {
  return { kind: "debianPackage", version: firstOf(pins), package: name, pins, binaries };
}
