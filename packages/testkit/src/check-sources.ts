import {
  archiveParts,
  isPending,
  pinnedVersions,
  supportedArchitectures,
  type ArchiveSignature,
  type CargoCrates,
  type Client,
  type PinnedSha256,
  type ReleaseSource,
  type SignedArchive,
} from "@coinfleet/sdk";

/** A digest as it is pinned. */
export const sha256Shape = /^[0-9a-f]{64}$/;

/** What is wrong with the sources of a client, one sentence each. */
export function checkSources(clientName: string, client: Client): readonly string[] {
  const entries = Object.entries(client.sources);
  if (entries.length === 0) return [`${clientName}: has no source`];
  return entries.flatMap(([sourceName, source]) => checkSource(source).map((what) => `${clientName} from ${sourceName}: ${what}`));
}

function checkSource(source: ReleaseSource): readonly string[] {
  const found: string[] = [];
  const versions = pinnedVersions(source);
  if (!versions.includes(source.version)) found.push(`version ${source.version} has no pin`);
  for (const version of versions) {
    if (!/^[0-9A-Za-z][0-9A-Za-z.+~-]*$/.test(version)) found.push(`version "${version}" is not path-safe`);
    if (supportedArchitectures(source, version).length === 0) found.push(`version ${version} has no architecture`);
  }
  switch (source.kind) {
    case "signedArchive":
      return [...found, ...archiveParts(source).flatMap(checkArchive)];
    case "goModule":
      return [...found, ...checkPins(source.sums, /^h1:[A-Za-z0-9+/]{43}=$/, "an h1 digest")];
    case "cargoCrates":
      return [...found, ...checkCrates(source)];
    case "debianPackage":
      return [...found, ...checkPins(source.pins, /^\d[0-9A-Za-z.+~:-]*$/, "a full package version")];
    case "ociImage":
      return [...found, ...checkPins(source.digests, /^sha256:[0-9a-f]{64}$/, "a sha256 digest")];
  }
}

function checkCrates({ crates, sums }: CargoCrates): readonly string[] {
  return Object.entries(sums).flatMap(([version, pins]) => [
    ...Object.keys(crates).flatMap((crate) => (pins[crate] === undefined ? [`version ${version}: the crate ${crate} has no pin`] : [])),
    ...checkPins(pins, /^[0-9a-f]{64}$/, "a sha256 digest"),
  ]);
}

function checkPins(pins: Readonly<Record<string, PinnedSha256>>, shape: RegExp, kind: string): readonly string[] {
  return Object.entries(pins).flatMap(([version, pin]) => checkPin(version, pin, shape, kind));
}

/** What is wrong with one pinned digest. */
export function checkPin(where: string, pin: PinnedSha256, shape: RegExp, kind: string): readonly string[] {
  if (isPending(pin)) return pin.pending.trim().length < 10 ? [`${where}: pending without a reason`] : [];
  return shape.test(pin) ? [] : [`${where}: "${pin}" is not ${kind}`];
}

function checkArchive({ url, sha256, signature }: SignedArchive): readonly string[] {
  const found = Object.values(url).flatMap((one) => checkUrl(one));
  for (const [version, digests] of Object.entries(sha256)) {
    for (const [architecture, digest] of Object.entries(digests)) {
      found.push(...checkPin(`${version} ${architecture}`, digest, sha256Shape, "a sha256 digest"));
    }
  }
  const isAllPending = Object.values(sha256).every((digests) => Object.values(digests).every(isPending));
  if (signature.kind === "none") return signature.reason.trim().length < 10 ? [...found, "unsigned without a reason"] : found;
  const urls = signatureAddresses(signature);
  for (const one of urls) if (!one.startsWith("{url}")) found.push(...checkUrl(one));
  for (const { name, fingerprint } of signature.signers) {
    if (!/^([0-9A-F]{40}|[0-9A-F]{64})$/.test(fingerprint)) found.push(`signer ${name}: "${fingerprint}" is not a full fingerprint`);
  }
  // A source without known signers may be listed as long as it cannot be built.
  if (signature.signers.length < signature.threshold && !isAllPending)
    found.push(`${signature.signers.length} signers cannot reach the threshold of ${signature.threshold}`);
  if (signature.threshold < 1) found.push("the threshold is below 1");
  return found;
}

function signatureAddresses(signature: Exclude<ArchiveSignature, { kind: "none" }>): readonly string[] {
  switch (signature.kind) {
    case "detached":
      return [signature.url];
    case "sums":
      return [signature.sums, ...(signature.signature === "inline" ? [] : [signature.signature])];
    case "aptRepository":
      return [`${signature.suite}/${signature.packages}`];
  }
}

/** What is wrong with a download address. */
export function checkUrl(url: string): readonly string[] {
  return /^https:\/\/[^\s{}]+(\{(version|signer)\}[^\s{}]*)*$/.test(url) ? [] : [`"${url}" is not an https address`];
}
