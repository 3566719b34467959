/** `node file-server.ts <file> [<bytes per second and connection>]`: serves a file with ranges on a free loopback port, which it prints. */
import { once } from "node:events";
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const [, , file = "", limit] = process.argv;
const size = statSync(file).size;
const bytesPerSec = limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);

const server = createServer((request, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(first ?? 0);
  const end = last === undefined || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  response.writeHead(first === undefined ? 200 : 206, {
    "content-length": end - start + 1,
    etag: '"bench"',
    ...(first === undefined ? {} : { "content-range": `bytes ${start}-${end}/${size}` }),
  });
  const source = createReadStream(file, { start, end, highWaterMark: bytesPerSec === Number.POSITIVE_INFINITY ? 2 ** 20 : 65_536 });
  if (bytesPerSec === Number.POSITIVE_INFINITY) source.pipe(response);
  else void sendSlowly(source, response);
});

async function sendSlowly(source: AsyncIterable<unknown>, response: NodeJS.WritableStream): Promise<void> {
  const startedMs = performance.now();
  let bytes = 0;
  for await (const chunk of source) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (!response.write(chunk)) await once(response, "drain").catch(() => undefined);
    const leadMs = (bytes / bytesPerSec) * 1000 - (performance.now() - startedMs);
    if (leadMs > 5) await pause(leadMs);
  }
  response.end();
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" && address !== null ? address.port : 0}\n`);
});
