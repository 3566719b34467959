import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FetchOptions } from "../fetch-options.ts";
import { startUpstream, type FakeUpstream } from "./fake-upstream.ts";
import type { TestSigner } from "./signing.ts";

/** Puts signers' keys where a release is verified with them: `<FINGERPRINT>.asc` in a folder, which is made. */
export async function writeKeyring(folder: string, signers: readonly TestSigner[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { fingerprint, publicKey } of signers) await writeFile(join(folder, `${fingerprint}.asc`), publicKey);
}

/** What fetching a release needs: upstream's server, and a folder of the test's own with keyring and cache. It asks no key server. */
export class FetchFixture {
  readonly upstream: FakeUpstream;
  readonly folder: string;
  readonly keyring: string;
  readonly options: FetchOptions;

  private constructor(upstream: FakeUpstream, folder: string) {
    this.upstream = upstream;
    this.folder = folder;
    this.keyring = join(folder, "keyrings");
    this.options = { cacheDir: join(folder, "cache"), keyrings: [this.keyring], keyServers: [] };
  }

  /** @param signers whose keys the keyring has */
  static async start(signers: readonly TestSigner[]): Promise<FetchFixture> {
    const fixture = new FetchFixture(await startUpstream(), await mkdtemp(join(tmpdir(), "coinfleet-fetch-test-")));
    await writeKeyring(fixture.keyring, signers);
    return fixture;
  }

  async close(): Promise<void> {
    await this.upstream.close();
    await rm(this.folder, { recursive: true });
  }
}
