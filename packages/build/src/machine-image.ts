import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { BuildError } from "./build-error.ts";
import type { OnProgress } from "./progress.ts";
import { silent } from "./progress.ts";
import { runTool } from "./run-tool.ts";

/** Oldest Packer that the templates are written for. */
export const minimumPacker = [1, 6, 6] as const;

/** What {@link buildMachineImage} is given. */
export interface MachineImageOptions {
  /** Packer template and scripts: path → text. */
  readonly files: Readonly<Record<string, string>>;
  /** Values of the template's variables; those that it does not declare are ignored by Packer. */
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress?: OnProgress;
  /** Told what Packer says. */
  readonly onLine?: (line: string) => void;
}

const packerFix = "Install Packer 1.6.6 or newer (Debian: `apt-get install packer`) and put it on PATH.";

/** Compares dotted versions. */
const isAtLeast = (version: readonly number[], least: readonly number[]): boolean => {
  const index = least.findIndex((part, position) => version[position] !== part);
  return index === -1 || (version[index] ?? 0) > (least[index] ?? 0);
};

async function packerVersion(environment: NodeJS.ProcessEnv): Promise<readonly number[]> {
  const output = await runTool("packer", ["version"], { cwd: "/", environment, timeoutMs: 30_000, fix: packerFix });
  const version = (/v(\d+)\.(\d+)\.(\d+)/.exec(output) ?? []).slice(1).map(Number);
  if (version.length === 3 && isAtLeast(version, minimumPacker)) return version;
  throw new BuildError("ToolMissing", {
    title: "Packer is too old, or not Packer.",
    where: "packer on PATH",
    got: output.split("\n")[0] ?? "",
    allowed: `${minimumPacker.join(".")} or newer`,
    fix: packerFix,
  });
}

async function writeTemplate(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = normalize(join(directory, path));
    if (!file.startsWith(`${directory}/`))
      throw new BuildError("SpecMismatch", {
        title: "A file of the template leaves its folder.",
        where: path,
        fix: "Use plain relative paths.",
      });
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: path.endsWith(".sh") || text.startsWith("#!") ? 0o755 : 0o644 });
  }
}

/** The AMI in Packer's machine-readable output. `timestamp,target,artifact,0,id,<region>:<ami>`. */
export function artifactOf(output: string): string | undefined {
  return /,artifact,\d+,id,(?:[a-z0-9-]+:)?(ami-[0-9a-f]+)/.exec(output)?.[1];
}

/** What Packer says, without the fields for machines. */
export function readableLine(line: string): string | undefined {
  const said = /^\d+,[^,]*,ui,(?:say|message|error),(.*)$/.exec(line)?.[1];
  return said?.replaceAll("%!(PACKER_COMMA)", ",").replaceAll("\\n", "\n").trimEnd();
}

/** Runs Packer over rendered files in a folder of its own. Resolves to the AMI's id. @throws {@link BuildError} */
export async function buildMachineImage({
  files,
  variables,
  timeoutMs,
  environment,
  onProgress = silent,
  onLine,
}: MachineImageOptions): Promise<string> {
  const version = await packerVersion(environment);
  const directory = await mkdtemp(join(tmpdir(), "coinfleet-packer-"));
  const startedAt = Date.now();
  const packerVariables = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`PKR_VAR_${name}`, value]));
  try {
    await writeTemplate(directory, files);
    const settings = {
      cwd: directory,
      environment: { ...environment, ...packerVariables, CHECKPOINT_DISABLE: "1", PACKER_NO_COLOR: "1" },
      timeoutMs,
    };
    // From 1.7 on builders are plugins; 1.6.6 has them inside and refuses the block that names them.
    if (isAtLeast(version, [1, 7, 0]) && Object.keys(files).some((path) => path.startsWith("plugins/"))) {
      await runTool("packer", ["init", "plugins"], {
        ...settings,
        fix: "Packer could not fetch its amazon plugin. Run `packer plugins install github.com/hashicorp/amazon` where the internet is reached.",
      });
    }
    const output = await runTool("packer", ["build", "-machine-readable", "."], {
      ...settings,
      readable: readableLine,
      fix: "Read Packer's last lines above. It has removed what it had started, unless it says otherwise.",
      onLine: (line) => {
        const text = readableLine(line);
        if (text === undefined) return;
        onLine?.(text);
        onProgress({ what: `packer: ${text.split("\n").at(-1) ?? ""}`, done: Math.round((Date.now() - startedAt) / 1000), unit: "s" });
      },
    });
    const image = artifactOf(output);
    if (image !== undefined) return image;
    throw new BuildError("ToolFailed", {
      title: "Packer ended without an AMI.",
      where: "packer build",
      fix: "Check that the template has one amazon-ebs source and `skip_create_ami` is off.",
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
