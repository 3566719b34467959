import { createHash, type Hash } from "node:crypto";
import { readMinisign } from "./minisign.ts";
import { rangedStream, type StreamOptions } from "./ranged-stream.ts";
import { RestoreError } from "./restore-error.ts";

/** What proves that a file is the one that is meant: its SHA-256, or the minisign public key of whoever signed it (`<url>.minisig`). */
export type Proof = { readonly sha256: string } | { readonly minisign: string };

/**
 * What is at the address: the archive itself; a list of archives, each whole by itself; or a list of the pieces that one archive was cut
 * into. A list has lines of `sha256sum`, in order, with names relative to its own address.
 */
export type ArchiveLayout = "file" | "archives" | "pieces";

export const archiveLayouts: readonly ArchiveLayout[] = ["file", "archives", "pieces"];

/** One file to download, and how it is known to be the one that is meant. */
export interface Part {
  readonly url: string;
  /** What it is told from others by: a digest or a signature. */
  readonly id: string;
  newHash(): Hash;
  /** @throws {@link RestoreError} permanent where the file is another one */
  accept(digest: Buffer): void;
}

/** Lists of parts and signatures are small. */
const mostBytes = 4 * 2 ** 20;

/** What there is to download. @throws {@link RestoreError} permanent where a list or a signature is not what it should be */
export async function readParts(url: string, proof: Proof, layout: ArchiveLayout, options: StreamOptions): Promise<readonly Part[]> {
  const named = "sha256" in proof ? digestPart(url, proof.sha256) : await signedPart(url, proof.minisign, options);
  if (layout === "file") return [named];
  const list = await fetchSmall(url, options);
  named.accept(named.newHash().update(list).digest());
  return parseList(list.toString("utf8"), url);
}

/** The bytes of a part as they come. Ends with an error unless they are the right ones. */
export async function* verifiedBytes(part: Part, options: StreamOptions): AsyncGenerator<Buffer> {
  const hash = part.newHash();
  for await (const bytes of rangedStream(part.url, options)) {
    hash.update(bytes);
    yield bytes;
  }
  part.accept(hash.digest());
}

function digestPart(url: string, sha256: string): Part {
  const expected = sha256.toLowerCase();
  return {
    url,
    id: expected,
    newHash: () => createHash("sha256"),
    accept: (digest) => {
      const found = digest.toString("hex");
      if (found === expected) return;
      throw new RestoreError(
        "permanent",
        `${url} is not the pinned one: its SHA-256 is ${found}, expected ${expected}. Nothing of it was made visible.`,
      );
    },
  };
}

async function signedPart(url: string, publicKey: string, options: StreamOptions): Promise<Part> {
  const text = (await fetchSmall(`${url}.minisig`, options)).toString("utf8");
  const signature = readMinisign(text, publicKey, url);
  return { url, id: signature.id, newHash: () => createHash("blake2b512"), accept: signature.accept };
}

function parseList(text: string, url: string): readonly Part[] {
  const parts = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, sha256, name] = /^([0-9a-f]{64}) [ *](\S.*)$/i.exec(line.trimEnd()) ?? [];
      if (sha256 === undefined || name === undefined) {
        throw new RestoreError("permanent", `${url} is no list of parts: ${JSON.stringify(line.slice(0, 80))} is not "<sha256>  <name>"`);
      }
      return digestPart(new URL(name, url).href, sha256);
    });
  if (parts.length === 0) throw new RestoreError("permanent", `${url} names no parts`);
  return parts;
}

async function fetchSmall(url: string, options: StreamOptions): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const { signal, patienceMs } = options;
  for await (const piece of rangedStream(url, { signal, connections: 1, ...(patienceMs === undefined ? {} : { patienceMs }) })) {
    bytes += piece.length;
    if (bytes > mostBytes)
      throw new RestoreError("permanent", `${url} is larger than ${mostBytes} bytes: neither a list of parts nor a signature`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
