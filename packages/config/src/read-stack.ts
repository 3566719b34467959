import * as pulumi from "@pulumi/pulumi";
import { renderProblem, type CoinRegistry } from "@coinfleet/sdk";
import { readStackValues, type StackConfig } from "./stack-values.ts";

/**
 * The stack file of the running program: parsed, checked, with the coins' defaults.
 * @throws pulumi.RunError with every mistake in it, before any resource is registered
 */
export function readStack(coins: CoinRegistry): StackConfig {
  const environment = pulumi.getStack();
  const values = {
    region: configured("aws", "region"),
    allowedAccountIds: configured("aws", "allowedAccountIds"),
    fleet: configured("coinfleet", "fleet"),
  };
  const file = `stacks/Pulumi.${environment}.yaml`;
  const reading = readStackValues(values, coins, { environment, file }, new Date());
  if (!("config" in reading)) throw new pulumi.RunError(reading.text);
  for (const warning of reading.config.warnings) void pulumi.log.warn(renderProblem(file, warning));
  return reading.config;
}

/** The engine hands objects over as JSON and plain words as they are. */
export function configured(namespace: string, key: string): unknown {
  const text = new pulumi.Config(namespace).get(key);
  if (text === undefined || !/^\s*[[{]/.test(text)) return text;
  const parsed: unknown = JSON.parse(text);
  return parsed;
}
