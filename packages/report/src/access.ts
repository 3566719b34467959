import { isUnknown, isWorld, statementsOf, textOf, type IamStatement } from "@coinfleet/policy";
import type { Change, ResourceState } from "./engine-events.ts";
import type { Level, Note } from "./note.ts";
import { groupOf, type } from "./subject.ts";

/** Who may reach what, and who may do what, spelled out. */
export function accessNotes(changes: readonly Change[], groups: readonly string[]): readonly Note[] {
  return changes.flatMap((change) => {
    const said = change.type === type.ingress || change.type === type.egress ? reach(change) : permissions(change);
    return said.map(({ level, text }) => ({ level, text, topic: "access" as const, group: groupOf(change, groups) }));
  });
}

/** Types that {@link accessNotes} speaks of, and no other part of the report. */
export const accessTypes: ReadonlySet<string> = new Set([
  type.ingress,
  type.egress,
  type.rolePolicy,
  type.role,
  "aws:iam/policy:Policy",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:sns/topicPolicy:TopicPolicy",
  "aws:ecr/repositoryPolicy:RepositoryPolicy",
]);

interface Said {
  readonly level: Level;
  readonly text: string;
}

function way({ type: of, inputs }: ResourceState): string {
  const from = inputs["cidrIpv4"] ?? inputs["cidrIpv6"] ?? "its own group";
  const ports =
    inputs["ipProtocol"] === "-1"
      ? "every port"
      : `${String(inputs["ipProtocol"])} ${String(inputs["fromPort"])}${inputs["fromPort"] === inputs["toPort"] ? "" : `–${String(inputs["toPort"])}`}`;
  const what = typeof inputs["description"] === "string" ? ` (${inputs["description"]})` : "";
  return `${ports} ${of === type.ingress ? "from" : "of"} ${isWorld(from) ? "**the whole internet**" : isUnknown(from) ? "a group" : textOf(from)}${what}`;
}

const isOwnGroup = ({ inputs }: ResourceState): boolean => inputs["cidrIpv4"] === undefined && inputs["cidrIpv6"] === undefined;

function reach({ op, old, new: wanted, type: of, keys }: Change): readonly Said[] {
  const [may, mayNot] = of === type.ingress ? ["may now be reached on", "is no longer reached on"] : ["may now reach", "no longer reaches"];
  const opened = (state: ResourceState): Said => ({
    level: isOwnGroup(state) || of === type.egress ? "safe" : "care",
    text: `${may} ${way(state)}`,
  });
  if (op === "create" && wanted) return [opened(wanted)];
  if (op === "delete" && old) return [{ level: "care", text: `${mayNot} ${way(old)}` }];
  if (keys.every((key) => ["tags", "tagsAll", "description"].includes(key)) || !old || !wanted || way(old) === way(wanted)) return [];
  return [{ level: "care", text: `${may} ${way(wanted)}; before: ${way(old)}` }];
}

const documents = ["policy", "assumeRolePolicy"];

/** Whether an input says who may do what, so that {@link accessNotes} speaks of it. */
export function isPermission(of: string, key: string): boolean {
  return documents.includes(key) && of !== imageLifecycle;
}

/** Its policy says which images are forgotten. */
const imageLifecycle = "aws:ecr/lifecyclePolicy:LifecyclePolicy";

function permissions({ name, op, old, new: wanted, type: of }: Change): readonly Said[] {
  if (of === imageLifecycle) return [];
  if (of === "aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
    return [
      {
        level: "care",
        text: `role policy attachment \`${name}\`: ${String(wanted?.inputs["policyArn"] ?? old?.inputs["policyArn"])} ${op}`,
      },
    ];
  }
  return documents.flatMap((key) => {
    const [before, after] = [old?.inputs[key], wanted?.inputs[key]];
    if (before === undefined && after === undefined) return [];
    if (isUnknown(after))
      return op === "create" ? [] : [{ level: "care" as const, text: `\`${name}\`: what it allows is known only when it is made` }];
    if (!accessTypes.has(of) && before === after) return [];
    if (op === "delete") return [{ level: "care" as const, text: `role or policy \`${name}\` goes, with all that it allowed` }];
    if (op === "create" && !accessTypes.has(of)) return [];
    if (op === "create") return [{ level: "safe" as const, text: `new role or policy \`${name}\` of its own hosts` }];
    return before === after ? [] : compare(name, statementsOf(before) ?? [], statementsOf(after) ?? []);
  });
}

const spell = ({ Sid, Effect, Action, Resource, Principal, Condition }: IamStatement): readonly string[] =>
  Action.flatMap((action) =>
    (Resource ?? ["its own"]).map(
      (resource) =>
        `${Effect === "Deny" ? "denied " : ""}${action} on ${resource}${by(Principal)}${where(Condition)}` +
        (Sid === undefined ? "" : ` (${Sid})`),
    ),
  );

function by(principal: IamStatement["Principal"]): string {
  if (principal === undefined) return "";
  return ` by ${typeof principal === "string" ? principal : Object.values(principal).flat().join(", ")}`;
}

function where(condition: IamStatement["Condition"]): string {
  const tests = Object.entries(condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => `${key} ${operator} ${[value].flat().join(", ")}`),
  );
  return tests.length === 0 ? "" : ` where ${tests.join(" and ")}`;
}

function compare(name: string, before: readonly IamStatement[], after: readonly IamStatement[]): readonly Said[] {
  const [had, has] = [before.flatMap(spell), after.flatMap(spell)];
  const gained = has.filter((one) => !had.includes(one));
  const lost = had.filter((one) => !has.includes(one));
  const say = (what: string, ones: readonly string[]): readonly Said[] =>
    ones.slice(0, 8).map((one) => ({ level: "care", text: `\`${name}\` ${what} \`${one}\`` }));
  const rest = Math.max(0, gained.length - 8) + Math.max(0, lost.length - 8);
  if (gained.length + lost.length === 0)
    return [{ level: "care", text: `\`${name}\`: its policy is written differently, and its statements do not show how` }];
  return [
    ...say("may now", gained),
    ...say("may no longer", lost),
    ...(rest > 0 ? [{ level: "care" as const, text: `\`${name}\`: ${rest} more permissions differ` }] : []),
  ];
}
