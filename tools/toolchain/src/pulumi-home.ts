import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createAtomically, exists } from "@coinfleet/build";
import { makeOnce } from "./artifact.ts";
import { languageHostArtifact, languageHostProgram } from "./language-host.ts";
import type { Obtained, World } from "./obtain.ts";
import { isProgram } from "./search.ts";
import { pulumiVersion } from "./versions.ts";

/**
 * The folder with the CLI and its language host. An official CLI brings its own host; else ours is laid beside a link to the CLI, because the
 * engine warns, even inside `--json`, of a host that it finds elsewhere.
 */
export async function cliFolder(cli: Obtained, world: World): Promise<string> {
  const own = dirname(cli.path);
  if (await isProgram(join(own, languageHostProgram))) return own;
  const host = await languageHostArtifact(world.folders);
  await makeOnce(world.folders.cache, host, world.onProgress);
  const folder = join(world.folders.cache, `bin-${pulumiVersion}-${shortDigest([cli.path, host.folder])}`);
  if (await exists(folder)) return folder;
  await createAtomically(folder, async (staging) => {
    await linkOrCopy(cli.path, join(staging, "pulumi"));
    await symlink(join(host.folder, languageHostProgram), join(staging, languageHostProgram));
  });
  return folder;
}

/** A home for Pulumi with these plugins in it, so that the user's own ~/.pulumi stays as it is. */
export async function pulumiHome(plugins: readonly Obtained[], world: World): Promise<string> {
  const key = ["without logs", ...plugins.map(({ path, terraformProvider }) => `${path} ${terraformProvider ?? ""}`)];
  const folder = join(world.folders.state, `home-${shortDigest(key)}`);
  if (await exists(folder)) return folder;
  const workspaces = join(world.folders.state, "workspaces");
  await mkdir(workspaces, { recursive: true, mode: 0o700 });
  await createAtomically(folder, async (staging) => {
    // Which stack is selected where must outlive a new version of a plugin.
    await symlink(workspaces, join(staging, "workspaces"));
    // The engine logs all that it does into this folder, compressed, at a third of its processor time, and has no option against it. It does without where it can't.
    await writeFile(
      join(staging, "logs"),
      "A file where Pulumi wants a folder, so that it writes no diagnostic log of each run. Remove it to have them.\n",
    );
    for (const plugin of plugins) await addPlugin(plugin, join(staging, "plugins"));
  });
  return folder;
}

async function addPlugin({ tool, path, terraformProvider }: Obtained, plugins: string): Promise<void> {
  const folder = join(plugins, `resource-${tool.id}-v${tool.version}`);
  await mkdir(folder, { recursive: true });
  const target = join(folder, tool.program);
  if (terraformProvider === undefined) await symlink(path, target);
  else await writeFile(target, `#!/bin/sh\nTERRAFORM_PROVIDER=${quote(terraformProvider)} exec ${quote(path)} "$@"\n`, { mode: 0o755 });
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  // The engine looks beside its own executable with symbolic links resolved, so that only a hard link or a copy will do.
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function shortDigest(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);
}
