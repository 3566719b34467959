import { join } from "node:path";
import tls from "node:tls";
import { fetchOptionsFromEnvironment } from "./fetch-options.ts";
import type { ImageSpec } from "@coinfleet/host";
import { prepareImageContext } from "./image-plan.ts";
import { progressLines } from "./progress.ts";

/** An image to prepare: what it is made of, the digest that was planned, and its folder relative to the project. */
export interface ImageToPrepare {
  readonly spec: ImageSpec;
  readonly digest: string;
  readonly directory: string;
}

const sayEveryMs = 15_000;

/** A company's proxy has its own certificates; the system trusts them. */
function trustSystemCertificates(): void {
  tls.setDefaultCACertificates([...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])]);
}

/**
 * Lays out the build context of one image below the project's folder: fetches, verifies, compiles, bundles. Does nothing where it is there already.
 * `say` gets what is worth a line for people: how the release was verified, how far a long download is.
 * @throws {@link BuildError}
 */
export async function prepareImage(root: string, { spec, digest, directory }: ImageToPrepare, say: (line: string) => void): Promise<void> {
  trustSystemCertificates();
  const options = {
    ...fetchOptionsFromEnvironment(process.env),
    keyrings: [join(root, "keyrings")],
    onProgress: progressLines(say, sayEveryMs),
  };
  const made = await prepareImageContext({ spec, digest }, join(root, directory), root, options);
  if (made.wasThere) return;
  const what = spec.kind === "client" ? `${spec.client.name} ${spec.client.version} (${spec.client.sourceName})` : `agent of ${spec.coin}`;
  say([`${what}: prepared`, ...made.verification].join("; "));
}
