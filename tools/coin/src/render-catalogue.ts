import { markdownTable } from "markdown-table";
import type { CatalogueEntry, CatalogueNetwork } from "./catalogue.ts";
import type { Family } from "./family.ts";
import type { MonthlyCost, Prices } from "./monthly-cost.ts";

const columns = ["Coin", "Symbol", "Family", "Client and release", "Networks", "Data", "Memory", "A month", "Verified by", "Snapshot"];
const isRight = new Set(["Data", "Memory", "A month"]);

/** The network whose figures stand for the coin: the main one, else the first. */
function figuresOf({ id, networks }: CatalogueEntry): CatalogueNetwork {
  const network = networks.find(({ kind }) => kind === "main") ?? networks[0];
  if (network === undefined) throw new Error(`${id} has no network`);
  return network;
}

const unknown = "unknown";
const usd = (amount: number): string => `$${Math.round(amount)}`;

function costText({ instanceUsd, volumeUsd, totalUsd }: MonthlyCost): string {
  if (totalUsd !== null) return usd(totalUsd);
  if (instanceUsd !== null) return `${usd(instanceUsd)} + volume`;
  return volumeUsd === null ? unknown : `instance + ${usd(volumeUsd)}`;
}

const distinct = (texts: readonly string[]): string => [...new Set(texts)].join("; ");

function rowOf(entry: CatalogueEntry): string[] {
  const { dataGiB, memoryMiB, monthly, snapshot } = figuresOf(entry);
  const { id, symbol, family, status, clients, networks } = entry;
  return [
    status === "live" ? id : `${id} (${status})`,
    symbol,
    family,
    clients.map(({ name, release, isPinned }) => `${name} ${release}${isPinned ? "" : " (pending)"}`).join(", "),
    networks.map(({ name }) => name).join(", "),
    dataGiB === null ? unknown : `${dataGiB} GiB`,
    `${Math.round(memoryMiB / 102.4) / 10} GiB`,
    costText(monthly),
    distinct(clients.map(({ verification }) => verification)),
    snapshot,
  ];
}

/** The catalogue as Markdown, for people: a row a coin, and where the prices are from. */
export function renderCatalogue(entries: readonly CatalogueEntry[], prices: Prices): string {
  const table = markdownTable([columns, ...entries.map(rowOf)], { align: columns.map((name) => (isRight.has(name) ? "right" : "left")) });
  return [table, "", legend(prices)].join("\n");
}

/** What is not supported, or not known yet, and why, as Markdown: a heading a coin. */
export function renderLimits(entries: readonly CatalogueEntry[]): string {
  return entries
    .filter(({ unsupported }) => unsupported.length > 0)
    .map(({ id, unsupported }) => [`## ${id}`, "", ...unsupported.map(({ what, why }) => `- ${what}: ${why}`)].join("\n"))
    .join("\n\n");
}

/** The families as Markdown: what their clients are, and which coins they have. A coin of no family speaks a protocol of its own. */
export function renderFamilies(entries: readonly CatalogueEntry[], families: Readonly<Record<string, Pick<Family, "about">>>): string {
  const coinsOf = (isOfIt: (family: string) => boolean): string =>
    entries
      .filter(({ family }) => isOfIt(family))
      .map(({ id }) => id)
      .join(", ");
  const rows = Object.entries(families).map(([name, { about }]) => [`\`${name}\``, about, coinsOf((family) => family === name)]);
  const alone = ["none", "a protocol that no other coin speaks", coinsOf((family) => !Object.hasOwn(families, family))];
  return markdownTable([["Family", "Clients", "Coins"], ...rows, alone]);
}

/** Middle one of some numbers; of an even count the lower of the two in the middle. */
const median = (sorted: readonly number[]): number | undefined => sorted[Math.floor((sorted.length - 1) / 2)];

/** How much of the coins is written by hand, as Markdown: a row for the coins of the families, and one for those that have none. */
export function renderSizes(entries: readonly CatalogueEntry[], families: Readonly<Record<string, unknown>>): string {
  const rowFor = (what: string, isOfIt: (family: string) => boolean): string[] => {
    const those = entries.filter(({ family }) => isOfIt(family));
    const lines = those.map((entry) => entry.lines).sort((a, b) => a - b);
    const files = [...new Set(those.map((entry) => entry.files))].join(" or ");
    const networks = those.reduce((sum, entry) => sum + entry.networks.length, 0);
    return [what, String(those.length), String(networks), files, `${lines[0]} to ${lines.at(-1)}, median ${median(lines)}`];
  };
  return markdownTable([
    ["Coins", "How many", "Networks", "Files of one", "Lines of one, its files together"],
    rowFor("of a family", (family) => Object.hasOwn(families, family)),
    rowFor("with a protocol of their own", (family) => !Object.hasOwn(families, family)),
  ]);
}

function legend({ region, hoursPerMonth, instances, gp3 }: Prices): string {
  return [
    "Data, memory and price are the main network's. `pending`: nobody has verified the digest yet, so that it previews and refuses to build.",
    `A month: one node at list prices of ${region}, the instance for ${hoursPerMonth} h (${instances.asOf}: ${instances.source}) and its data volume (${gp3.asOf}: ${gp3.source}), sized for the data and a year of growth. Traffic, snapshots, metrics, alarms and tax come on top.`,
  ].join("\n");
}
