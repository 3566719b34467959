import type picocolors from "picocolors";
import { formatDuration } from "@coinfleet/build/progress";
import type { NodeState } from "./node-state.ts";
import type { FleetStatus, NodeStatus } from "./read-status.ts";

type Colors = ReturnType<typeof picocolors.createColors>;

/** One word and one colour for each state. */
const stateColor = { Synced: "green", Syncing: "cyan", Behind: "yellow", Down: "red", Unknown: "magenta" } as const satisfies Record<
  NodeState,
  keyof Colors
>;

const nothing = "–";
const number = (value: number | undefined): string => (value === undefined ? nothing : String(Math.round(value)));

function release(node: NodeStatus): string {
  return node.releaseNext === undefined ? releaseNow(node) : `${releaseNow(node)}, then ${node.releaseNext}`;
}

function releaseNow({ releaseWanted, releaseRunning, hasOtherImages }: NodeStatus): string {
  if (releaseWanted === undefined && releaseRunning === undefined) return nothing;
  if (releaseRunning === undefined) return `→ ${releaseWanted ?? ""}`;
  if (releaseWanted === undefined || releaseWanted === releaseRunning)
    return hasOtherImages ? `${releaseRunning} → new image` : releaseRunning;
  return `${releaseRunning} → ${releaseWanted}`;
}

interface Column {
  readonly title: string;
  readonly isRight?: boolean;
  /** Left out where no node has anything in it. */
  readonly isOptional?: true;
  readonly text: (node: NodeStatus, readAt: string) => string;
}

const since = (at: string, now: string): string => formatDuration((Date.parse(now) - Date.parse(at)) / 1000);

const columns: readonly Column[] = [
  { title: "NODE", text: ({ node }) => node },
  { title: "COIN", text: ({ coin }) => coin },
  { title: "NETWORK", text: ({ network }) => network ?? nothing },
  { title: "ZONE", text: ({ zone }) => zone },
  { title: "RELEASE", text: release },
  { title: "HEIGHT", isRight: true, text: ({ height }) => number(height) },
  { title: "LAG", isRight: true, text: ({ lag }) => number(lag) },
  { title: "TIP AGE", isRight: true, text: ({ tipAgeSec }) => (tipAgeSec === undefined ? nothing : formatDuration(tipAgeSec)) },
  { title: "PEERS", isRight: true, text: ({ peers }) => number(peers) },
  {
    title: "DISK",
    isRight: true,
    text: ({ diskUsedPercent }) => (diskUsedPercent === undefined ? nothing : `${Math.round(diskUsedPercent)} %`),
  },
  {
    title: "LAST SNAPSHOT",
    isOptional: true,
    text: ({ lastSnapshot: last }, now) =>
      last === undefined ? nothing : `${since(last.at, now)}${last.isProven ? ", proven" : ", unproven"}`,
  },
  {
    title: "LAST DRILL",
    isOptional: true,
    text: ({ lastDrill: last }, now) => (last === undefined ? nothing : `${since(last.at, now)}${last.isGood ? "" : ", FAILED"}`),
  },
  { title: "STATE", text: ({ state, why }) => (why === undefined ? state : `${state} (${why})`) },
  { title: "ALARMS", text: ({ alarms }) => (alarms.length === 0 ? nothing : alarms.join(", ")) },
  { title: "HELD BY", isOptional: true, text: ({ held }) => held ?? nothing },
  { title: "GROUP IN WORK", isOptional: true, text: ({ busy }) => busy ?? nothing },
];

const environmentColumn: Column = { title: "ENVIRONMENT", text: ({ environment }) => environment };

function summary({ nodes, region, readAt }: FleetStatus): string {
  const counts = (["Synced", "Syncing", "Behind", "Down", "Unknown"] as const).flatMap((state) => {
    const count = nodes.filter((node) => node.state === state).length;
    return count === 0 ? [] : [`${count} ${state.toLowerCase()}`];
  });
  const alarms = nodes.reduce((sum, node) => sum + node.alarms.length, 0);
  const environments = [...new Set(nodes.map(({ environment }) => environment))];
  const count = nodes.length === 1 ? "1 node" : `${nodes.length} nodes`;
  return `${count}: ${counts.join(", ")}. ${alarms === 1 ? "1 alarm" : `${alarms} alarms`}. ${environments.join(", ")}, ${region}, ${readAt.slice(0, 19).replace("T", " ")} UTC`;
}

function paint(column: Column, cell: string, node: NodeStatus, colors: Colors): string {
  if (column.title === "STATE") return colors[stateColor[node.state]](cell);
  if (column.title === "ALARMS" && node.alarms.length > 0) return colors.red(cell);
  if (column.title === "LAST DRILL" && cell.includes("FAILED")) return colors.red(cell);
  if (column.title === "RELEASE" && cell.includes("→")) return colors.yellow(cell);
  return cell;
}

/** The fleet as a table for a terminal, with what AWS refused below it. */
export function renderStatus(status: FleetStatus, colors: Colors): string {
  const problems = status.problems.flatMap((problem) => ["", colors.red(problem)]);
  if (status.nodes.length === 0)
    return [`No nodes in ${status.region} (no instance has the tag coinfleet:node).`, ...problems, ""].join("\n");
  const hasSeveral = new Set(status.nodes.map(({ environment }) => environment)).size > 1;
  const textOf = (column: Column, node: NodeStatus): string => column.text(node, status.readAt);
  const used = columns.filter((column) => column.isOptional !== true || status.nodes.some((node) => textOf(column, node) !== nothing));
  const shown = hasSeveral ? [environmentColumn, ...used] : used;
  const cells = status.nodes.map((node) => shown.map((column) => textOf(column, node)));
  const widths = shown.map(({ title }, index) => Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)));
  const pad = (text: string, index: number): string =>
    shown[index]?.isRight === true ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
  const lines = status.nodes.map((node, row) =>
    shown.map((column, index) => paint(column, pad(cells[row]?.[index] ?? "", index), node, colors)).join("  "),
  );
  const head = colors.bold(shown.map(({ title }, index) => pad(title, index)).join("  "));
  return [head, ...lines, "", summary(status), ...problems, ""].map((line) => line.replace(/ +$/, "")).join("\n");
}
