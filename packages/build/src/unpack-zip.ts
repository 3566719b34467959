import { pipeline } from "node:stream/promises";
import type { Entry } from "yauzl";
import { openPromise } from "yauzl";
import type { UnpackLimits, Wanted } from "./archive-rules.ts";
import { archiveRefused, createInto, safePath } from "./archive-rules.ts";
import { BuildError, describeCause } from "./build-error.ts";

const regularFile = 0o100000;
const directory = 0o040000;

/** Kind of the entry in Unix' words; 0 where the archive was made elsewhere. */
const unixKind = (entry: Entry): number => (entry.externalFileAttributes >>> 16) & 0o170000;

function checkEntry(archive: string, entry: Entry): string {
  const path = safePath(archive, entry.fileName);
  const kind = unixKind(entry);
  if (kind !== 0 && kind !== regularFile && kind !== directory)
    throw archiveRefused(archive, `link or device ${JSON.stringify(entry.fileName)}`);
  return path;
}

/** Takes the wanted entries out of a zip archive. Returns the names that were found. */
export async function unpackZip(file: string, archive: string, wanted: Wanted, into: string, limits: UnpackLimits): Promise<Set<string>> {
  const found = new Set<string>();
  try {
    const zip = await openPromise(file, { strictFileNames: true });
    let entries = 0;
    let bytes = 0;
    for await (const entry of zip.eachEntry()) {
      entries += 1;
      bytes += entry.uncompressedSize;
      if (entries > limits.maxEntries || bytes > limits.maxBytes)
        throw archiveRefused(archive, `more than ${limits.maxEntries} entries or ${limits.maxBytes} bytes`);
      const path = checkEntry(archive, entry);
      const name = wanted.nameOf(path);
      if (name === undefined || entry.fileName.endsWith("/")) continue;
      if (found.has(name)) throw archiveRefused(archive, `${JSON.stringify(path)} twice`);
      found.add(name);
      await pipeline(await zip.openReadStreamPromise(entry), await createInto(into, name));
    }
  } catch (cause) {
    throw cause instanceof BuildError ? cause : archiveRefused(archive, describeCause(cause));
  }
  return found;
}
