import { createHash } from "node:crypto";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { renderNodeConfiguration, type LogRoute } from "@coinfleet/host";
import { parameterPrefix, type ResolvedGroup, type ResolvedNode } from "@coinfleet/sdk";
import type { GroupImages } from "./images.ts";
import type { Place } from "./place.ts";
import { releaseParameter } from "./release-parameter.ts";
import { nodeTags } from "./tags.ts";

export interface NodeParametersArgs {
  readonly place: Place;
  readonly group: ResolvedGroup;
  readonly node: ResolvedNode;
  readonly volumeId: pulumi.Input<string>;
  readonly secretArns: Readonly<Record<string, pulumi.Input<string>>>;
  readonly images: GroupImages;
  readonly logs: LogRoute;
  /** What must have come back before this node may hear of a change. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * What a node shall be, in three parameters: its configuration, its release, its agent. A host reads them when it starts and when it is told to.
 * They change only when it is this node's turn: a host that reboots for another reason must not start what its elder sibling has not survived.
 */
export class NodeParameters extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:NodeParameters";
  readonly prefix: string;
  readonly all: readonly pulumi.Resource[];
  /** What the parameter `release` says. */
  readonly release: pulumi.Output<unknown>;
  /** Digest of each value: short, so that a preview of the gate can be read. */
  readonly digests: readonly pulumi.Output<string>[];

  constructor(name: string, args: NodeParametersArgs, opts?: pulumi.ComponentResourceOptions) {
    super(NodeParameters.type, name, {}, opts);
    const { place, group, node } = args;
    this.prefix = parameterPrefix(place.environment, node.name);
    const configuration = pulumi.all([args.volumeId, pulumi.all(args.secretArns)]).apply(([volumeId, secretArns]) =>
      renderNodeConfiguration({
        environment: place.environment,
        region: place.region,
        group,
        node,
        volumeId,
        secretArns,
        logs: args.logs,
      }),
    );
    const release = releaseParameter(group, args.images);
    this.release = pulumi.jsonParse(release);
    const values: Readonly<Record<string, pulumi.Output<string>>> = {
      config: configuration,
      release,
      agent: args.images.agent,
    };
    this.all = Object.entries(values).map(([role, value]) => {
      const path = `${this.prefix}/${role}`;
      return new aws.ssm.Parameter(
        `${name}-${role}`,
        {
          name: path,
          type: "String",
          // Up to 4 KiB free, then $0.05 a month up to 8 KiB.
          tier: role === "config" ? "Advanced" : "Standard",
          value,
          tags: nodeTags(place, group, node, path),
        },
        { parent: this, dependsOn: [...args.after] },
      );
    });
    this.digests = Object.values(values).map((value) =>
      value.apply((text) => createHash("sha256").update(text).digest("hex").slice(0, 16)),
    );
    this.registerOutputs({ prefix: this.prefix });
  }
}
