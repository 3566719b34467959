import { readFileSync } from "node:fs";
import { parseStackFile } from "@coinfleet/config";
import type { Coin } from "@coinfleet/sdk";
import { parse, stringify } from "yaml";
import { coins } from "../../../coins/index.ts";
import type { StackFile } from "../../engine/support.ts";

const tips = ["one", "two"].map((name) => ({ name, url: `https://${name}.example/tip`, height: "height" }));

/** Production's settings, with so many groups of two nodes: the catalogue's live coins one after the other, again from the first where they are too few. */
export function wideStack(count: number): StackFile {
  const { config } = parse(readFileSync(new URL("../../../stacks/Pulumi.production.yaml", import.meta.url), "utf8")) as {
    config: StackFile;
  };
  const fleet = config["coinfleet:fleet"] as Readonly<Record<string, unknown>>;
  const withNodes = (nodes: object): StackFile => ({ ...config, "coinfleet:exceptions": [], "coinfleet:fleet": { ...fleet, nodes } });
  const chosen = Object.values(coins).flatMap((coin) => groupOf(coin, withNodes) ?? []);
  const names = Array.from({ length: count }, (__, index) => {
    const group = chosen[index % chosen.length];
    if (group === undefined) throw new Error("no coin of the catalogue runs two nodes");
    const round = Math.floor(index / chosen.length);
    return [round === 0 ? group.coin : `${group.coin}-${round + 1}`, group] as const;
  });
  return withNodes(Object.fromEntries(names));
}

interface WideGroup {
  readonly coin: string;
  readonly network: string;
  readonly count: number;
}

/** Two nodes on the main network, if the coin runs so by itself. */
function groupOf(coin: Coin, withNodes: (nodes: object) => StackFile): WideGroup | undefined {
  const [network] = Object.entries(coin.networks).find(([, { kind }]) => kind === "main") ?? [];
  if (network === undefined) return undefined;
  const group = { coin: coin.id, network, count: 2, volume: { sizeGiB: 8000 }, tips };
  const text = stringify({ config: withNodes({ [coin.id]: group }) });
  return "config" in parseStackFile(text, coins, { environment: "bench", file: "bench" }) ? group : undefined;
}
