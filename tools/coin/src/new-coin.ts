import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { tidy } from "./bump.ts";
import { CoinToolError } from "./coin-tool-error.ts";
import type { Answers, Family } from "./family.ts";
import { coinFile } from "./project.ts";
import { registerCoin } from "./register-coin.ts";
import { renderCoin, renderPackage } from "./render-coin.ts";

/** Writes a coin's two files and registers it: in coins/index.ts, in the lock file, and where Node looks for packages. @throws {@link CoinToolError} */
export async function newCoin(root: string, answers: Answers, family: Family): Promise<void> {
  const { id } = answers;
  const file = coinFile(root, id);
  const folder = dirname(file);
  if (existsSync(folder))
    throw new CoinToolError("CoinExists", {
      title: "There is such a folder already.",
      where: `coins/${id}`,
      fix: "Choose another id, or go on with that coin.",
    });
  const registryFile = join(root, "coins/index.ts");
  const registry = await readFile(registryFile, "utf8");
  const registered = await tidy(registryFile, registerCoin(registry, id));
  try {
    await mkdir(folder);
    await writeFile(join(folder, "package.json"), renderPackage(id));
    await writeFile(file, await tidy(file, renderCoin(answers, family)));
    await writeFile(registryFile, registered);
    await lockAndLink(root, id);
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    await writeFile(registryFile, registry);
    throw cause;
  }
}

/** A coin brings no package of anybody else's, so that the lock file and a link are all of its installation. */
async function lockAndLink(root: string, id: string): Promise<void> {
  execFileSync("npm", ["install", "--package-lock-only", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const link = join(root, "node_modules/@coinfleet", `coin-${id}`);
  await rm(link, { force: true });
  await symlink(`../../coins/${id}`, link);
  // What is installed is what the new lock file names; otherwise the next command would install everything again.
  const now = new Date();
  await utimes(join(root, "node_modules/.package-lock.json"), now, now);
}
