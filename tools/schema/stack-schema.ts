import { stackFileSchema } from "@coinfleet/config";
import { exceptionsSchema, ruleIds } from "@coinfleet/policy";
import { coins } from "../../coins/index.ts";

/** The JSON schema of this project's stack files: what the program reads, and the exceptions that the rules' pack reads. */
export const stackSchema = stackFileSchema(coins, { "coinfleet:exceptions": exceptionsSchema(ruleIds) });
