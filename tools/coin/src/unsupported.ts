import { supportedArchitectures, type Coin } from "@coinfleet/sdk";
import { pendingReason } from "./pending-reason.ts";

/** Something that a coin cannot do, or that nobody knows of it yet. */
export interface Unsupported {
  readonly what: string;
  readonly why: string;
}

/** What does not work on a coin, each with its reason, as the coin itself declares it. */
export function unsupportedOf(coin: Coin): readonly Unsupported[] {
  const { status, keys, produceBlock } = coin;
  return [
    ...(status === undefined
      ? []
      : [{ what: status.kind === "retired" ? "production" : "support", why: `${status.kind} since ${status.since}: ${status.reason}` }]),
    ...clientLimits(coin),
    ...sizeLimits(coin),
    ...perNetwork(coin, "snapshot", (name) => {
      const snapshot = coin.snapshot[name];
      return snapshot?.kind === "none" && coin.networks[name]?.kind !== "private" ? snapshot.reason : undefined;
    }),
    ...(keys === "none" ? [] : [{ what: "restore and rollback", why: `its data holds ${keys.what}` }]),
    ...(typeof produceBlock === "function" ? [] : [{ what: "blocks on request", why: produceBlock.unsupported }]),
    ...(Object.values(coin.networks).some(({ kind }) => kind === "private")
      ? []
      : [{ what: "private network", why: "the plugin declares none" }]),
  ];
}

function clientLimits({ clients }: Coin): readonly Unsupported[] {
  return Object.entries(clients).flatMap(([name, { sources }]) => {
    const [source] = Object.values(sources);
    if (source === undefined) return [];
    const reason = pendingReason(source);
    const isArm = supportedArchitectures(source, source.version).includes("arm64");
    return [
      ...(reason === undefined ? [] : [{ what: `${name} ${source.version} cannot be built yet`, why: reason }]),
      ...(isArm ? [] : [{ what: `${name} on arm64`, why: "the source of production has no binaries for it" }]),
    ];
  });
}

function sizeLimits(coin: Coin): readonly Unsupported[] {
  return (["sizeGiB", "growthGiBPerYear"] as const).flatMap((figure) =>
    perNetwork(coin, figure === "sizeGiB" ? "size of the data" : "growth of the data", (name) => {
      const data = coin.networks[name]?.data;
      // Where the size is not known either, that says it already.
      if (data === undefined || typeof data[figure] === "number" || (figure !== "sizeGiB" && typeof data.sizeGiB !== "number"))
        return undefined;
      return data[figure].pending;
    }),
  );
}

/** One line for all networks with the same reason. */
function perNetwork(coin: Coin, what: string, reasonOf: (network: string) => string | undefined): readonly Unsupported[] {
  const byReason = new Map<string, readonly string[]>();
  for (const name of Object.keys(coin.networks)) {
    const why = reasonOf(name);
    if (why !== undefined) byReason.set(why, [...(byReason.get(why) ?? []), name]);
  }
  return [...byReason].map(([why, names]) => ({ what: `${what} on ${names.join(", ")}`, why }));
}
