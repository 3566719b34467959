import { existsSync, globSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

const names = z.record(z.string(), z.string()).default({});
const parameterizationSchema = z.object({ name: z.string(), version: z.string(), value: z.string() });
const manifestSchema = z.object({
  name: z.string().default(""),
  version: z.string().default(""),
  workspaces: z.union([z.array(z.string()), z.object({ packages: z.array(z.string()) })]).default([]),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  pulumi: z
    .object({
      resource: z.boolean().default(false),
      name: z.string().optional(),
      version: z.string().optional(),
      server: z.string().default(""),
      parameterization: parameterizationSchema.optional(),
    })
    .optional(),
});

/** The parts of a package.json that matter here. */
export type Manifest = z.infer<typeof manifestSchema>;

/** A provider plugin that some npm package needs. */
export interface RequiredPlugin {
  readonly name: string;
  /** With a leading "v". */
  readonly version: string;
  /** Where the plugin is downloaded from. Empty for Pulumi's own place. */
  readonly server: string;
  readonly parameterization?: z.infer<typeof parameterizationSchema> | undefined;
}

/** Every package that the program in `root` can load: its dependencies, theirs, and those of its workspaces. The first is `root`. */
export function findPackages(root: string): Manifest[] {
  const seen = new Map<string, Manifest>();
  visit(root, true, seen);
  return [...seen.values()];
}

/** The provider plugins that these packages need. */
export function requiredPlugins(packages: readonly Manifest[]): RequiredPlugin[] {
  const found = new Map<string, RequiredPlugin>();
  for (const { name: packageName, version: packageVersion, pulumi } of packages) {
    if (pulumi?.resource !== true) continue;
    const name = pulumi.name ?? packageName.replace(/^@pulumi\//, "");
    const version = `v${(pulumi.version ?? packageVersion).replace(/^v/, "")}`;
    found.set(`${name}@${version}`, { name, version, server: pulumi.server, parameterization: pulumi.parameterization });
  }
  return [...found.values()];
}

function visit(directory: string, isTop: boolean, seen: Map<string, Manifest>): void {
  const real = realpathSync(directory);
  const manifest = seen.has(real) ? undefined : readManifest(real);
  if (manifest === undefined) return;
  seen.set(real, manifest);
  const wanted = { ...manifest.dependencies, ...manifest.optionalDependencies, ...(isTop ? manifest.devDependencies : {}) };
  for (const name of Object.keys(wanted)) {
    const found = findInstalled(real, name);
    if (found !== undefined) visit(found, false, seen);
  }
  if (!isTop) return;
  const patterns = Array.isArray(manifest.workspaces) ? manifest.workspaces : manifest.workspaces.packages;
  for (const workspace of globSync(patterns, { cwd: real })) visit(join(real, workspace), false, seen);
}

function findInstalled(from: string, name: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (directory === dirname(directory)) return undefined;
  }
}

function readManifest(directory: string): Manifest | undefined {
  const file = join(directory, "package.json");
  if (!existsSync(file)) return undefined;
  const parsed = manifestSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  return parsed.success ? parsed.data : undefined;
}
