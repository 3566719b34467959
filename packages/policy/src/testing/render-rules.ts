import { resourceRules, stackRules } from "../judge.ts";
import type { RuleText } from "../rule.ts";
import { gateRules } from "../rules/releases.ts";

const one = ({ id, severity, asks, reason, standard }: RuleText): string =>
  `### \`${id}\`\n\n${asks} ${reason}\n\n_${severity}; ${standard.join(", ")}_\n`;

/** docs/policy-rules.md: every rule, as it says of itself. */
export function renderRules(): string {
  return [
    "# Rules of the policy pack\n",
    "Written from `packages/policy` by its tests (`UPDATE_GOLDEN=1`). How they are used, and how an environment is excused: [merge requests](merge-requests.md).\n",
    "`critical`, `high` and `medium` stop a preview and an `up`; `low` is told.\n",
    "Standards: _FSBP_ is AWS Foundational Security Best Practices; _Security Hub_ names a control of AWS's that is not part of FSBP; _CIS AWS 3.0_ is the CIS AWS " +
      "Foundations Benchmark 3.0.0, _CIS Docker_ the CIS Docker Benchmark 1.6.0. Compared with copies of the lists in November 2026: FSBP's EC2, ECR, ECS, IAM, KMS, " +
      "Lambda and SNS controls, EC2.13, and section 5 of CIS AWS 3.0. Nobody has compared the other numbers with their lists.\n",
    "## Of one resource\n",
    ...resourceRules.map(one),
    "## Of a stack as a whole\n",
    ...stackRules.map(one),
    "## Asked by the gates\n",
    "Of an image, by its logical name, once it is there: no preview knows it. A gate refuses, and leaves its node as it is ([upgrades](upgrades.md#what-the-registry-finds)).\n",
    ...gateRules.map(one),
  ].join("\n");
}
