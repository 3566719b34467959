import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { keyPolicy } from "./key-policy.ts";
import type { Place } from "./place.ts";
import { environmentTags } from "./tags.ts";

export interface KeysArgs {
  readonly place: Place;
  /** Accounts that launch this environment's machine images. */
  readonly sharedWith: readonly string[];
}

/**
 * The environment's KMS key ($1 a month): data volumes, root volumes, secrets, logs and messages are encrypted with it.
 * A keeper: without it every data volume and every snapshot is lost, so it is protected, and kept when the program lets go of it.
 */
export class Keys extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Keys";
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: KeysArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Keys.type, name, {}, opts);
    const title = `coinfleet-${args.place.environment}`;
    const key = new aws.kms.Key(
      `${name}-data`,
      {
        description: `Data, secrets, logs and messages of Coinfleet's environment ${args.place.environment}`,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        policy: JSON.stringify(keyPolicy(args.place, args.sharedWith)),
        tags: environmentTags(args.place, title),
      },
      { parent: this, protect: true, retainOnDelete: true },
    );
    new aws.kms.Alias(`${name}-data`, { name: `alias/${title}`, targetKeyId: key.keyId }, { parent: this });
    this.arn = key.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
