import type { Signer } from "@coinfleet/sdk";
import type { Key, SignaturePacket } from "openpgp";
import { createMessage, enums, readCleartextMessage, readSignature } from "openpgp";
import { BuildError, describeCause } from "./build-error.ts";
import type { FoundKey } from "./keyring.ts";

/** A pinned signer whose signature counted. */
export interface VerifiedSigner {
  readonly name: string;
  readonly fingerprint: string;
  /** The key or subkey that made the signature. */
  readonly signedBy: string;
  /** Set when the key that could be had has expired and the plugin declares why it counts all the same. */
  readonly acceptedExpired?: string;
}

/** What was signed, and the signatures over it. */
export interface SignedData {
  readonly content: Uint8Array;
  readonly signatures: readonly SignaturePacket[];
}

const blockPattern = /-----BEGIN PGP SIGNATURE-----[\s\S]*?-----END PGP SIGNATURE-----/g;

/** Every signature packet of a signature file: binary, or any number of armoured blocks one after the other. */
async function readSignaturePackets(bytes: Uint8Array): Promise<SignaturePacket[]> {
  const text = Buffer.from(bytes).toString("utf8");
  const blocks = text.match(blockPattern);
  if (blocks === null) return [...(await readSignature({ binarySignature: bytes })).packets];
  const packets: SignaturePacket[] = [];
  for (const block of blocks) packets.push(...(await readSignature({ armoredSignature: block })).packets);
  return packets;
}

function unreadable(where: string, cause: unknown): BuildError {
  return new BuildError(
    "SignatureInvalid",
    {
      title: "Not a readable OpenPGP signature.",
      where,
      got: describeCause(cause),
      fix: "Compare with the file that the upstream project publishes; do not build from this one.",
    },
    { cause },
  );
}

/** Pairs content with its detached signature. */
export async function readDetached(content: Uint8Array, signature: Uint8Array, where: string): Promise<SignedData> {
  const signatures = await readSignaturePackets(signature).catch((cause: unknown) => {
    throw unreadable(where, cause);
  });
  return { content, signatures };
}

/** Takes a clear-signed file apart. Only the text inside the signature comes back; whatever stands around it is gone. */
export async function readClearSigned(file: Uint8Array, where: string): Promise<SignedData> {
  const text = Buffer.from(file).toString("utf8");
  try {
    const message = await readCleartextMessage({ cleartextMessage: text });
    return {
      content: Buffer.from(message.getText(), "utf8"),
      signatures: await readSignaturePackets(Buffer.from(text.match(blockPattern)?.at(-1) ?? "")),
    };
  } catch (cause) {
    throw unreadable(where, cause);
  }
}

type Outcome = { readonly kind: "good"; readonly signer: VerifiedSigner } | { readonly kind: "bad" | "not-counted"; readonly why: string };

async function isExpired(key: Key, packet: SignaturePacket): Promise<boolean> {
  return key.getSigningKey(packet.issuerKeyID).then(
    () => false,
    () => true,
  );
}

async function checkOne(data: SignedData, packet: SignaturePacket, { signer, key }: { signer: Signer; key: Key }): Promise<Outcome> {
  const issuer = key.getKeys(packet.issuerKeyID)[0];
  const type = packet.signatureType;
  if (issuer === undefined || (type !== enums.signature.binary && type !== enums.signature.text))
    return { kind: "not-counted", why: "not a signature of a document" };
  const literal = (await createMessage({ binary: data.content })).packets.findPacket(enums.packet.literalData);
  if (literal === undefined) return { kind: "not-counted", why: "nothing was signed" };
  try {
    await packet.verify(issuer.keyPacket, type, literal, new Date(), true);
  } catch (cause) {
    return { kind: "bad", why: `${signer.name}: ${describeCause(cause)}` };
  }
  try {
    // Without a date: the key is bound to the pinned primary key, may sign, and is not revoked. Expiry is decided below, on purpose.
    await key.getSigningKey(packet.issuerKeyID, null);
  } catch (cause) {
    return { kind: "not-counted", why: `${signer.name}: good signature by an unusable key: ${describeCause(cause)}` };
  }
  const counted = { name: signer.name, fingerprint: signer.fingerprint, signedBy: issuer.getFingerprint().toUpperCase() };
  if (!(await isExpired(key, packet))) return { kind: "good", signer: counted };
  if (signer.acceptExpired !== undefined) return { kind: "good", signer: { ...counted, acceptedExpired: signer.acceptExpired } };
  return {
    kind: "not-counted",
    why: `${signer.name}: good signature, but the key that can be had has expired and the plugin declares no \`acceptExpired\``,
  };
}

function tooFew(where: string, good: number, threshold: number, why: readonly string[]): BuildError {
  return new BuildError(good === 0 ? "SignatureInvalid" : "TooFewSigners", {
    title: good === 0 ? "No pinned signer has signed this release." : "Too few pinned signers have signed this release.",
    where,
    got: `${good} good signature(s)${why.length > 0 ? `; ${why.join("; ")}` : ""}`,
    allowed: `${threshold} of the pinned signers`,
    fix: "Compare with the upstream project's announcement. Change signers or threshold only after the new ones were verified by another way.",
  });
}

/** Says for each pinned signer without a counted signature what is wrong. */
function explain(keys: readonly FoundKey[], good: ReadonlyMap<string, VerifiedSigner>, data: SignedData): string[] {
  return keys.flatMap(({ signer, key, tried }) => {
    if (good.has(signer.fingerprint)) return [];
    if (key === undefined) return [`${signer.name}: public key ${signer.fingerprint} not found (${tried.join("; ")})`];
    return data.signatures.some((packet) => key.getKeys(packet.issuerKeyID).length > 0)
      ? []
      : [`${signer.name}: has not signed it, or with a subkey that the key at hand lacks`];
  });
}

/**
 * Counts pinned signers. Each primary key counts once, whichever of its subkeys signed; signatures by other keys are ignored; a wrong
 * signature by a pinned key is an alarm and refuses the whole release, even where the threshold is met without it.
 * @throws {@link BuildError} `SignatureInvalid`, `TooFewSigners`
 */
export async function verifySigners(
  data: SignedData,
  keys: readonly FoundKey[],
  threshold: number,
  where: string,
): Promise<readonly VerifiedSigner[]> {
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > keys.length) {
    throw new BuildError("TooFewSigners", {
      title: "The threshold cannot be met.",
      where,
      got: String(threshold),
      allowed: `1 to ${keys.length}, the number of pinned signers`,
      fix: "Correct the coin's release source.",
    });
  }
  const good = new Map<string, VerifiedSigner>();
  const why: string[] = [];
  for (const packet of data.signatures) {
    const found = keys.find(({ key }) => key !== undefined && key.getKeys(packet.issuerKeyID).length > 0);
    if (found?.key === undefined) continue;
    const outcome = await checkOne(data, packet, { signer: found.signer, key: found.key });
    if (outcome.kind === "good") good.set(outcome.signer.fingerprint, outcome.signer);
    else if (outcome.kind === "not-counted") why.push(outcome.why);
    else {
      throw new BuildError("SignatureInvalid", {
        title: "A pinned signer's signature does not fit the file.",
        where,
        got: outcome.why,
        fix: "The file or the signature was changed on its way, or upstream was broken into. Do not build; ask the upstream project.",
      });
    }
  }
  why.push(...explain(keys, good, data));
  if (good.size < threshold) throw tooFew(where, good.size, threshold, why);
  return [...good.values()];
}
