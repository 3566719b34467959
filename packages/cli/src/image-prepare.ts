import { join, normalize } from "node:path";
import tls from "node:tls";
import { fetchOptionsFromEnvironment, prepareImageContext } from "@coinfleet/build";
import { z } from "zod";
import { CliError } from "./cli-error.ts";
import { imageSpecSchema } from "./image-spec-schema.ts";
import type { Reporter } from "./reporter.ts";

export const imageSchema = z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/), directory: z.string(), spec: imageSpecSchema });

function checkDirectory(directory: string): void {
  if (directory === normalize(directory) && directory.startsWith(".coinfleet/") && !directory.includes("..")) return;
  throw new CliError("InvalidInput", {
    title: "The folder is outside of the project's `.coinfleet`.",
    where: directory,
    allowed: ".coinfleet/images/<digest>",
    fix: "Program and command line are of different versions. Run `npm ci`.",
    state: "Nothing has been changed.",
  });
}

/** A company's proxy has its own certificates; the system trusts them. */
function trustSystemCertificates(): void {
  tls.setDefaultCACertificates([...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])]);
}

/** Lays out the build context of one image below `root`. Resolves to the folder, relative to it. */
export async function prepareImage(
  { digest, directory, spec }: z.infer<typeof imageSchema>,
  root: string,
  reporter: Reporter,
): Promise<string> {
  checkDirectory(directory);
  trustSystemCertificates();
  const options = { ...fetchOptionsFromEnvironment(process.env), keyrings: [join(root, "keyrings")], onProgress: reporter.progress };
  const made = await prepareImageContext({ spec, digest }, join(root, directory), root, options);
  const what = spec.kind === "client" ? `${spec.client.name} ${spec.client.version} (${spec.client.sourceName})` : `agent of ${spec.coin}`;
  reporter.say(`${what}: ${made.wasThere ? "is there already" : "prepared"}`);
  for (const line of made.verification) reporter.say(`  ${line}`);
  return directory;
}
