import { readdirSync, readFileSync } from "node:fs";

/** What a process was seen to use. */
export interface Used {
  readonly command: string;
  readonly cpuSec: number;
  readonly peakMiB: number;
}

const ticksPerSec = 100;
const everyMs = 100;

/** Watches every process that this one starts, directly or not, while something runs. What a process uses in its last tenth of a second is not seen. */
export async function watched<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly used: readonly Used[] }> {
  const seen = new Map<number, Used>();
  const timer = setInterval(() => look(seen), everyMs);
  try {
    return { result: await work(), used: [...seen.values()] };
  } finally {
    clearInterval(timer);
  }
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpuSec: number;
}

function look(seen: Map<number, Used>): void {
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (processOf(Number(name)) ?? []) : []));
  const ours = new Set([process.pid]);
  for (let before = 0; before < ours.size;) {
    before = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
  }
  for (const { pid, cpuSec } of all) {
    if (pid === process.pid || !ours.has(pid)) continue;
    const peakKiB = Number(/^VmHWM:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);
    const command = textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
    const before = seen.get(pid);
    if (peakKiB === 0) continue;
    seen.set(pid, {
      command: command === "" ? (before?.command ?? "") : command,
      cpuSec,
      peakMiB: Math.max(before?.peakMiB ?? 0, peakKiB / 1024),
    });
  }
}

function processOf(pid: number): Process | undefined {
  const fields = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  if (fields.length < 13) return undefined;
  return { pid, parent: Number(fields[1]), cpuSec: (Number(fields[11]) + Number(fields[12])) / ticksPerSec };
}

/** Empty when the process has gone. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
