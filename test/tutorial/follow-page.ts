import { execFile, execFileSync } from "node:child_process";
import { cpSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** A block of a page: something to run, to compare with what the last run said, or to write into a file. */
export interface Block {
  readonly kind: string;
  readonly file: string | undefined;
  readonly text: string;
}

export function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, kind = "", file, text = ""]) => ({ kind, file, text }));
}

/** Does what a block says. Fails when a command fails, or when the last command did not say what the page shows. @returns what was said */
export async function follow({ kind, file, text }: Block, root: string, said: string, environment: NodeJS.ProcessEnv): Promise<string> {
  if (file !== undefined) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
    return said;
  }
  if (kind === "sh") {
    const { stdout, stderr } = await promisify(execFile)("sh", ["-ec", text], { cwd: root, env: environment, maxBuffer: 2 ** 26 });
    return stdout + stderr;
  }
  if (kind !== "text") throw new Error(`nobody knows what to do with a block of ${kind}`);
  for (const line of text.split("\n").filter(Boolean))
    if (!said.includes(line)) throw new Error(`the page shows "${line}", and what was said is:\n${said}`);
  return said;
}

/** Copies the project as git sees it, with the packages that are installed. */
export function copyProject(from: string, to: string): void {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: from, encoding: "utf8" });
  for (const file of listed.split("\n").filter(Boolean)) {
    const source = join(from, file);
    // A path that git lists may be deleted, or be a link to a folder.
    if (lstatSync(source, { throwIfNoEntry: false })?.isFile() === true) cpSync(source, join(to, file));
  }
  linkPackages(join(from, "node_modules"), join(to, "node_modules"));
  for (const parent of ["packages", "tools"]) {
    for (const name of readdirSync(join(from, parent), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    )) {
      const own = join(from, parent, name, "node_modules");
      if (lstatSync(own, { throwIfNoEntry: false }) !== undefined) symlinkSync(own, join(to, parent, name, "node_modules"));
    }
  }
}

/** Other people's packages stay where they are; ours are relative links, which lead into the copy. */
function linkPackages(from: string, to: string): void {
  mkdirSync(join(to, "@coinfleet"), { recursive: true });
  for (const name of readdirSync(from))
    if (name !== "@coinfleet" && name !== ".package-lock.json") symlinkSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(from, "@coinfleet")))
    symlinkSync(readlinkSync(join(from, "@coinfleet", name)), join(to, "@coinfleet", name));
  cpSync(join(from, ".package-lock.json"), join(to, ".package-lock.json"));
}
