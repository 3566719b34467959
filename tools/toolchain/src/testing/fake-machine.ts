import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { defaultFolders } from "../folders.ts";
import type { Folders } from "../folders.ts";

/** A home folder and a PATH of its own, with programs that only say their version. */
export interface FakeMachine {
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly folders: Folders;
  readonly mirrorParent: string;
  /** Puts a shell script there, and gives its path. */
  readonly script: (path: string, body: string) => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** Makes a machine without any tool, without Go and without downloads. */
export async function fakeMachine(variables: NodeJS.ProcessEnv = {}): Promise<FakeMachine> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "toolchain-")));
  const environment = { HOME: join(root, "home"), PATH: join(root, "bin"), COINFLEET_TOOLCHAIN_DOWNLOADS: "off", ...variables };
  const script = async (path: string, body: string): Promise<string> => {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
    return file;
  };
  return {
    root,
    environment,
    folders: defaultFolders(environment),
    mirrorParent: join(root, "opt"),
    script,
    // `go` writes its telemetry after it has ended.
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

/** The text of a file of this package. */
export async function packageFile(path: string): Promise<string> {
  return readFile(join(import.meta.dirname, "..", "..", path), "utf8");
}
