import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createAtomically, defaultCacheDir, exists, sha256OfText, withLock } from "@coinfleet/build";
import type { Outcome } from "./host-root.ts";
import type { Status, VolumeHost } from "./volume-host.ts";

/** An NVMe disk, as a volume is one. */
export interface GuestDisk {
  /** Image in the host's folder. */
  readonly file: string;
  /** Of the volume; the disk's serial follows from it. */
  readonly id: string;
  /** What answers with an I/O error. @default [] */
  readonly faults?: readonly Fault[];
  /** No write is faster. @default - as fast as it can */
  readonly writtenBytesPerSec?: number;
  /** Attached by {@link Guest.plug} only. @default false */
  readonly isAbsent?: boolean;
}

interface Fault {
  readonly iotype: "read" | "write";
  /** The one sector (512 bytes) that is damaged. @default - all are */
  readonly sector?: number;
}

/** A kernel and a root file system, made once for each user and recipe. */
async function guestImage(): Promise<string> {
  const recipe = ["guest-image.sh", "guest-init.sh", "guest-aws.sh"].map((name) => join(import.meta.dirname, name));
  const texts = await Promise.all(recipe.map((file) => readFile(file, "utf8")));
  const folder = join(dirname(defaultCacheDir()), `guest-${sha256OfText(texts.join("\0")).slice(0, 16)}`);
  await withLock(`${folder}.lock`, async () => {
    if (await exists(folder)) return;
    await createAtomically(folder, async (staging) => {
      await promisify(execFile)("sh", [recipe[0] ?? "", staging]);
    });
  });
  return folder;
}

/** A socket that QEMU connects to, line by line. */
class Line {
  readonly #server: Server;
  readonly #lines: AsyncIterator<string, undefined>;
  #socket: Socket | undefined;

  constructor(path: string) {
    this.#server = createServer().listen(path);
    this.#lines = this.#read(once(this.#server, "connection"));
  }

  async *#read(connected: Promise<unknown[]>): AsyncGenerator<string, undefined> {
    const socket = (await connected)[0] as Socket;
    this.#socket = socket;
    // QEMU is killed: that its end of the line breaks is no news.
    socket.on("error", () => undefined);
    yield* createInterface({ input: socket });
    return undefined;
  }

  async next(): Promise<string | undefined> {
    return (await this.#lines.next()).value;
  }

  write(line: string): void {
    this.#socket?.write(`${line}\n`);
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }
}

const bootLimitSec = 300;

/** A virtual machine with a kernel of its own, the host's scripts in it and real NVMe disks. What the AWS command line asks for and how often mkfs ran is kept outside of it. */
export class Guest {
  readonly #host: VolumeHost;
  readonly #disks: readonly GuestDisk[];
  readonly #lines: { readonly commands: Line; readonly aws: Line; readonly monitor: Line };
  readonly #qemu: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(host: VolumeHost, disks: readonly GuestDisk[], image: string) {
    this.#host = host;
    this.#disks = disks;
    const line = (name: string): Line => new Line(join(host.directory, name));
    this.#lines = { commands: line("commands"), aws: line("aws"), monitor: line("monitor") };
    const console = openSync(join(host.directory, "console"), "w");
    // With its parent gone nobody would end it.
    const command = ["--pdeathsig", "KILL", "qemu-system-x86_64", ...this.#arguments(image)];
    this.#qemu = spawn("setpriv", command, { stdio: ["ignore", console, console] });
    closeSync(console);
    this.#ended = once(this.#qemu, "exit");
  }

  /** Disks in the order of their PCI addresses. Whoever boots it cuts its power. @throws with the console's end when it does not come up */
  static async boot(host: VolumeHost, ...disks: readonly GuestDisk[]): Promise<Guest> {
    const guest = new Guest(host, disks, await guestImage());
    const late = setTimeout(() => void guest.cutPower(), bootLimitSec * 1000);
    try {
      await guest.#answer(guest.#lines.commands);
      void guest.#serveAws();
      await guest.refresh();
    } catch (cause) {
      await guest.cutPower();
      throw cause;
    } finally {
      clearTimeout(late);
    }
    return guest;
  }

  /** The host's files as they are now, into the guest. */
  async refresh(): Promise<void> {
    const { directory } = this.#host;
    const files = ["-C", join(directory, "upper"), "--exclude=./usr/local/bin/aws", ".", "-C", directory, "run/coinfleet"];
    const archive = execFileSync("tar", ["--create", "--gzip", ...files], { encoding: "base64" });
    const { code, output } = await this.run(`base64 -d <<<${archive} | tar -x -z -C / --keep-directory-symlink --no-overwrite-dir`);
    if (code !== 0) throw new Error(output);
  }

