import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Signer } from "@coinfleet/sdk";
import type { Key } from "openpgp";
import { readKeys } from "openpgp";
import { describeCause } from "./build-error.ts";
import type { FetchLimits } from "./download.ts";
import { download } from "./download.ts";

/** Where public keys are looked for. The place needs no trust: the pinned full fingerprint decides, whoever delivers the key. */
export interface KeySources {
  /** Folders with `<FINGERPRINT>.asc` files, reviewed and committed. */
  readonly keyrings: readonly string[];
  /** Addresses with `{fingerprint}`, asked in this order when no folder has a usable key. */
  readonly keyServers: readonly string[];
  /** Where fetched keys are kept. */
  readonly cacheDir: string;
}

export const defaultKeyServers: readonly string[] = [
  "https://keys.openpgp.org/vks/v1/by-fingerprint/{fingerprint}",
  "https://keyserver.ubuntu.com/pks/lookup?op=get&options=mr&search=0x{fingerprint}",
];

const maxKeyBytes = 4 * 1024 ** 2;

/** A pinned signer's key, or why there is none. */
export interface FoundKey {
  readonly signer: Signer;
  readonly key: Key | undefined;
  /** What was tried, for the error. */
  readonly tried: readonly string[];
}

const isArmored = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(0, 4096)).includes("-----BEGIN PGP PUBLIC KEY BLOCK-----");

/** The key with exactly this primary fingerprint, out of a file that may hold others. */
async function selectKey(bytes: Uint8Array, fingerprint: string): Promise<Key | undefined> {
  const keys = isArmored(bytes)
    ? await readKeys({ armoredKeys: Buffer.from(bytes).toString("utf8") })
    : await readKeys({ binaryKeys: bytes });
  const key = keys.find((candidate) => candidate.getFingerprint().toUpperCase() === fingerprint.toUpperCase());
  // A key is public here, whatever somebody put into the file.
  return key?.isPrivate() === true ? key.toPublic() : key;
}

async function readKeyFile(file: string, fingerprint: string): Promise<Key | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  return bytes === undefined ? undefined : selectKey(bytes, fingerprint);
}

/** Whether signatures of this key, or of any of its subkeys, can count today without an exception. */
async function isUsableNow(key: Key): Promise<boolean> {
  return key.verifyPrimaryKey().then(
    () => true,
    () => false,
  );
}

async function askServer(
  template: string,
  signer: Signer,
  sources: KeySources,
  limits: FetchLimits,
  tried: string[],
): Promise<Key | undefined> {
  const folder = join(sources.cacheDir, "keys");
  await mkdir(folder, { recursive: true });
  const url = template.replaceAll("{fingerprint}", signer.fingerprint.toUpperCase());
  const file = join(folder, `.${signer.fingerprint}.${process.pid}`);
  try {
    await rm(file, { force: true });
    await download(url, file, { ...limits, maxBytes: maxKeyBytes, attempts: 2, totalTimeoutMs: Math.min(limits.totalTimeoutMs, 60_000) });
    const key = await readKeyFile(file, signer.fingerprint);
    if (key === undefined) tried.push(`${url}: delivered another key`);
    return key;
  } catch (cause) {
    tried.push(`${url}: ${describeCause(cause).split("\n")[0] ?? "failed"}`);
    return undefined;
  } finally {
    await rm(file, { force: true });
  }
}

const merge = async (known: Key | undefined, more: Key): Promise<Key> => (known === undefined ? more : known.update(more));

/** Asks one server after the other until the key is whole: one may have an old copy, and one leaves out the names, without which no key is valid. */
async function completeFromServers(
  known: Key | undefined,
  signer: Signer,
  sources: KeySources,
  limits: FetchLimits,
  tried: string[],
): Promise<Key | undefined> {
  let found = known;
  for (const template of sources.keyServers) {
    const fetched = await askServer(template, signer, sources, limits, tried);
    if (fetched === undefined) continue;
    found = await merge(found, fetched);
    if (await isUsableNow(found)) break;
  }
  if (found !== undefined && found !== known) {
    const file = join(sources.cacheDir, "keys", `${signer.fingerprint.toUpperCase()}.asc`);
    await writeFile(`${file}.${process.pid}`, found.armor());
    await rename(`${file}.${process.pid}`, file);
  }
  return found;
}

/** Finds a pinned signer's public key: the keyring folders, then keys fetched earlier, then the key servers if the copy at hand has expired or is missing. */
export async function findKey(signer: Signer, sources: KeySources, limits: FetchLimits): Promise<FoundKey> {
  const tried: string[] = [];
  let found: Key | undefined;
  for (const folder of [...sources.keyrings, join(sources.cacheDir, "keys")]) {
    const file = join(folder, `${signer.fingerprint.toUpperCase()}.asc`);
    const key = await readKeyFile(file, signer.fingerprint).catch((cause: unknown) => {
      tried.push(`${file}: ${describeCause(cause)}`);
      return undefined;
    });
    if (key === undefined) tried.push(`${file}: not there`);
    else found = await merge(found, key);
  }
  if (found !== undefined && (await isUsableNow(found))) return { signer, key: found, tried };
  return { signer, key: await completeFromServers(found, signer, sources, limits, tried), tried };
}
