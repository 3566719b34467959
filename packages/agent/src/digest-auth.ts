import { createHash, randomBytes } from "node:crypto";

/** What {@link digestAuthorization} answers a challenge with. */
export interface DigestCredentials {
  readonly user: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/**
 * Value of `Authorization` for a `WWW-Authenticate: Digest …` challenge (RFC 7616 with MD5, which is what monerod offers).
 * Undefined where none of the challenges is one.
 */
export function digestAuthorization(challenges: string, { user, password, method, uri }: DigestCredentials): string | undefined {
  const challenge = parseChallenge(challenges);
  if (challenge === undefined) return undefined;
  const { realm, nonce, opaque } = challenge;
  const cnonce = randomBytes(8).toString("hex");
  const nc = "00000001";
  const response = md5([md5(`${user}:${realm}:${password}`), nonce, nc, cnonce, "auth", md5(`${method}:${uri}`)].join(":"));
  const quoted = { username: user, realm, nonce, uri, cnonce, response, ...(opaque === undefined ? {} : { opaque }) };
  return `Digest ${Object.entries(quoted)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ")}, algorithm=MD5, qop=auth, nc=${nc}`;
}

/** The first challenge of scheme Digest with algorithm MD5. Several are joined by commas, like their own parameters. */
function parseChallenge(text: string): { realm: string; nonce: string; opaque: string | undefined } | undefined {
  for (const part of text.split(/(?=\bDigest\s)/i)) {
    if (!/^Digest\s/i.test(part)) continue;
    const parameters = new Map<string, string>();
    for (const [, name, quoted, plain] of part.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,"]+))/g)) {
      if (name !== undefined) parameters.set(name.toLowerCase(), quoted ?? plain ?? "");
    }
    const [realm, nonce] = [parameters.get("realm"), parameters.get("nonce")];
    if (realm === undefined || nonce === undefined || (parameters.get("algorithm") ?? "MD5").toUpperCase() !== "MD5") continue;
    return { realm, nonce, opaque: parameters.get("opaque") };
  }
  return undefined;
}