  /** Runs a command line as root. A process that is to go on must let go of its output. */
  async run(command: string): Promise<Outcome> {
    this.#lines.commands.write(Buffer.from(command).toString("base64"));
    const [code = "", output = ""] = (await this.#answer(this.#lines.commands)).split(" ");
    return { code: Number(code), output: Buffer.from(output, "base64").toString() };
  }

  /** The volume script, then `then` while the volume is mounted. */
  async volume(then = "true"): Promise<Outcome> {
    return this.run(`COINFLEET_PATIENCE_SEC=1 /usr/lib/coinfleet/volume || exit $?; ${then}`);
  }

  /** What the volume script has said last. */
  async status(): Promise<Status> {
    return JSON.parse((await this.run("cat /run/coinfleet/status/volume.json 2>/dev/null || echo '{}'")).output) as never;
  }

  /** Kernel's name of the disk that is the volume: nvme0n1. */
  async nameOf(id: string): Promise<string> {
    return (await this.run(`lsblk -dno NAME,SERIAL | sed -n 's/ *${serialOf(id)}$//p'`)).output.trim();
  }

  /** Waits for as long as the guest lives. */
  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) {
      if (!this.#isAlive()) throw this.#hasEnded();
      await sleep(10);
    }
  }

  /** Attaches a disk while the guest runs. */
  async plug(id: string): Promise<void> {
    const drive = `disk${this.#disks.findIndex((disk) => disk.id === id)}`;
    const requests = [
      { execute: "qmp_capabilities" },
      { execute: "device_add", arguments: { driver: "nvme", serial: serialOf(id), drive, bus: "free-slot" } },
    ];
    // Its greeting. Other lines without a result are events.
    await this.#answer(this.#lines.monitor);
    for (const request of requests) {
      this.#lines.monitor.write(JSON.stringify(request));
      for (let answer = ""; !answer.startsWith('{"return"');) {
        answer = await this.#answer(this.#lines.monitor);
        if (answer.startsWith('{"error"')) throw new Error(answer);
      }
    }
  }

  /** What is in the guest's memory is lost; what has reached a disk is not. */
  async cutPower(): Promise<void> {
    this.#qemu.kill("SIGKILL");
    if (this.#isAlive()) await this.#ended;
    for (const line of Object.values(this.#lines)) line.close();
  }

  async #answer(line: Line): Promise<string> {
    const answer = await Promise.race([line.next(), this.#ended.then(() => undefined)]);
    if (answer === undefined) throw this.#hasEnded();
    return answer;
  }

  #isAlive(): boolean {
    return this.#qemu.exitCode === null && this.#qemu.signalCode === null;
  }

  #hasEnded(): Error {
    const console = readFileSync(join(this.#host.directory, "console"), "utf8").slice(-2000);
    return new Error(`the guest has ended. Its console:\n${console}`);
  }

  /** Hands the guest's questions to the hosts' stand-in for AWS. */
  async #serveAws(): Promise<void> {
    for (let question = await this.#lines.aws.next(); question !== undefined; question = await this.#lines.aws.next()) {
      const { code, output } = this.#host.run(`aws ${Buffer.from(question, "base64").toString()}`);
      this.#lines.aws.write(`${code} ${Buffer.from(output).toString("base64")}`);
    }
  }

  #arguments(image: string): readonly string[] {
    const path = (name: string): string => join(this.#host.directory, name);
    const port = (name: string): readonly string[] => ["-device", `virtserialport,chardev=${name},name=${name}`];
    const socket = (name: string): readonly string[] => ["-chardev", `socket,id=${name},path=${path(name)}`];
    return [
      ...["-accel", "tcg", "-machine", "q35", "-cpu", "max", "-m", "768", "-nodefaults", "-display", "none", "-no-reboot"],
      ...["-kernel", join(image, "vmlinuz"), "-initrd", join(image, "initrd"), "-append", "console=ttyS0 quiet panic=-1"],
      ...["-serial", "stdio", "-device", "virtio-serial", "-device", "pcie-root-port,id=free-slot"],
      ...socket("commands"),
      ...port("commands"),
      ...socket("aws"),
      ...port("aws"),
      ...["-chardev", `file,id=mkfs,path=${path("run/mkfs.log")},append=on`, ...port("mkfs")],
      ...[...socket("monitor"), "-mon", "chardev=monitor,mode=control"],
      ...this.#disks.flatMap((disk, index) => diskArguments(disk, `disk${index}`, path(disk.file))),
    ];
  }
}

const serialOf = (id: string): string => id.replace("-", "");

function diskArguments(disk: GuestDisk, name: string, filename: string): readonly string[] {
  const { id, faults = [], writtenBytesPerSec, isAbsent = false } = disk;
  const image = { driver: "file", filename };
  const errors = faults.map(({ iotype, sector = -1 }) => ({ event: "none", iotype, sector, errno: 5 }));
  const file = errors.length === 0 ? image : { driver: "blkdebug", image, "inject-error": errors };
  const limit = writtenBytesPerSec ?? 0;
  return [
    ...["-object", JSON.stringify({ "qom-type": "throttle-group", id: `${name}-limit`, limits: { "bps-write": limit } })],
    ...[
      "-blockdev",
      JSON.stringify({ driver: "throttle", "node-name": name, "throttle-group": `${name}-limit`, file: { driver: "raw", file } }),
    ],
    ...(isAbsent ? [] : ["-device", `nvme,serial=${serialOf(id)},drive=${name}`]),
  ];
}
