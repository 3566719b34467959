import type { CoinRegistry, ReleaseSource } from "@coinfleet/sdk";

/** A client, the release that its coin pins, and where upstream lists newer ones. */
export interface PinnedClient {
  readonly coin: string;
  readonly client: string;
  readonly pinned: string;
  /** Absent: upstream has no list that can be read here. */
  readonly upstream?: Upstream;
}

/** A repository's list of releases. */
export interface Upstream {
  /** `owner/name` on GitHub. */
  readonly repository: string;
  /** Name of a release's tag, with `{version}` in it. */
  readonly tag: string;
}

/** The clients of some coins, or of all, each once: by the source that runs unless a stack file chooses another. */
export function pinnedClients(coins: CoinRegistry, chosen: readonly string[]): readonly PinnedClient[] {
  return Object.entries(coins).flatMap(([coin, { clients }]) =>
    Object.entries(clients).flatMap(([client, { sources }]) => {
      const [source] = Object.values(sources);
      if (source === undefined || (chosen.length > 0 && !chosen.includes(coin))) return [];
      const upstream = upstreamOf(source);
      return [{ coin, client, pinned: source.version, ...(upstream === undefined ? {} : { upstream }) }];
    }),
  );
}

function upstreamOf(source: ReleaseSource): Upstream | undefined {
  if (source.kind !== "signedArchive") return undefined;
  const [url = ""] = Object.values(source.url);
  const [, repository, tag] = /^https:\/\/github\.com\/([^/]+\/[^/]+)\/releases\/download\/([^/]*\{version\}[^/]*)\//.exec(url) ?? [];
  return repository === undefined || tag === undefined ? undefined : { repository, tag };
}
