import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { secretName, type ResolvedFleet, type ResolvedGroup } from "@coinfleet/sdk";
import { awsSettings, calling } from "./aws-call.ts";
import { CliError } from "./cli-error.ts";
import { findNodes, type FleetNode } from "./fleet-nodes.ts";
import type { Reporter } from "./reporter.ts";
import { notSynced, restartNode, type RestartOptions } from "./restart-run.ts";
import { generateSecret } from "./secret-value.ts";

/** Which secrets, and what of a rotation. */
export interface Rotation extends Pick<RestartOptions, "isForced" | "timeoutSec"> {
  readonly group: string;
  readonly region: string;
  /** False: the value is new already, and only the nodes do not know it. */
  readonly makesValue: boolean;
}

/**
 * Gives each of a group's secrets a new value, then has every node that uses it read it, one after the other; a client that reads its files at its start only is
 * restarted. Until the last one has it, some nodes of the group know the old value and some the new one. @throws {@link CliError}
 */
export async function rotateSecrets(fleet: ResolvedFleet, rotation: Rotation, reporter: Reporter, pollMs?: number): Promise<void> {
  const { group: name, region, makesValue } = rotation;
  const group = fleet.groups.find((one) => one.name === name);
  if (group === undefined || group.secrets.length === 0) throw noSecrets(fleet, name);
  if (makesValue && group.holdsKeys) throw opensKeys(fleet, group);
  const nodes = await usersOf(fleet, group, region);
  // Before there is a value that some of them would never take.
  if (!rotation.isForced) await refuseUnwell(nodes, region);
  const client = new SecretsManagerClient(awsSettings(region));
  for (const secret of makesValue ? group.secrets : []) {
    const SecretId = secretName(fleet.environment, group, secret);
    const put = client.send(new PutSecretValueCommand({ SecretId, SecretString: generateSecret() }));
    await calling("secretsmanager:PutSecretValue", put, "The nodes go on with the value that they have read.");
    reporter.say(`${SecretId}: has a new value`);
  }
  for (const { node, environment } of nodes) {
    const reason = `new value of the secrets of ${name}`;
    const { isForced, timeoutSec } = rotation;
    await restartNode({ node, environment, region, reason, document: "apply", isForced, timeoutSec }, reporter, pollMs).catch(
      (cause: unknown) => {
        reporter.say(`${node} stopped the rotation; when it is well: coinfleet secret rotate ${name} -e ${environment} --keep-value`);
        throw cause;
      },
    );
  }
}

/** The nodes of the group and of those that it serves, in order. */
async function usersOf(fleet: ResolvedFleet, group: ResolvedGroup, region: string): Promise<readonly FleetNode[]> {
  const served = fleet.groups.filter(({ server }) => server?.group === group.name && server.secret !== undefined);
  const names = [group, ...served].map(({ name }) => name);
  const nodes = await findNodes(new EC2Client(awsSettings(region)), { environment: fleet.environment });
  return names.flatMap((name) => nodes.filter((node) => node.group === name));
}

async function refuseUnwell(nodes: readonly FleetNode[], region: string): Promise<void> {
  const bad = await notSynced(new CloudWatchClient(awsSettings(region)), nodes);
  if (bad.length === 0) return;
  throw new CliError("SiblingNotHealthy", {
    title: "A node that uses the secrets is not synced: the rotation would stop half-way.",
    where: nodes.map(({ node }) => node).join(", "),
    got: bad.join(", "),
    fix: "Wait, or go on all the same with --force.",
    state: "Nothing has been changed.",
  });
}

/** What a wallet was locked with opens it, and no new value does. */
const opensKeys = (fleet: ResolvedFleet, group: ResolvedGroup): CliError =>
  new CliError("InvalidInput", {
    title: `The secrets of ${group.name} open the keys in its data: a value made here would lock them up.`,
    where: group.secrets.map((secret) => secretName(fleet.environment, group, secret)).join(", "),
    got: `${group.coinName} holds keys`,
    fix: `Change the password in the client, put the same into the secret, then: coinfleet secret rotate ${group.name} -e ${fleet.environment} --keep-value`,
    state: "Nothing has been changed.",
  });

const noSecrets = (fleet: ResolvedFleet, name: string): CliError =>
  new CliError("InvalidInput", {
    title: `${fleet.environment} has no group ${name} with secrets.`,
    where: fleet.environment,
    got: name,
    allowed: fleet.groups.flatMap((one) => (one.secrets.length > 0 ? [one.name] : [])).join(", ") || "none has any",
    fix: "Name one of them.",
    state: "Nothing has been changed.",
  });
