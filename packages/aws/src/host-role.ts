import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { hostPermissions, type LogRoute } from "@coinfleet/host";
import { coordinationTable, parameterPrefix, type ResolvedGroup } from "@coinfleet/sdk";
import { secretArns } from "./group-secrets.ts";
import { arn, roleBounds, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument } from "./policy-document.ts";
import { groupTags } from "./tags.ts";

export interface HostRoleArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  /** Names of the nodes whose parameters they are. */
  readonly nodes: readonly string[];
  /** Whose lock they may take: the group's, or one that nobody else asks for. */
  readonly lockOf: string;
  readonly keyArn: pulumi.Input<string>;
  /** Where the group's images are. */
  readonly repositoryArns: readonly string[];
}

/** The role of a group's hosts: what their scripts and agents call, on this group's own things. */
export class HostRole extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:HostRole";
  readonly profileName: pulumi.Output<string>;
  /** An instance that starts before it may do nothing. */
  readonly policy: pulumi.Resource;

  constructor(name: string, args: HostRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super(HostRole.type, name, {}, opts);
    const title = `coinfleet-${args.place.environment}-${args.group.name}`;
    const tags = groupTags(args.place, args.group, title);
    const role = new aws.iam.Role(
      `${name}-role`,
      {
        ...roleBounds(args.place),
        description: `Hosts of Coinfleet group ${args.group.name}`,
        assumeRolePolicy: JSON.stringify(hostTrust),
        tags,
      },
      { parent: this },
    );
    this.policy = new aws.iam.RolePolicy(
      `${name}-policy`,
      {
        role: role.id,
        policy: pulumi.output(args.keyArn).apply((keyArn) => JSON.stringify(hostPolicy({ ...args, keyArn }))),
      },
      { parent: this },
    );
    this.profileName = new aws.iam.InstanceProfile(
      `${name}-profile`,
      { path: roleBounds(args.place).path, role: role.name, tags },
      { parent: this },
    ).name;
    this.registerOutputs({ profileName: this.profileName });
  }
}

/**
 * EC2 takes the role for an instance that somebody of this account has given it: `iam:PassRole` guards that. Unlike other services EC2 documents no condition
 * that says for whom it acts, and asking for one could leave every host without credentials.
 */
const hostTrust = policyDocument([
  { Sid: "Instances", Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: ["sts:AssumeRole"] },
]);

/** What the hosts of a group may do. */
export function hostPolicy({
  place,
  group,
  nodes,
  lockOf,
  keyArn,
  repositoryArns,
}: HostRoleArgs & { readonly keyArn: string }): PolicyDocument {
  return policyDocument(
    hostPermissions({
      partition: "aws",
      region: place.region,
      account: place.account,
      parameterPrefixes: nodes.map((node) => parameterPrefix(place.environment, node)),
      secretArns: secretArns(place, group),
      repositoryArns,
      logGroupArn: arn(place, "logs", `log-group:${logGroupName(place, group)}`),
      keyArns: [keyArn],
      coordinationTableArn: arn(place, "dynamodb", `table/${coordinationTable(place.environment)}`),
      group: lockOf,
    }),
  );
}

/** `/coinfleet/<environment>/<group>`. */
export function logGroupName(place: Place, group: ResolvedGroup): string {
  return `/coinfleet/${place.environment}/${group.name}`;
}

/** Where the daemons of a group send their logs. */
export function logRoute(place: Place, group: ResolvedGroup, gelf: string | undefined): LogRoute {
  return gelf === undefined ? { kind: "cloudwatch", group: logGroupName(place, group) } : { kind: "gelf", url: gelf };
}
