import { z } from "zod";

// The engine hands a date of a stack file over as a moment where YAML takes it for one.
const isoDate = z
  .string()
  .transform((text) => text.replace(/[ T]00:00:00.*$/, ""))
  .pipe(z.iso.date("a date such as 2027-01-31"));

const exception = z.strictObject({
  rule: z.string().min(1),
  resource: z.string().min(1).describe("Logical name of the resource; a `*` stands for any characters."),
  reason: z.string().min(15, "a sentence that a stranger understands").describe("Why, as a sentence that a stranger understands."),
  owner: z.string().min(2, "who answers for it").describe("Who answers for it."),
  expires: isoDate.describe("Last day on which it holds, in quotes; at most a year from now."),
});

/** What a stack file may say under `coinfleet:exceptions`, for editors. A mistake in one exception leaves the others, so they are read one by one. */
export const exceptionsSchema = (ruleIds: readonly string[]): z.ZodType =>
  z
    .array(exception.extend({ rule: z.enum(ruleIds).describe("Id of the rule.") }))
    .default([])
    .describe("Rules that this environment does not keep, each until a date. They are told in every preview. Default: none.");

/** A rule that does not hold for a while, and who says so. From the stack file's `coinfleet:exceptions`. */
export type PolicyException = z.infer<typeof exception>;

const longestDays = 366;

/** The exceptions of a stack file, and what is wrong with them. */
export interface Exceptions {
  readonly all: readonly PolicyException[];
  readonly problems: readonly string[];
}

/** Reads `coinfleet:exceptions`. A mistake in one leaves the others. */
export function parseExceptions(value: unknown, ruleIds: readonly string[], today: string): Exceptions {
  const list = z.array(z.unknown()).safeParse(value ?? []);
  if (!list.success) return { all: [], problems: ["coinfleet:exceptions is not a list"] };
  const all: PolicyException[] = [];
  const problems: string[] = [];
  list.data.forEach((raw, index) => {
    const where = `coinfleet:exceptions[${index}]`;
    const parsed = exception.safeParse(raw);
    if (!parsed.success) problems.push(...parsed.error.issues.map(({ path, message }) => `${where}.${path.join(".")}: ${message}`));
    else if (!ruleIds.includes(parsed.data.rule)) problems.push(`${where}.rule: there is no rule ${parsed.data.rule}`);
    else if (Date.parse(parsed.data.expires) - Date.parse(today) > longestDays * 86_400_000) {
      problems.push(`${where}.expires: more than ${longestDays} days from now is not an exception but another rule`);
    } else all.push(parsed.data);
  });
  return { all, problems };
}

/** Whether an exception speaks of this rule and resource. */
export function speaksOf({ rule, resource }: PolicyException, of: { readonly rule: string; readonly resource: string }): boolean {
  const pattern = resource.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return rule === of.rule && new RegExp(`^${pattern.join(".*")}$`).test(of.resource);
}

/** Whether it has run out. It holds on its last day. */
export function isExpired({ expires }: PolicyException, today: string): boolean {
  return Date.parse(expires) < Date.parse(today);
}
