/**
 * `npm run bench:restore`: the restore of a snapshot against `curl | zstd -d | tar x` of the same file from the same server, in turns, each
 * up to the point at which everything is on the disk (`sync`). The restore checks the archive's digest; what the pipeline takes when `sha256sum` does so
 * beside it is measured too. As root on a tmpfs, so that the programs are measured and not the disk. The last line is JSON.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import { once } from "node:events";
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareAgentFiles } from "@coinfleet/build";
import { agentNodeOptions } from "@coinfleet/host";

const goal = { oneConnection: 1, limitedServer: 3, peakDisk: 1.02, peakMemoryMiB: 200 };
const MiB = 2 ** 20;
const fileMiB = 32;
const size = { one: Number(process.env["BENCH_MIB"] ?? 2048), limited: 256 };
const limitMiBPerSec = 16;
const rounds = 3;

interface Run {
  readonly seconds: number;
  readonly peakMiB: number;
  readonly peakDiskBytes: number;
}

const scratch = mkdtempSync(join(tmpdir(), "coinfleet-bench-"));
const isTmpfs = process.getuid?.() === 0 && spawnSync("mount", ["-t", "tmpfs", "tmpfs", scratch]).status === 0;

/** Files like a chain's: they compress by about a third. */
function makeArchive(name: string, totalMiB: number): { file: string; sha256: Promise<string>; dataBytes: number } {
  const source = join(scratch, `${name}-source`);
  mkdirSync(source);
  const block = Buffer.alloc(fileMiB * MiB);
  for (let index = 0; index < totalMiB / fileMiB; index++) {
    for (let at = 0; at < block.length; at += 1024) randomFillSync(block, at, 640);
    writeFileSync(join(source, `blk${index}.dat`), block);
  }
  const dataBytes = diskBytes(source);
  const file = join(scratch, `${name}.tar.zst`);
  execFileSync("bash", ["-c", `tar c -C ${source} . | zstd -q -3 -T0 -o ${file}`]);
  rmSync(source, { recursive: true });
  return { file, sha256: digest(file), dataBytes };
}

async function digest(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) if (Buffer.isBuffer(chunk)) hash.update(chunk);
  return hash.digest("hex");
}

function diskBytes(directory: string): number {
  const { stdout } = spawnSync("du", ["-sB1", directory], { encoding: "utf8" });
  return Number(stdout.split("\t")[0]);
}

/** Of a file system that is ours alone; `du` would count twice what is moved while it looks. */
function usedBytes(directory: string): number {
  const { blocks, bfree, bsize } = statfsSync(directory);
  return isTmpfs ? (blocks - bfree) * bsize : diskBytes(directory);
}

/** Resident memory of a process and its children. */
function residentBytes(pid: number): number {
  try {
    const own = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return own + children.reduce((sum, child) => sum + residentBytes(child), 0);
  } catch {
    return 0;
  }
}

async function measure(start: (data: string) => ChildProcess): Promise<Run> {
  const data = join(scratch, "data");
  mkdirSync(data);
  const usedBefore = usedBytes(data);
  const startedMs = performance.now();
  const program = start(data);
  let [peakBytes, peakDiskBytes, looks] = [0, 0, 0];
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(program.pid ?? 0));
    if (looks++ % 4 === 0) peakDiskBytes = Math.max(peakDiskBytes, usedBytes(data) - usedBefore);
  }, 50);
  const [code] = (await once(program, "close")) as [number];
  const seconds = (performance.now() - startedMs) / 1000;
  clearInterval(timer);
  peakDiskBytes = Math.max(peakDiskBytes, usedBytes(data) - usedBefore);
  rmSync(data, { recursive: true });
  if (code !== 0) throw new Error(`a run ended with code ${code}`);
  return { seconds, peakMiB: peakBytes / MiB, peakDiskBytes };
}

