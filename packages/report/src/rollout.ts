import { at, isText } from "@coinfleet/policy";
import type { ResolvedFleet } from "@coinfleet/sdk";
import type { Change } from "./engine-events.ts";
import { comesBack, gatesOf, inTurn, nodes, say, stopTime, updatedOf, type Said } from "./group-changes.ts";
import type { Note } from "./note.ts";
import { releases } from "./releases.ts";
import { count, groupOf, list, nodeOf, type } from "./subject.ts";

/** What happens to the nodes of each group, in words. */
export function rolloutNotes(changes: readonly Change[], fleet: ResolvedFleet, groups: readonly string[]): readonly Note[] {
  const byGroup = Map.groupBy(changes, (change) => groupOf(change, groups));
  return [...byGroup].flatMap(([name, of]) => {
    const group = fleet.groups.find((one) => one.name === name);
    const said = [...hosts(of), ...settings(of), ...releases(of, changes, group), ...volumes(of), ...leaving(of)];
    return said.map(({ level, topic, text }) => ({ level, topic, text, group: name }));
  });
}

/** Inputs that make a new host, in words. */
const causes: Readonly<Record<string, string>> = {
  ami: "AMI",
  instanceType: "instance type",
  userData: "user data",
  subnetId: "subnet",
  rootBlockDevice: "root volume",
  availabilityZone: "zone",
};

function hosts(of: readonly Change[]): readonly Said[] {
  const instances = of.filter((change) => change.type === type.instance);
  const fresh = instances.filter(({ op }) => op === "create");
  const replaced = instances.filter(({ op }) => op === "replace");
  const touched = instances.filter(({ op, keys }) => op === "update" && !keys.every((key) => key === "tags" || key === "tagsAll"));
  const gone = instances.filter(({ op }) => op === "delete");
  const isNew = !of.some(({ op, type: kind }) => op !== "create" && kind === type.instance) && gone.length === 0;
  const volumeLost = of.some(({ type: kind, op }) => kind === type.volume && op !== "create" && op !== "update");
  return [
    ...(fresh.length === 0
      ? []
      : say(
          "safe",
          "hosts",
          `${isNew && replaced.length === 0 ? "new: " : ""}${count(fresh.length, "node")} made (${list(nodes(fresh))}), each with a protected data volume and a gate`,
        )),
    ...(replaced.length === 0
      ? []
      : say(
          "care",
          "hosts",
          `${list(nodes(replaced))}: instance replaced (${why(replaced)})${inTurn(replaced)}${volumeLost ? "" : ", data volume kept"}; each node stops first, ${stopTime(of)}`,
        )),
    ...(touched.length === 0
      ? []
      : say(
          "care",
          "hosts",
          `${list(nodes(touched))}: instance changed in place (${list([...new Set(touched.flatMap(({ keys }) => keys))])})`,
        )),
    ...(gone.length === 0 ? [] : say("care", "hosts", `${list(nodes(gone))}: instance deleted`)),
  ];
}

function why(replaced: readonly Change[]): string {
  const [first] = replaced;
  const all = [...new Set(replaced.flatMap(({ replaceKeys, keys }) => (replaceKeys.length > 0 ? replaceKeys : keys)))];
  // The engine also names what follows from a new host, such as its address.
  const known = all.filter((key) => key in causes);
  const keys = known.length > 0 ? known : all;
  const named = keys.map((key) => {
    const [from, to] = [first?.old?.inputs[key], first?.new?.inputs[key]];
    return key === "instanceType" && isText(from) && isText(to) ? `${from} → ${to}` : (causes[key] ?? key);
  });
  return named.length === 0 ? "the engine does not say why" : list(named);
}

function settings(of: readonly Change[]): readonly Said[] {
  const [released, configured, agents] = [updatedOf(of, "release"), updatedOf(of, "config"), updatedOf(of, "agent")];
  const restarted = gatesOf(of).filter(
    (gate) => ![...released, ...configured, ...agents].some((change) => nodeOf(change) === nodeOf(gate)),
  );
  const unexplained = restarted.filter((gate) => !of.some((change) => change.type === type.instance && nodeOf(change) === nodeOf(gate)));
  return [
    ...(configured.length === 0
      ? []
      : say(
          "care",
          "release",
          `configuration of ${list(nodes(configured))} changes: restarted${inTurn(configured)}; each stops ${stopTime(of)}${comesBack(of)}`,
        )),
    ...(agents.length === 0 ? [] : say("safe", "release", `agent of ${list(nodes(agents))} changes; the daemons go on running`)),
    ...(unexplained.length === 0
      ? []
      : say("care", "release", `${list(nodes(unexplained))}: the gate runs again, and the engine does not say why`)),
  ];
}

function volumes(of: readonly Change[]): readonly Said[] {
  const changed = of.filter(({ type: kind, op }) => kind === type.volume && op === "update");
  return changed.flatMap((change) => {
    const minimum = (side: "old" | "new"): unknown => at(change[side]?.inputs, "tags", "coinfleet:minimum-size-gib");
    const others = change.keys.filter((key) => !key.startsWith("tags"));
    const node = nodeOf(change) ?? change.name;
    return [
      ...(minimum("old") === minimum("new")
        ? []
        : say(
            "safe",
            "hosts",
            `${node}: data volume's minimum ${String(minimum("old"))} → ${String(minimum("new"))} GiB; it grows in place and is never made smaller`,
          )),
      ...(others.length === 0
        ? []
        : say("care", "hosts", `${node}: data volume is modified in place (${list(others)}); EBS allows four such changes a day`)),
    ];
  });
}

/** Names and attachments that go without another in their place. */
function leaving(of: readonly Change[]): readonly Said[] {
  const gone = of.filter(({ type: kind, op }) => kind === type.attachment && op === "delete");
  return gone.length === 0 ? [] : say("care", "hosts", `${list(nodes(gone))}: data volume is detached and stays without a host`);
}

/** Nodes whose host leaves the program. */
export function goneNodes(changes: readonly Change[]): ReadonlySet<string> {
  const stay = new Set(changes.flatMap((change) => (change.type === type.instance && change.op !== "delete" ? [nodeOf(change)] : [])));
  return new Set(
    changes
      .flatMap((change) => (change.type === type.instance && change.op === "delete" ? [nodeOf(change) ?? ""] : []))
      .filter((node) => !stay.has(node)),
  );
}
