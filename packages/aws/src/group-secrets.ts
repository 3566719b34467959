import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { secretName, secretResourceName, type ResolvedGroup } from "@coinfleet/sdk";
import { coinfleetCommand } from "./coinfleet-command.ts";
import { arn, type Place } from "./place.ts";
import { groupTags } from "./tags.ts";

export interface GroupSecretsArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  readonly keyArn: pulumi.Input<string>;
  /** Logical name → ARN of a secret that exists already, see {@link FleetSpec.adopt}. */
  readonly adopt: Readonly<Record<string, string>>;
}

/** What a secret from elsewhere brings along: taken over as it is, and set right once its line is gone from `adopt`. */
const ofTheAdopted = ["description", "kmsKeyId", "recoveryWindowInDays", "tags"];

/**
 * The generated secrets of a group ($0.40 each a month). The program makes them empty; a step gives them their first value through the API.
 * So no value is ever in the state, in a preview or in a log (docs/adr/0006). Keepers: protected, and kept when the program lets go of them.
 */
export class GroupSecrets extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:GroupSecrets";
  /** Secret's name in the coin → ARN. */
  readonly arns: Readonly<Record<string, pulumi.Output<string>>>;
  /** Resolves when each secret has a value. */
  readonly filled: readonly pulumi.Resource[];

  constructor(name: string, args: GroupSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(GroupSecrets.type, name, {}, opts);
    const made = args.group.secrets.map((secret) => {
      const path = secretName(args.place.environment, args.group, secret);
      const logicalName = secretResourceName(args.group.name, secret);
      const adopted = args.adopt[logicalName];
      const resource = new aws.secretsmanager.Secret(
        logicalName,
        {
          name: path,
          description: `Generated: ${secret} of the ${args.group.coinName} nodes`,
          kmsKeyId: args.keyArn,
          recoveryWindowInDays: 30,
          tags: groupTags(args.place, args.group, path),
        },
        {
          parent: this,
          protect: true,
          retainOnDelete: true,
          ...(adopted === undefined ? {} : { import: adopted, ignoreChanges: ofTheAdopted }),
        },
      );
      return { secret, resource };
    });
    this.arns = Object.fromEntries(made.map(({ secret, resource }) => [secret, resource.arn]));
    this.filled = made.map(({ secret, resource }) =>
      coinfleetCommand(
        `${name}-${secret}-value`,
        { run: "secret ensure", when: "create", input: { region: args.place.region, secretIds: [resource.arn] }, triggers: [resource.arn] },
        { parent: this },
      ),
    );
    this.registerOutputs({ arns: this.arns });
  }
}

/** ARNs of a group's secrets and of the one that its server lends it, for policies. Secrets Manager ends each with a hyphen and six characters of its own. */
export function secretArns(place: Place, group: ResolvedGroup): readonly string[] {
  const { secrets, server } = group;
  const names = secrets.map((secret) => secretName(place.environment, group, secret));
  if (server?.secret !== undefined) names.push(secretName(place.environment, server, server.secret));
  return names.map((one) => arn(place, "secretsmanager", `secret:${one}-??????`));
}
