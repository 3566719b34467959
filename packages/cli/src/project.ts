import { join } from "node:path";

/** The folder of the project that this command line belongs to. */
const projectRoot = join(import.meta.dirname, "../../..");

/** Programs of the project that this one runs as processes of their own: their packages stay independent of it. */
export const ownPrograms = {
  toolchain: join(projectRoot, "tools/toolchain/bin/toolchain"),
  sandbox: join(projectRoot, "packages/sandbox/bin/sandbox"),
} as const;

/** Path of a file of the project. */
export function inProject(path: string): string {
  return join(projectRoot, path);
}
