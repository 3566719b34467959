import { readStack } from "@coinfleet/config";
import {
  PolicyPack,
  type PolicyResource,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
} from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { coins } from "../../../coins/index.ts";
import { isExpired } from "./exceptions.ts";
import {
  idleExceptions,
  judgeResource,
  judgeStack,
  resourceRules,
  stackRules,
  tell,
  violations,
  type Court,
  type Violation,
} from "./judge.ts";
import type { PlannedResource } from "./planned-resource.ts";
import { readExceptions } from "./read-exceptions.ts";
import type { ResourceRule, RuleSeverity, StackRule } from "./rule.ts";

const today = new Date().toISOString().slice(0, 10);

/** The stack file is read when the first resource is judged: the engine also starts the pack to ask for its name. */
let known: Court | undefined;
function court(): Court {
  known ??= {
    stack: { config: readStack(coins), today },
    moment: pulumi.runtime.isDryRun() ? "preview" : "up",
    exceptions: readExceptions(today).all,
  };
  return known;
}

const record = z.record(z.string(), z.unknown());

/** The engine's values with its stand-ins for what is unknown, which the proxy around them would turn into exceptions. */
function planned({ type, name, props, opts }: ResourceValidationArgs | PolicyResource): PlannedResource {
  const bare: unknown = Reflect.get(props, "__getSpecialProxyTarget");
  return { type, name, inputs: record.parse(bare ?? props), protect: opts.protect, retainOnDelete: undefined };
}

const describe = ({
  id,
  asks,
  reason,
  severity,
}: ResourceRule | StackRule): { name: string; description: string; severity: RuleSeverity } => ({
  name: id,
  description: `${asks} ${reason}`,
  severity,
});

const isTold =
  (severity: RuleSeverity) =>
  (one: Violation): boolean =>
    one.isBlocking || (severity === "low" && one.exception === undefined);

const ofResource = (rule: ResourceRule): ResourceValidationPolicy => ({
  ...describe(rule),
  enforcementLevel: rule.severity === "low" ? "advisory" : "mandatory",
  validateResource: (args, report) => {
    if (!rule.types.some((type) => args.type.startsWith(type.replace("*", "")))) return;
    for (const one of judgeResource(rule, planned(args), court()).filter(isTold(rule.severity))) report(tell(one, today));
  },
});

const ofStack = (rule: StackRule): StackValidationPolicy => ({
  ...describe(rule),
  enforcementLevel: rule.severity === "low" ? "advisory" : "mandatory",
  validateStack: (args, report) => {
    for (const one of judgeStack(rule, args.resources.map(planned), court()).filter(isTold(rule.severity))) report(tell(one, today));
  },
});

/** What a stack is excused from is told in every preview and every up, so that nobody forgets it. */
const excused: StackValidationPolicy = {
  name: "exceptions",
  description: "Rules that this stack is excused from for a while.",
  enforcementLevel: "advisory",
  validateStack: (args, report) => {
    const all = violations(args.resources.map(planned), court());
    const found = all.filter((one) => one.exception !== undefined && !one.isBlocking);
    for (const one of found) report(`${one.rule}: ${tell(one, today)}`);
    for (const { rule, resource, owner } of idleExceptions(court(), all))
      report(`${rule}: ${resource}: nothing needs this exception of ${owner}. Take it out of the stack file.`);
  },
};

const wellFormed: StackValidationPolicy = {
  name: "exceptions-well-formed",
  description: "An exception has a known rule, a resource, a reason, an owner and a date within a year, and goes when the date has passed.",
  enforcementLevel: "mandatory",
  validateStack: (_, report) => {
    const { all, problems } = readExceptions(today);
    const expired = all
      .filter((one) => isExpired(one, today))
      .map(({ rule, expires, owner }) => `${rule} (${owner}) expired on ${expires}`);
    for (const problem of [...problems, ...expired]) report(problem);
  },
};

new PolicyPack("coinfleet", { policies: [...resourceRules.map(ofResource), ...stackRules.map(ofStack), excused, wellFormed] });
