/** What one probe of a node found. Every field is what the node said; nothing is a default. */
export interface SyncStatus {
  /** Height of the best block that the node has validated. */
  readonly height: number;
  /** Hash of that block, as the client prints it. */
  readonly tipHash: string;
  /** Time in that block's header, Unix seconds. */
  readonly tipTimeSec: number;
  /** The best height that the node itself knows of (headers, peers). Never below `height`. */
  readonly knownHeight: number;
  /** Connected peers. */
  readonly peers: number;
  /** The client says that it is still catching up for the first time. */
  readonly isInitialSync: boolean;
}

/** How the agent reaches a daemon. A fake in tests, HTTP in the agent. Every call has a time limit and a size limit. */
export interface NodeClient {
  /** JSON-RPC call on the named port. Resolves to `result`. @throws {@link ProbeError} */
  jsonRpc(port: string, method: string, params?: readonly unknown[] | Readonly<Record<string, unknown>>): Promise<unknown>;
  /** HTTP call on the named port; `body` makes it a POST of JSON. Resolves to the parsed JSON body. @throws {@link ProbeError} */
  http(port: string, path: string, body?: unknown): Promise<unknown>;
  /** HTTP GET on the named port. Resolves to the body as it is: for metrics in Prometheus' text format. @throws {@link ProbeError} */
  text(port: string, path: string): Promise<string>;
  /** HTTP GET on the named port. Resolves to the body's bytes: for clients that answer with a number as it is in memory. @throws {@link ProbeError} */
  bytes(port: string, path: string): Promise<Uint8Array>;
}

/** Why a probe gave no status. `starting` is not a fault during the coin's grace period. */
export type ProbeFailure = "refused" | "timeout" | "unauthorized" | "starting" | "malformed" | "wrong-network" | "rpc-error" | "too-large";

/** A probe that gave no status. Never turned into a height. */
export class ProbeError extends Error {
  override readonly name = "ProbeError";

  /** By its shape: the agent and the coin's module are two bundles, each with a copy of this class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && "name" in value && value.name === "ProbeError" && "failure" in value;
  }

  readonly failure: ProbeFailure;
  /** JSON-RPC error code, where the daemon gave one. */
  readonly code: number | undefined;
  constructor(failure: ProbeFailure, message: string, code?: number) {
    super(message);
    this.failure = failure;
    this.code = code;
  }
}
