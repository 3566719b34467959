import { isUnknown, textOf } from "@coinfleet/policy";
import { accessTypes, isPermission } from "./access.ts";
import type { Change } from "./engine-events.ts";
import { isKeeper } from "./keepers.ts";
import type { Note } from "./note.ts";
import { count, groupOf, list, outsideName, type } from "./subject.ts";

/** Without them no node is reached: to lose one is to stop the environment. */
const foundations: ReadonlySet<string> = new Set([
  "aws:ec2/internetGateway:InternetGateway",
  "aws:ec2/route:Route",
  "aws:ec2/routeTable:RouteTable",
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/subnet:Subnet",
  "aws:ec2/vpc:Vpc",
  "aws:iam/instanceProfile:InstanceProfile",
  "aws:kms/alias:Alias",
  "aws:route53/zone:Zone",
  "aws:sns/topic:Topic",
]);

/** Told by other parts of the report, or of no consequence by themselves: components, providers, image builds, names that follow a new host. */
const elsewhere = ({ type: of, name, op, keys }: Change): boolean =>
  of.startsWith("coinfleet:") ||
  of.startsWith("pulumi:") ||
  of.startsWith("docker:") ||
  of === type.alarm ||
  of === type.instance ||
  of === type.attachment ||
  (of === type.volume && op === "update") ||
  (of === type.parameter && op === "update" && /-parameters-(config|release|agent)$/.test(name)) ||
  (of === type.command && /-(gate|detach)$/.test(name)) ||
  (of === "aws:route53/record:Record" && op === "update" && keys.every((key) => key === "records")) ||
  accessTypes.has(of);

/** Inputs that change nothing that works. */
const harmless: ReadonlySet<string> = new Set(["tags", "tagsAll", "description", "comment", "dashboardBody", "version"]);

/** Everything that no other part of the report has spoken of. What is not known to be harmless wants care. */
export function otherNotes(changes: readonly Change[], groups: readonly string[]): readonly Note[] {
  const rest = changes.filter((change) => !elsewhere(change) && !(isKeeper(change) && change.op !== "create" && change.op !== "update"));
  const made = rest.filter(({ op }) => op === "create");
  const renamed = new Set(rest.filter(({ op }) => op === "delete").filter((change) => twin(change, made) !== undefined));
  const counted = Map.groupBy(
    made.filter((change) => ![...renamed].some((one) => twin(one, [change]) !== undefined)),
    (change) => groupOf(change, groups),
  );
  const isPlainLoss = (change: Change): boolean => change.op === "delete" && !renamed.has(change) && !foundations.has(change.type);
  const lost = Map.groupBy(rest.filter(isPlainLoss), (change) => groupOf(change, groups));
  return [
    ...rest.flatMap((change) =>
      change.op === "create" || isPlainLoss(change) ? [] : judge(change, groups, renamed.has(change) ? twin(change, made) : undefined),
    ),
    ...[...lost].map(([group, of]): Note => ({ level: "care", topic: "other", group, text: lostText(of) })),
    ...[...counted].map(([group, of]): Note => ({
      level: "safe",
      topic: "other",
      group,
      text: `${count(of.length, "other resource")} made`,
    })),
  ];
}

/** One by its name, many by their kinds: the names are in the engine's own diff. */
function lostText(of: readonly Change[]): string {
  const [first] = of;
  if (of.length === 1 && first !== undefined) return `${short(first)} \`${first.name}\` is deleted`;
  const kinds = [...Map.groupBy(of, short)].sort(([one], [other]) => one.localeCompare(other));
  return `${of.length} other resources are deleted: ${list(
    kinds.map(([kind, ones]) => (ones.length > 1 ? `${kind} (${ones.length})` : kind)),
    10,
  )}`;
}

const short = ({ type: of }: Change): string => of.split(":").at(-1) ?? of;

/** The new resource that is the same thing under another name in the program. */
function twin(gone: Change, made: readonly Change[]): Change | undefined {
  const name = outsideName(gone.old);
  return name === undefined ? undefined : made.find((one) => one.type === gone.type && outsideName(one.new) === name);
}

function judge(change: Change, groups: readonly string[], renamedTo: Change | undefined): readonly Note[] {
  const { op, name, type: of, keys } = change;
  const kind = short(change);
  const note = (level: Note["level"], text: string): readonly Note[] => [{ level, topic: "other", group: groupOf(change, groups), text }];
  if (renamedTo !== undefined) {
    return note(
      "blocked",
      `${kind} \`${name}\` is renamed to \`${renamedTo.name}\` without an alias: the engine would make it and then delete it: **blocked**`,
    );
  }
  if (op === "delete" || op === "replace") {
    const verb = op === "delete" ? "deleted" : "replaced";
    if (foundations.has(of)) return note("blocked", `${kind} \`${name}\` would be ${verb}, and the nodes depend on it: **blocked**`);
    return note("care", `${kind} \`${name}\` is ${verb}${op === "replace" ? ` (${list(keys)})` : ""}`);
  }
  if (op === "update" && keys.length > 0 && keys.every((key) => isPermission(of, key))) return [];
  const real = keys.filter((key) => !harmless.has(key) && !isPermission(of, key));
  if (op === "update" && real.length === 0) return note("safe", `${kind} \`${name}\` changes (${list(keys)})`);
  return note("care", `${kind} \`${name}\`: ${list(real.map((key) => fromTo(change, key)))}`);
}

function fromTo({ old, new: wanted }: Change, key: string): string {
  const show = (value: unknown): string =>
    isUnknown(value) ? "known later" : typeof value === "object" ? "…" : textOf(value).slice(0, 40);
  return `${key} ${show(old?.inputs[key])} → ${show(wanted?.inputs[key])}`;
}
