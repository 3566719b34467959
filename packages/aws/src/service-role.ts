import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { roleBounds, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument, type Statement } from "./policy-document.ts";
import { environmentTags } from "./tags.ts";

export interface ServiceRoleArgs {
  readonly place: Place;
  /** Last part of the role's title. */
  readonly role: string;
  readonly description: string;
  /** Who takes the role, for example `dlm.amazonaws.com`. */
  readonly service: string;
  readonly policy: pulumi.Input<PolicyDocument>;
}

/** A role that an AWS service takes on behalf of this account, and of no other. */
export class ServiceRole extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:ServiceRole";
  readonly arn: pulumi.Output<string>;
  /** Where nothing shows that the service needs it. */
  readonly policy: pulumi.Resource;

  constructor(name: string, args: ServiceRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super(ServiceRole.type, name, {}, opts);
    const { place, service } = args;
    const role = new aws.iam.Role(
      `${name}-role`,
      {
        ...roleBounds(place),
        description: args.description,
        assumeRolePolicy: JSON.stringify(serviceTrust(place, service)),
        tags: environmentTags(place, `coinfleet-${place.environment}-${args.role}`),
      },
      { parent: this },
    );
    this.policy = new aws.iam.RolePolicy(`${name}-policy`, { role: role.id, policy: pulumi.jsonStringify(args.policy) }, { parent: this });
    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn });
  }
}

/** A service may take the role, on behalf of this account only. */
export function serviceTrust(place: Place, service: string): PolicyDocument {
  const trust: Statement = {
    Sid: "OnBehalfOfThisAccount",
    Effect: "Allow",
    Principal: { Service: service },
    Action: ["sts:AssumeRole"],
    Condition: { StringEquals: { "aws:SourceAccount": place.account } },
  };
  return policyDocument([trust]);
}
