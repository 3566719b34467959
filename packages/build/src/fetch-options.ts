import { defaultCacheDir } from "./cache.ts";
import type { FetchLimits } from "./download.ts";
import { defaultLimits } from "./download.ts";
import type { KeySources } from "./keyring.ts";
import { defaultKeyServers } from "./keyring.ts";
import type { OnProgress } from "./progress.ts";
import { silent } from "./progress.ts";

/** How and from where releases are fetched. Nothing here can weaken a verification. */
export interface FetchOptions {
  /**
   * Address of a company's artifact mirror, for example `https://artifacts.example.com/upstream`. A file is asked for at
   * `<mirror>/<host>/<path>`; what comes back is checked exactly as if it came from upstream. Upstream is asked only for what the mirror lacks (404).
   */
  readonly mirror?: string | undefined;
  /** @default `${XDG_CACHE_HOME:-~/.cache}/coinfleet/releases` */
  readonly cacheDir?: string | undefined;
  /** Folders with `<FINGERPRINT>.asc`. @default [] */
  readonly keyrings?: readonly string[] | undefined;
  /** Addresses with `{fingerprint}`. @default keys.openpgp.org and keyserver.ubuntu.com */
  readonly keyServers?: readonly string[] | undefined;
  readonly limits?: Partial<FetchLimits> | undefined;
  /** Do not take verified binaries of an earlier run: fetch and verify again. @default false */
  readonly fresh?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface ResolvedFetchOptions extends KeySources {
  readonly mirror: string | undefined;
  readonly limits: FetchLimits;
  readonly fresh: boolean;
  readonly onProgress: OnProgress;
}

export function resolveFetchOptions(options: FetchOptions): ResolvedFetchOptions {
  return {
    mirror: options.mirror,
    cacheDir: options.cacheDir ?? defaultCacheDir(),
    keyrings: options.keyrings ?? [],
    keyServers: options.keyServers ?? defaultKeyServers,
    limits: { ...defaultLimits, ...options.limits },
    fresh: options.fresh ?? false,
    onProgress: options.onProgress ?? silent,
  };
}

/** What the environment says: `COINFLEET_MIRROR`, `COINFLEET_KEY_SERVERS` (addresses with `{fingerprint}`, separated by spaces; empty = none). */
export function fetchOptionsFromEnvironment(environment: NodeJS.ProcessEnv): FetchOptions {
  const mirror = environment["COINFLEET_MIRROR"];
  const servers = environment["COINFLEET_KEY_SERVERS"];
  return {
    ...(mirror === undefined || mirror === "" ? {} : { mirror }),
    ...(servers === undefined ? {} : { keyServers: servers.split(/\s+/).filter((address) => address !== "") }),
  };
}

/** Where the mirror keeps a file of upstream's. */
export function mirrorAddress(mirror: string | undefined, url: string): string | undefined {
  if (mirror === undefined) return undefined;
  const upstream = new URL(url);
  return `${mirror.replace(/\/+$/, "")}/${upstream.host}${upstream.pathname}${upstream.search}`;
}
