import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Relative to the project, and so the same on every machine: a path of the machine would be in the state, and in every preview of the next one. */
const link = ".coinfleet/docker/config.json";

/**
 * Where docker's logins are for a program in `root`: a link to the user's own configuration, `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`.
 * Where the user has none it is an empty one, so that a preview, which pushes nothing, asks for no login.
 * @returns the path, relative to `root`
 */
export function linkDockerConfig(root: string, environment: NodeJS.ProcessEnv): string {
  const own = join(environment["DOCKER_CONFIG"] ?? join(environment["HOME"] ?? homedir(), ".docker"), "config.json");
  const path = join(root, link);
  // Renamed into place: another program of the same project may be reading it.
  const made = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  // What one with the same number may have left when it was killed.
  rmSync(made, { force: true });
  if (existsSync(own)) symlinkSync(own, made);
  else writeFileSync(made, "{}\n");
  renameSync(made, path);
  return link;
}
