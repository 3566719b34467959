import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { renderMachineImage } from "@coinfleet/host";

/** What a script of the host did. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** What is different from a freshly provisioned host: path → text. */
type Files = Readonly<Record<string, string>>;

const image = renderMachineImage({
  distribution: "debian",
  architecture: "x86_64",
  source: { name: "any", owner: "000000000000" },
  sshUser: "debian",
  instanceType: "m6i.large",
});

/** Stands for the AWS CLI: parameters are files. Only what the scripts call. */
const fakeAws = `#!/bin/bash
store=/run/parameters; mkdir -p $store
shift
action=$1; shift
while [ $# -gt 0 ]; do
  case $1 in --name | --secret-id) name=$2 ;; --value) value=$2 ;; esac
  shift
done
file=$store/$(tr / _ <<<"$name")
case $action in
  get-parameter) [ -e /run/parameters-down ] && { echo "Could not connect to the endpoint URL" >&2; exit 255; }
    cat "$file" 2>/dev/null || { echo "An error occurred (ParameterNotFound) when calling the GetParameter operation" >&2; exit 254; } ;;
  get-secret-value) cat "$file" 2>/dev/null || { echo "An error occurred (ResourceNotFoundException): Secrets Manager can't find the specified secret." >&2; exit 254; } ;;
  put-parameter) printf '%s' "$value" >"$file" ;;
esac
`;

const environmentOf = (command: string): Files => ({
  PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  COMMAND: command,
  COINFLEET_PATIENCE_SEC: "1",
});

/** Counts, and does. */
const countedMkfs = `#!/bin/bash
echo "$*" >>/run/mkfs.log
exec /usr/sbin/mkfs.xfs "$@"
`;

/** For `before`: skips a suite whose hosts this user may not make. */
export function skipUnlessRoot(this: Mocha.Context): void {
  if (process.getuid?.() !== 0) this.skip();
}

/**
 * A root file system with the host's scripts on top of this machine's (overlay), in a mount namespace that goes with each command.
 * Nothing of it is seen outside. Needs root.
 */
export class HostRoot {
  readonly directory: string;
  readonly #devices: string[] = [];

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), "coinfleet-host-"));
    for (const name of ["upper", "work", "root", "run", "var"]) mkdirSync(join(this.directory, name));
    for (const [path, text] of Object.entries(image.files)) {
      const inside = /^provision\/root\/(.*)$/.exec(path)?.[1];
      if (inside !== undefined) this.write(inside, text, inside.startsWith("usr/") ? 0o755 : 0o644);
    }
    this.write("usr/local/bin/aws", fakeAws, 0o755);
    this.write("usr/local/bin/mkfs.xfs", countedMkfs, 0o755);
    this.write("etc/coinfleet/node.env", "COINFLEET_PARAMETERS=/coinfleet/test/litecoin-1\nAWS_REGION=eu-central-1\n", 0o644);
  }

  /** A file of the root file system, or under `run/` of its tmpfs. */
  write(path: string, text: string, mode = 0o644): void {
    const file = path.startsWith("run/") ? join(this.directory, path) : join(this.directory, "upper", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
  }

  /** Text of a file under `run/`, or undefined. */
  read(path: string): string | undefined {
    const file = join(this.directory, path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  /** A loop device on a sparse file. Detached by {@link remove}. */
  device(file: string, sizeMiB: number): string {
    const path = join(this.directory, file);
    execFileSync("truncate", ["-s", `${sizeMiB}M`, path]);
    const device = execFileSync("losetup", ["-f", "--show", path], { encoding: "utf8" }).trim();
    this.#devices.push(device);
    return device;
  }

  /** Runs a command line on the host, with a network of its own. `links`: names under /dev/disk/by-id → loop device. */
  run(command: string, links: Readonly<Record<string, string>> = {}, environment: Files = {}): Outcome {
    const done = spawnSync("unshare", ["--net", ...this.#unshared(links)], {
      encoding: "utf8",
      // bash takes a socket on its standard input for a remote login.
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...environmentOf(command), ...environment },
    });
    return { code: done.status ?? -1, output: done.stdout + done.stderr };
  }

  /** Starts a command line on the host, on this machine's network. Whoever starts it ends it: `process.kill(-pid)`. */
  start(command: string): ChildProcess {
    return spawn("unshare", this.#unshared({}), { stdio: "ignore", detached: true, env: environmentOf(command) });
  }

  #unshared(links: Readonly<Record<string, string>>): readonly string[] {
    const root = join(this.directory, "root");
    const nodes = [...new Set([...Object.values(links), ...this.#devices])].map((device) => {
      const minor = execFileSync("stat", ["-c", "%T", device], { encoding: "utf8" }).trim();
      return `mknod -m 660 ${root}${device} b 7 $((16#${minor}))`;
    });
    const script = [
      "set -e",
      `mount -t overlay overlay -o lowerdir=/,upperdir=${this.directory}/upper,workdir=${this.directory}/work ${root}`,
      `mount -t tmpfs tmpfs ${root}/dev`,
      ...["null 1 3", "zero 1 5", "urandom 1 9"].map((one) => `mknod -m 666 ${root}/dev/${one.replace(" ", " c ")}`),
      `ln -s /proc/self/fd ${root}/dev/fd`,
      `mkdir -p ${root}/dev/disk/by-id ${root}/var/lib/coinfleet`,
      ...nodes,
      ...Object.entries(links).map(([name, device]) => `ln -s ${device} ${root}/dev/disk/by-id/${name}`),
      `mount --bind /proc ${root}/proc`,
      `mount --rbind /sys ${root}/sys`,
      `mount --bind ${this.directory}/run ${root}/run`,
      // The files behind the devices: what grows a volume is outside of the host.
      `mount --bind ${this.directory} ${root}/mnt`,
      `mount --bind ${this.directory}/var ${root}/var/lib/coinfleet`,
      `exec chroot ${root} /bin/bash -c "$COMMAND"`,
    ].join("\n");
    return ["--mount", "--propagation", "private", "bash", "-c", script];
  }

  remove(): void {
    for (const device of this.#devices) spawnSync("losetup", ["-d", device]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
