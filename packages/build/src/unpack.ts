import { createReadStream } from "node:fs";
import { chmod, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Binaries, Folders } from "@coinfleet/sdk";
import { extract } from "tar-stream";
import unbzip2 from "unbzip2-stream";
import xzDecompress from "xz-decompress";
import { BuildError, describeCause } from "./build-error.ts";
import type { UnpackLimits, Wanted } from "./archive-rules.ts";
import { archiveRefused, createInto, defaultUnpackLimits, safePath, wantedPaths } from "./archive-rules.ts";
import { debianData, type Part } from "./debian-archive.ts";
import { unpackZip } from "./unpack-zip.ts";

/** Joins streams by hand: `pipeline` never ends with the old kind of stream that the bzip2 library makes. */
function through(source: Readable, transform: NodeJS.ReadWriteStream): Readable {
  const output = new PassThrough();
  const fail = (cause: Error): void => void output.destroy(cause);
  source.on("error", fail).pipe(transform).on("error", fail).pipe(output);
  return output;
}

function decompress({ file, name, range }: Part): Readable {
  const source = createReadStream(file, range);
  if (/\.(tar\.gz|tgz)$/.test(name)) return through(source, createGunzip());
  if (/\.(tar\.bz2|tbz2?)$/.test(name)) return through(source, unbzip2());
  if (/\.(tar\.zst|tzst)$/.test(name)) return through(source, createZstdDecompress());
  if (/\.(tar\.xz|txz)$/.test(name)) return Readable.from(new xzDecompress.XzReadableStream(Readable.toWeb(source)));
  return source;
}

async function unpackTar(part: Part, fileName: string, wanted: Wanted, directory: string, limits: UnpackLimits): Promise<Set<string>> {
  const found = new Set<string>();
  let entries = 0;
  let bytes = 0;
  const reader = extract();
  const reading = (async (): Promise<void> => {
    for await (const entry of reader) {
      entries += 1;
      bytes += entry.header.size ?? 0;
      if (entries > limits.maxEntries || bytes > limits.maxBytes)
        throw archiveRefused(fileName, `more than ${limits.maxEntries} entries or ${limits.maxBytes} bytes`);
      const path = safePath(fileName, entry.header.name);
      const type = entry.header.type;
      if (type !== "file" && type !== "contiguous-file" && type !== "directory")
        throw archiveRefused(fileName, `${type ?? "unknown entry"} ${JSON.stringify(entry.header.name)}`);
      const name = wanted.nameOf(path);
      if (name === undefined || type === "directory") {
        await pipeline(entry, new Writable({ write: (_chunk, _encoding, done) => done() }));
        continue;
      }
      if (found.has(name)) throw archiveRefused(fileName, `${JSON.stringify(path)} twice`);
      found.add(name);
      await pipeline(entry, await createInto(directory, name));
    }
  })();
  const source = decompress(part);
  await Promise.all([pipeline(source, reader), reading]).catch((cause: unknown) => {
    source.destroy();
    reader.destroy();
    throw cause instanceof BuildError ? cause : archiveRefused(fileName, `damaged: ${describeCause(cause)}`);
  });
  return found;
}

/**
 * Takes the named binaries and folders, and nothing else, out of an archive into `directory`. `fileName` is upstream's name, whose ending says the format;
 * a file with another ending is itself the one binary.
 * @throws {@link BuildError} `ArchiveRefused`, `BinaryMissing`
 */
export async function unpackBinaries(
  file: string,
  fileName: string,
  { binaries, folders = {} }: { readonly binaries: Binaries; readonly folders?: Folders },
  version: string,
  directory: string,
  limits: UnpackLimits = defaultUnpackLimits,
): Promise<void> {
  const wanted = wantedPaths(binaries, folders, version, fileName);
  let found: Set<string>;
  if (fileName.endsWith(".zip")) found = await unpackZip(file, fileName, wanted, directory, limits);
  else if (/\.(tar|tar\.(gz|bz2|zst|xz)|tgz|tbz2?|tzst|txz)$/.test(fileName))
    found = await unpackTar({ file, name: fileName }, fileName, wanted, directory, limits);
  else if (fileName.endsWith(".deb")) found = await unpackTar(await debianData(file, fileName), fileName, wanted, directory, limits);
  else found = await takeWhole(file, fileName, wanted, directory);
  const missing = wanted.missing(found);
  if (missing.length > 0) {
    throw new BuildError("BinaryMissing", {
      title: "The archive lacks a binary.",
      where: fileName,
      got: `no ${missing.join(", ")}`,
      allowed: "every path under `binaries` and `folders`",
      fix: "List the archive and correct `binaries` and `folders` in the coin's release source.",
    });
  }
  for (const name of found) await chmod(join(directory, name), 0o755);
}

async function takeWhole(file: string, fileName: string, wanted: Wanted, directory: string): Promise<Set<string>> {
  const name = wanted.nameOf(fileName);
  if (name === undefined) return new Set();
  await copyFile(file, join(directory, name));
  return new Set([name]);
}
