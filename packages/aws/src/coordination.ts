import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { coordinationKeys, coordinationTable } from "@coinfleet/sdk";
import type { Place } from "./place.ts";
import { environmentTags } from "./tags.ts";

export interface CoordinationArgs {
  readonly place: Place;
}

/**
 * The environment's table of locks, holds and what was done to nodes. Paid by request: cents a month. Encrypted with DynamoDB's own key, because it holds
 * names and reasons only, and hosts would need a right to the environment's key for it. No keeper: a fleet that has lost it has lost a history.
 */
export class Coordination extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Coordination";
  readonly table: pulumi.Output<string>;

  constructor(name: string, { place }: CoordinationArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Coordination.type, name, {}, opts);
    const { scope, entry, expires } = coordinationKeys;
    const title = coordinationTable(place.environment);
    const made = new aws.dynamodb.Table(
      `${name}-table`,
      {
        name: title,
        billingMode: "PAY_PER_REQUEST",
        hashKey: scope,
        rangeKey: entry,
        attributes: [scope, entry].map((key) => ({ name: key, type: "S" })),
        ttl: { attributeName: expires, enabled: true },
        tags: environmentTags(place, title),
      },
      { parent: this },
    );
    this.table = made.name;
    this.registerOutputs({ table: this.table });
  }
}
