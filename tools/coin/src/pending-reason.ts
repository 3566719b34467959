import { archiveParts, isPending, type PinnedSha256, type ReleaseSource } from "@coinfleet/sdk";

/** Why the release that runs by default cannot be built yet. */
export function pendingReason(source: ReleaseSource): string | undefined {
  const pins = pinsOf(source);
  return pins.flatMap((pin) => (pin !== undefined && isPending(pin) ? [pin.pending] : []))[0];
}

function pinsOf(source: ReleaseSource): readonly (PinnedSha256 | undefined)[] {
  switch (source.kind) {
    case "signedArchive":
      return archiveParts(source).flatMap(({ sha256 }) => Object.values(sha256[source.version] ?? {}));
    case "goModule":
      return [source.sums[source.version]];
    case "cargoCrates":
      return Object.values(source.sums[source.version] ?? {});
    case "debianPackage":
      return [source.pins[source.version]];
    case "ociImage":
      return [source.digests[source.version]];
  }
}
