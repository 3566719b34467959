import type { ImageSpec } from "@coinfleet/build";
import type { ReleaseSource } from "@coinfleet/sdk";
import { z } from "zod";

const architecture = z.enum(["x86_64", "arm64"]);
const text = z.string();
const texts = z.record(text, text);
const pinned = z.union([text, z.strictObject({ pending: text })]);
const signer = z.strictObject({
  name: text,
  fingerprint: text.regex(/^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/),
  acceptExpired: text.exactOptional(),
});
const signers = { signers: z.array(signer), threshold: z.int() };

const signature = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("detached"), url: text, ...signers }),
  z.strictObject({ kind: z.literal("sums"), sums: text, signature: text, ...signers }),
  z.strictObject({ kind: z.literal("none"), reason: text }),
]);

const byArchitecture = <T extends z.ZodType>(value: T): z.ZodObject<{ x86_64: z.ZodExactOptional<T>; arm64: z.ZodExactOptional<T> }> =>
  z.strictObject({ x86_64: value.exactOptional(), arm64: value.exactOptional() });

const source: z.ZodType<ReleaseSource> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("signedArchive"),
    version: text,
    url: byArchitecture(text),
    sha256: z.record(text, byArchitecture(pinned)),
    signature,
    binaries: texts,
  }),
  z.strictObject({
    kind: z.literal("goModule"),
    version: text,
    module: text,
    packages: texts,
    sums: z.record(text, pinned),
    replace: texts.exactOptional(),
    cgo: z.boolean().exactOptional(),
  }),
  z.strictObject({ kind: z.literal("debianPackage"), version: text, package: text, pins: texts, binaries: texts }),
  z.strictObject({ kind: z.literal("ociImage"), version: text, repository: text, digests: z.record(text, pinned), binaries: texts }),
]);

const client = z.strictObject({ name: text, version: text, sourceName: text, source, runtimePackages: z.array(text) });

/** An image's spec as it comes back from the program's JSON. Strict: a key that this version does not know could be a verification. */
export const imageSpecSchema: z.ZodType<ImageSpec> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("client"), client, base: text, architecture }),
  z.strictObject({ kind: z.literal("agent"), coin: text.regex(/^[a-z0-9-]+$/), base: text, architecture }),
]);
