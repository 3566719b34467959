import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { FetchOptions } from "@coinfleet/build";
import {
  makeSigner,
  makeTarGz,
  signDetached,
  startUpstream,
  type FakeUpstream,
  type TestEntry,
  type TestSigner,
} from "@coinfleet/build/testing";
import type { Architecture, Coin, Signer } from "@coinfleet/sdk";
import { z } from "zod";
import { tidy } from "../bump.ts";
import { projectRoot } from "../project.ts";

const architectures: readonly Architecture[] = ["x86_64", "arm64"];

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const moduleOf = z.object({ default: z.custom<Coin>() });

/** Signers whose keys are made once: that takes longer than all else. */
export interface Signers {
  readonly ann: TestSigner;
  readonly ben: TestSigner;
  readonly late: TestSigner;
  readonly stranger: TestSigner;
}

async function makeSigners(): Promise<Signers> {
  const [ann, ben, late, stranger] = await Promise.all([makeSigner("ann"), makeSigner("ben"), makeSigner("late", 30), makeSigner("ann")]);
  return { ann, ben, late, stranger };
}

/** A release source in a coin's text, as its author would write it. */
export interface SourceText {
  readonly version: string;
  /** The entries of `sha256`, as text. */
  readonly digests: string;
  readonly signers: readonly TestSigner[];
  readonly threshold: number;
  /** A signature of each archive instead of signed sums. */
  readonly isDetached?: boolean;
  /** Written with `signedArchive()`, which takes the version from the digests. */
  readonly isShort?: boolean;
  /** The signature as text, in place of all that. */
  readonly signature?: string;
}

/** A coin in a folder of its own, and the upstream project that publishes its releases. */
export class ScratchCoin {
  readonly upstream: FakeUpstream;
  readonly folder: string;
  readonly file: string;
  private constructor(upstream: FakeUpstream, folder: string) {
    this.upstream = upstream;
    this.folder = folder;
    this.file = join(folder, "index.ts");
  }

  /** Below the project, so that the coin finds the packages. */
  static async make(signers: Signers): Promise<ScratchCoin> {
    await mkdir(join(projectRoot, ".coinfleet"), { recursive: true });
    const coin = new ScratchCoin(await startUpstream(), await mkdtemp(join(projectRoot, ".coinfleet", "coin-test-")));
    await mkdir(join(coin.folder, "keyrings"));
    for (const { fingerprint, publicKey } of [signers.ann, signers.ben, signers.late])
      await writeFile(join(coin.folder, "keyrings", `${fingerprint}.asc`), publicKey);
    return coin;
  }

  async remove(): Promise<void> {
    await this.upstream.close();
    await rm(this.folder, { recursive: true });
  }

  options(more: FetchOptions = {}): FetchOptions {
    const limits = { attempts: 2, backoffMs: 1, stallTimeoutMs: 300, totalTimeoutMs: 5_000 };
    return { cacheDir: join(this.folder, "cache"), keyrings: [join(this.folder, "keyrings")], keyServers: [], limits, ...more };
  }

  /** Path of an archive on upstream's server. */
  path(version: string, architecture: Architecture): string {
    return `/${version}/oak-${version}-${architecture}.tar.gz`;
  }

  async archive(version: string, architecture: Architecture, more: readonly TestEntry[] = []): Promise<Buffer> {
    return makeTarGz([[{ name: `oak-${version}/oakd` }, `oakd ${version} ${architecture}`], ...more]);
  }

  /** Publishes a release as a careful project does: archives, sums, signatures. @returns the digests */
  async publish(version: string, signers: readonly TestSigner[], more: readonly TestEntry[] = []): Promise<Record<Architecture, string>> {
    const digests: Record<Architecture, string> = { x86_64: "", arm64: "" };
    for (const architecture of architectures) {
      const bytes = await this.archive(version, architecture, more);
      digests[architecture] = sha256(bytes);
      this.upstream.serve(this.path(version, architecture), bytes);
      this.upstream.serve(`${this.path(version, architecture)}.asc`, await signDetached(bytes, signers));
    }
    const sums = architectures.map((architecture) => `${digests[architecture]}  oak-${version}-${architecture}.tar.gz\n`).join("");
    this.upstream.serve(`/${version}/SHA256SUMS`, sums);
    this.upstream.serve(`/${version}/SHA256SUMS.asc`, await signDetached(Buffer.from(sums), signers));
    return digests;
  }

