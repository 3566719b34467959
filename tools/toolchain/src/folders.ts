import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folders that the toolchain reads and writes. */
export interface Folders {
  /** Built and downloaded tools, shared by all clones of a user. */
  readonly cache: string;
  /** Pulumi's home, the default state backend and its passphrase. */
  readonly state: string;
  /** This package. */
  readonly sources: string;
  /** The clone. */
  readonly workspace: string;
}

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** `${XDG_CACHE_HOME:-~/.cache}/coinfleet/toolchain` and `${XDG_STATE_HOME:-~/.local/state}/coinfleet/pulumi`. */
export function defaultFolders(environment: NodeJS.ProcessEnv): Folders {
  const base = (variable: string, fallback: string): string => nonEmpty(environment[variable]) ?? join(homeOf(environment), fallback);
  return {
    cache: join(base("XDG_CACHE_HOME", ".cache"), "coinfleet", "toolchain"),
    state: join(base("XDG_STATE_HOME", ".local/state"), "coinfleet", "pulumi"),
    sources: packageRoot,
    workspace: dirname(dirname(packageRoot)),
  };
}

/** The home folder that the environment names. */
export function homeOf(environment: NodeJS.ProcessEnv): string {
  return nonEmpty(environment["HOME"]) ?? homedir();
}

/** A variable that is set to nothing counts as not set. */
export function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