async function serve(file: string, bytesPerSec?: number): Promise<{ url: string; stop: () => void }> {
  const limit = bytesPerSec === undefined ? [] : [String(bytesPerSec)];
  const server = spawn(process.execPath, [join(import.meta.dirname, "file-server.ts"), file, ...limit], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(server.stdout, "data")) as [Buffer];
  return { url: `http://127.0.0.1:${port.toString().trim()}/snapshot`, stop: () => void server.kill() };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function compare(
  name: string,
  archive: ReturnType<typeof makeArchive>,
  connections: number,
  bytesPerSec?: number,
  times = rounds,
): Promise<{ ratio: number; ratioToChecked: number; ours: Run[] }> {
  const sha256 = await archive.sha256;
  const server = await serve(archive.file, bytesPerSec);
  const environment = { PATH: process.env["PATH"] ?? "" };
  const pipeline =
    (check: string) =>
    (data: string): ChildProcess =>
      spawn("bash", ["-c", `set -o pipefail; curl -sf ${server.url} ${check} | zstd -d | tar x -C ${data} && sync -f ${data}`], {
        stdio: ["ignore", "ignore", "inherit"],
        env: environment,
      });
  const restore = (data: string): ChildProcess =>
    spawn(
      join(scratch, "agent/node"),
      [
        ...agentNodeOptions,
        join(scratch, "agent/agent.js"),
        "restore",
        "--url",
        server.url,
        "--sha256",
        sha256,
        "--format",
        "tar.zst",
        "--data",
        data,
        "--connections",
        String(connections),
      ],
      { stdio: ["ignore", "ignore", "inherit"], env: environment },
    );
  const [theirs, checked, ours]: [Run[], Run[], Run[]] = [[], [], []];
  try {
    for (let round = 0; round < times; round++) {
      theirs.push(await measure(pipeline("")));
      ours.push(await measure(restore));
      checked.push(await measure(pipeline("| tee >(sha256sum >/dev/null)")));
    }
  } finally {
    server.stop();
  }
  const secondsOf = (runs: readonly Run[]): number => median(runs.map(({ seconds }) => seconds));
  const rate = (runs: readonly Run[]): string => `${(statSync(archive.file).size / MiB / secondsOf(runs)).toFixed(0)} MiB/s`;
  const ratio = secondsOf(theirs) / secondsOf(ours);
  const ratioToChecked = secondsOf(checked) / secondsOf(ours);
  process.stdout.write(`${name}: ${rate(ours)} against ${rate(theirs)} of curl | zstd -d | tar x: ${ratio.toFixed(2)}\n`);
  process.stdout.write(`  with sha256sum beside it ${rate(checked)}: ${ratioToChecked.toFixed(2)}\n`);
  return { ratio, ratioToChecked, ours };
}

try {
  mkdirSync(join(scratch, "agent"));
  await prepareAgentFiles(join(import.meta.dirname, "../.."), "litecoin", "x86_64", join(scratch, "agent"));
  writeFileSync(join(scratch, "agent/package.json"), '{"type":"module"}');
  const large = makeArchive("large", size.one);
  const one = await compare("one connection", large, 1);
  const small = makeArchive("small", size.limited);
  const limited = await compare(`${limitMiBPerSec} MiB/s for each connection`, small, 8, limitMiBPerSec * MiB, 1);
  const peakMiB = Math.max(...[...one.ours, ...limited.ours].map((run) => run.peakMiB));
  const disk = Math.max(
    ...one.ours.map((run) => run.peakDiskBytes / large.dataBytes),
    ...limited.ours.map((run) => run.peakDiskBytes / small.dataBytes),
  );
  const round = (value: number): number => Number(value.toFixed(3));
  const figures = {
    oneConnection: round(one.ratio),
    limitedServer: round(limited.ratio),
    peakDisk: round(disk),
    peakMemoryMiB: Math.round(peakMiB),
  };
  const met =
    figures.oneConnection >= goal.oneConnection &&
    figures.limitedServer >= goal.limitedServer &&
    figures.peakDisk <= goal.peakDisk &&
    figures.peakMemoryMiB <= goal.peakMemoryMiB;
  const compressedMiB = Math.round(statSync(large.file).size / MiB);
  const checked = { oneConnectionToChecked: round(one.ratioToChecked) };
  process.stdout.write(`${JSON.stringify({ bench: "restore", ...figures, ...checked, isTmpfs, compressedMiB, rounds, goal, met })}\n`);
  if (!met) process.exitCode = 1;
} finally {
  if (isTmpfs) spawnSync("umount", ["--lazy", scratch]);
  rmSync(scratch, { recursive: true, force: true });
}