  /** Writes the coin's source. */
  async write(source: SourceText): Promise<void> {
    await writeFile(this.file, await tidy(this.file, this.render(source)));
  }

  text(): Promise<string> {
    return readFile(this.file, "utf8");
  }

  /** Loads the coin as it stands in the file now. */
  async load(): Promise<Coin> {
    const url = pathToFileURL(this.file);
    url.search = sha256(Buffer.from(await this.text()));
    return moduleOf.parse(await import(url.href)).default;
  }

  private render({ version, digests, signers, threshold, isDetached, isShort, signature }: SourceText): string {
    const pinned = signers.map(({ name, fingerprint }): Signer => ({ name, fingerprint }));
    const common = `signers: ${JSON.stringify(pinned)}, threshold: ${threshold}`;
    const { url } = this.upstream;
    const signed =
      isDetached === true
        ? `{ kind: "detached", url: "{url}.asc", ${common} }`
        : `{ kind: "sums", sums: "${url}/{version}/SHA256SUMS", signature: "${url}/{version}/SHA256SUMS.asc", ${common} }`;
    const maybe = [...(digests.includes("pendingDigests") ? ["pendingDigests"] : []), ...(isShort === true ? ["signedArchive"] : [])];
    const imports = ["bitcoinRpc", "defineCoin", "noSnapshot", "oneClient", "peersAndRpc", "privateNetwork", ...maybe];
    return `import { ${imports.join(", ")} } from "@coinfleet/sdk";

export default defineCoin({
  id: "oak",
  name: "Oak",
  symbol: "OAK",
  ...bitcoinRpc({ daemon: "oakd", chains: { regtest: { chain: "regtest" } } }),
  clients: oneClient("oakd", {
    upstream: ${isShort === true ? "signedArchive({" : `{ kind: "signedArchive", version: "${version}",`}
      url: {
        x86_64: "${url}/{version}/oak-{version}-x86_64.tar.gz",
        arm64: "${url}/{version}/oak-{version}-arm64.tar.gz",
      },
      sha256: {
${digests}
      },
      signature: ${signature ?? signed},
      binaries: { oakd: "oak-{version}/oakd" },
    }${isShort === true ? ")" : ""},
    go: {
      kind: "goModule",
      version: "0.9.0",
      module: "example.invalid/oak",
      packages: { "example.invalid/oak": "oakd" },
      sums: { "0.9.0": "h1:old=" },
    },
  }),
  networks: { regtest: privateNetwork({ ports: peersAndRpc(19444, 19443), memoryMiB: 512 }) },
  snapshot: noSnapshot(["regtest"], "invented"),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
`;
  }
}

/** An entry of `sha256` as prettier leaves them. */
export function pinText(version: string, digests: Readonly<Record<Architecture, string>>): string {
  return `        "${version}": {\n          x86_64: "${digests.x86_64}",\n          arm64: "${digests.arm64}",\n        },`;
}

/** Gives each test of a suite a coin of its own. */
export function scratchCoins(): { signers(): Signers; scratch(): ScratchCoin } {
  let signers: Signers | undefined;
  let scratch: ScratchCoin | undefined;
  const made = <T>(one: T | undefined): T => {
    if (one === undefined) throw new Error("there is one inside of a test only");
    return one;
  };
  before(async () => {
    signers = await makeSigners();
  });
  beforeEach(async () => {
    scratch = await ScratchCoin.make(made(signers));
  });
  afterEach(() => made(scratch).remove());
  return { signers: () => made(signers), scratch: () => made(scratch) };
}
