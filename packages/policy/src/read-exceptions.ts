import * as pulumi from "@pulumi/pulumi";
import { parseExceptions, speaksOf, type Exceptions, type PolicyException } from "./exceptions.ts";
import { ruleIds } from "./judge.ts";
import { imageVulnerable } from "./rules/releases.ts";

/** The exceptions of the stack file of the running program. */
export function readExceptions(today: string): Exceptions {
  return parseExceptions(new pulumi.Config("coinfleet").getObject("exceptions"), ruleIds, today);
}

/** Who answers for an image whatever its scan finds, by the image's logical name: the exception that holds longest. Whether it has expired is for the gate to say. */
export function readAcceptances(): (image: string) => Pick<PolicyException, "owner" | "reason" | "expires"> | undefined {
  const { all } = readExceptions(new Date().toISOString().slice(0, 10));
  const longest = all.toSorted((one, other) => other.expires.localeCompare(one.expires));
  return (resource) => {
    const found = longest.find((one) => speaksOf(one, { rule: imageVulnerable, resource }));
    return found === undefined ? undefined : { owner: found.owner, reason: found.reason, expires: found.expires };
  };
}
