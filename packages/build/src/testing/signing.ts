import type { PrivateKey } from "openpgp";
import { createCleartextMessage, createMessage, generateKey, sign } from "openpgp";

/** A release signer made for a test. */
export interface TestSigner {
  readonly name: string;
  readonly fingerprint: string;
  readonly privateKey: PrivateKey;
  readonly publicKey: string;
}

const day = 86_400;

/** Makes a key with a signing subkey. `expiredDaysAgo`: it was valid for a year before that. */
export async function makeSigner(name: string, expiredDaysAgo?: number): Promise<TestSigner> {
  const lifetime =
    expiredDaysAgo === undefined ? {} : { date: new Date(Date.now() - (365 + expiredDaysAgo) * day * 1000), keyExpirationTime: 365 * day };
  const keys = await generateKey({
    userIDs: [{ name, email: `${name}@example.invalid` }],
    subkeys: [{ sign: true }],
    format: "object",
    ...lifetime,
  });
  return {
    name,
    fingerprint: keys.publicKey.getFingerprint().toUpperCase(),
    privateKey: keys.privateKey,
    publicKey: keys.publicKey.armor(),
  };
}

const signingDate = (signer: TestSigner): Date =>
  new Date(Math.min(Date.now(), signer.privateKey.getCreationTime().getTime() + 300 * day * 1000));

/** A detached armoured signature by each signer, one block after the other, as projects with many signers publish it. */
export async function signDetached(content: Buffer, signers: readonly TestSigner[]): Promise<string> {
  const blocks: string[] = [];
  for (const signer of signers) {
    const message = await createMessage({ binary: content });
    // The types of this call need a package that is not here.
    const block: unknown = await sign({ message, signingKeys: signer.privateKey, detached: true, date: signingDate(signer) });
    blocks.push(String(block));
  }
  return blocks.join("");
}

export async function signClear(text: string, signer: TestSigner): Promise<string> {
  return sign({ message: await createCleartextMessage({ text }), signingKeys: signer.privateKey, date: signingDate(signer) });
}
