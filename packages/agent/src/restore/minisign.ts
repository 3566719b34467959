import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { RestoreError } from "./restore-error.ts";

/** A signature whose form and key are right; whether it matches is known with the digest. */
export interface MinisignSignature {
  readonly id: string;
  /** Takes the BLAKE2b-512 of the signed file. @throws {@link RestoreError} permanent */
  accept(digest: Buffer): void;
}

/**
 * Reads a signature of minisign over a pre-hashed file (`ED`, what it writes since 0.10), with the signature over its trusted comment.
 * @see https://jedisct1.github.io/minisign/#signature-format
 * @throws {@link RestoreError} permanent where it is no such signature, or one of another key
 */
export function readMinisign(text: string, publicKey: string, url: string): MinisignSignature {
  const refuse = (why: string): RestoreError => new RestoreError("permanent", `${url}: ${why}. Nothing of it was made visible.`);
  const key = Buffer.from(publicKey, "base64");
  if (key.length !== 42 || key.toString("latin1", 0, 2) !== "Ed") throw refuse("the configured public key is no minisign key");
  const [, signatureLine = "", commentLine = "", globalLine = ""] = text.split("\n").map((line) => line.trimEnd());
  const signature = Buffer.from(signatureLine, "base64");
  if (signature.length !== 74 || signature.toString("latin1", 0, 2) !== "ED")
    throw refuse("its signature is no pre-hashed minisign signature");
  if (!signature.subarray(2, 10).equals(key.subarray(2, 10))) throw refuse("it is signed with another key");
  const ed25519 = toKey(key.subarray(10));
  const comment = Buffer.from(commentLine.replace(/^trusted comment: /, ""));
  if (!verify(null, Buffer.concat([signature.subarray(10), comment]), ed25519, Buffer.from(globalLine, "base64"))) {
    throw refuse("the signature of its trusted comment does not match");
  }
  return {
    id: signatureLine,
    accept: (digest) => {
      if (!verify(null, digest, ed25519, signature.subarray(10))) throw refuse("its signature does not match");
    },
  };
}

/** An Ed25519 key from its 32 bytes. */
function toKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
}
