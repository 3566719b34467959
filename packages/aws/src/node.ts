import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { renderUserData } from "@coinfleet/host";
import type { ResolvedGroup, ResolvedNode, Severity } from "@coinfleet/sdk";
import { coinfleetCommand } from "./coinfleet-command.ts";
import { DataVolume } from "./data-volume.ts";
import type { GroupImages } from "./images.ts";
import { logRoute } from "./host-role.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import type { SubnetIds } from "./network.ts";
import { NodeAlarms } from "./node-alarms.ts";
import { NodeName } from "./node-name.ts";
import { NodeParameters } from "./node-parameters.ts";
import type { Place } from "./place.ts";
import { nodeTags } from "./tags.ts";

/** What all nodes of an environment share. */
export interface Surroundings {
  readonly place: Place;
  readonly zones: readonly string[];
  readonly subnetIds: SubnetIds;
  /** Data volumes that exist already, by logical name. */
  readonly adopt: Readonly<Record<string, string>>;
  /** Private DNS zone. */
  readonly zoneId: pulumi.Input<string>;
  readonly keyArn: pulumi.Input<string>;
  readonly topicArns: Readonly<Record<Severity, pulumi.Input<string>>>;
  readonly documents: Readonly<Record<"apply" | "drain" | "stop" | "status" | "chain", pulumi.Input<string>>>;
  /** Where everything that takes a node out of service asks for its group. */
  readonly coordinationTable: pulumi.Input<string>;
  readonly volumeGuard: pulumi.ResourceHook;
  /** GELF input for the logs. Absent: CloudWatch Logs. */
  readonly gelf: string | undefined;
}

/** What the nodes of a group share. */
export interface GroupSurroundings {
  readonly machineImageId: pulumi.Input<string>;
  readonly images: GroupImages;
  readonly secretArns: Readonly<Record<string, pulumi.Input<string>>>;
  readonly securityGroupId: pulumi.Input<string>;
  readonly profileName: pulumi.Input<string>;
  /** Absent: the group's name is spread by DNS. */
  readonly balancer: LoadBalancer | undefined;
  /** What a host needs before it starts, where no property shows it. */
  readonly readiness: readonly pulumi.Resource[];
}

export interface NodeArgs {
  readonly surroundings: Surroundings;
  readonly ofGroup: GroupSurroundings;
  readonly group: ResolvedGroup;
  readonly node: ResolvedNode;
  /** The gate of the node before it in the group. Depended on, never read: a property would carry a replacement on. */
  readonly after: readonly pulumi.Resource[];
}

/** Root volume: the system and the images of two releases. The same everywhere, because a change of it replaces hosts. */
export const rootVolumeGiB = 20;

/** A node: three settings, a volume that stays, a host that may go, and a gate that says when the next one may change. */
export class Node extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Node";
  readonly instanceId: pulumi.Output<string>;
  readonly volumeId: pulumi.Output<string>;
  /** Passed when this node is well: what the next one waits for. */
  readonly gate: pulumi.Resource;

  constructor(name: string, args: NodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Node.type, name, {}, opts);
    const { surroundings, ofGroup, group, node } = args;
    const { place, keyArn, topicArns } = surroundings;
    const zone = zoneOf(surroundings.zones, node);
    const volume = new DataVolume(
      `${name}-data-volume`,
      { place, group, node, zone, keyArn, adopt: surroundings.adopt, guard: surroundings.volumeGuard },
      { parent: this },
    );
    const parameters = new NodeParameters(
      `${name}-parameters`,
      { place, group, node, volumeId: volume.volumeId, ...ofGroup, logs: logRoute(place, group, surroundings.gelf), after: args.after },
      { parent: this },
    );
    const instance = this.host(name, args, zone, parameters);
    const attachment = this.attach(name, args, instance, volume.volumeId);
    this.gate = coinfleetCommand(
      `${name}-gate`,
      {
        run: "gate",
        when: "create",
        input: {
          environment: place.environment,
          region: place.region,
          group: group.name,
          node: node.name,
          instanceId: instance.id,
          applyDocument: surroundings.documents.apply,
          drainDocument: surroundings.documents.drain,
          statusDocument: surroundings.documents.status,
          chainDocument: surroundings.documents.chain,
          ...canary(args, volume.volumeId),
          coordinationTable: surroundings.coordinationTable,
          parameters: parameters.prefix,
          release: parameters.release,
          ...accepted(ofGroup.images),
          stopTimeoutSec: stopTimeoutSec(node),
          // The first node of a group tries a release for the others.
          soakSec: node.index === 1 ? group.upgrade.soakSec : 0,
          limitSec: group.upgrade.limitSec,
          // A pull, and a stop that takes all of its time.
          timeoutSec: stopTimeoutSec(node) + 3600,
        },
        // All that restarts this node, and nothing else.
        triggers: [instance.id, ...parameters.digests],
      },
      { parent: this, dependsOn: [attachment, ...parameters.all] },
    );
    // Addresses, names and alarms belong to a node that has come up.
    const settled = { parent: this, dependsOn: [this.gate] };
    if (group.addresses === "elastic") this.elasticAddress(name, args, instance);
    new NodeName(
      `${name}-name`,
      { place, group, node, zoneId: surroundings.zoneId, instance, topicArns, balancer: ofGroup.balancer, after: [this.gate] },
      { parent: this },
    );
    new NodeAlarms(`${name}-alarms`, { place, group, node, topicArns }, settled);
    this.instanceId = instance.id;
    this.volumeId = volume.volumeId;
    this.registerOutputs({ instanceId: this.instanceId, volumeId: this.volumeId, hostname: node.hostname });
  }

  private host(name: string, args: NodeArgs, zone: string, parameters: NodeParameters): aws.ec2.Instance {
    const { surroundings, ofGroup, group, node } = args;
    const { place, keyArn } = surroundings;
    const isPrivate = group.addresses === "private";
    const subnetId = surroundings.subnetIds[isPrivate ? "private" : "public"][zone];
    if (subnetId === undefined) throw new Error(`zone ${zone} has no subnet`);
    const tags = nodeTags(place, group, node, node.name);
    return new aws.ec2.Instance(
      `${name}-host`,
      {
        ami: ofGroup.machineImageId,
        instanceType: node.instanceType,
        subnetId,
        vpcSecurityGroupIds: [ofGroup.securityGroupId],
        associatePublicIpAddress: !isPrivate,
        iamInstanceProfile: ofGroup.profileName,
        userData: renderUserData({ parameterPrefix: parameters.prefix, region: place.region }),
        userDataReplaceOnChange: true,
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
          httpProtocolIpv6: "disabled",
          instanceMetadataTags: "disabled",
        },
        monitoring: true,
        maintenanceOptions: { autoRecovery: "default" },
        rootBlockDevice: {
          volumeType: "gp3",
          volumeSize: rootVolumeGiB,
          encrypted: true,
          kmsKeyId: keyArn,
          deleteOnTermination: true,
          tags: { ...tags, Name: `${node.name}-root` },
        },
        tags,
      },
      {
        parent: this,
        // In place it would be stopped without its drain: hosts are replaced, in one way only.
        replaceOnChanges: ["instanceType"],
        dependsOn: [...args.after, ...ofGroup.readiness, ...parameters.all],
      },
    );
  }

  /** An address that stays with the node: it moves to a new host after that host's gate. */
  private elasticAddress(name: string, { surroundings, group, node }: NodeArgs, instance: aws.ec2.Instance): void {
    const address = new aws.ec2.Eip(
      `${name}-address`,
      { domain: "vpc", tags: nodeTags(surroundings.place, group, node, node.name) },
      { parent: this },
    );
    new aws.ec2.EipAssociation(
      `${name}-address`,
      { allocationId: address.allocationId, instanceId: instance.id },
      // AWS gives an address to one instance at a time.
      { parent: this, dependsOn: [this.gate], deleteBeforeReplace: true },
    );
  }

  /** Between two hosts: drain the old one, take the volume off it, give it to the new one. Never by force. */
  private attach(name: string, args: NodeArgs, instance: aws.ec2.Instance, volumeId: pulumi.Input<string>): pulumi.Resource {
    const { surroundings, group, node } = args;
    const detach = coinfleetCommand(
      `${name}-detach`,
      {
        run: "detach",
        when: "delete",
        input: {
          region: surroundings.place.region,
          group: group.name,
          node: node.name,
          instanceId: instance.id,
          volumeId,
          drainDocument: surroundings.documents.drain,
          coordinationTable: surroundings.coordinationTable,
          stopTimeoutSec: stopTimeoutSec(node),
          timeoutSec: stopTimeoutSec(node) + 300,
        },
        triggers: [instance.id, volumeId],
      },
      { parent: this, deleteBeforeReplace: true },
    );
    return new aws.ec2.VolumeAttachment(
      `${name}-attachment`,
      { deviceName: "/dev/sdf", volumeId, instanceId: instance.id, stopInstanceBeforeDetaching: true },
      // The drain has to be over before the old attachment goes.
      { parent: this, deleteBeforeReplace: true, dependsOn: [detach] },
    );
  }
}

/** The first node of a group meets a new release before the others do: its data is kept as it was. Data that holds keys is never put back. */
function canary({ surroundings, group, node }: NodeArgs, volumeId: pulumi.Input<string>): { canary?: pulumi.Input<unknown> } {
  if (node.index !== 1 || group.holdsKeys) return {};
  const { documents, place } = surroundings;
  const tags = nodeTags(place, group, node, `${node.name}-before-release`);
  return { canary: pulumi.output({ stopDocument: documents.stop, volumeId, tags }) };
}

/** Only where there is one: what is said to every other gate stays as it was, so that none runs again. */
function accepted({ accepted: images }: GroupImages): { accepted?: pulumi.Input<unknown> } {
  return images.length === 0 ? {} : { accepted: pulumi.output(images) };
}

function zoneOf(zones: readonly string[], node: ResolvedNode): string {
  const zone = zones[node.zoneIndex];
  if (zone === undefined) throw new Error(`${node.name} is in zone number ${node.zoneIndex} of ${zones.length}`);
  return zone;
}

/** Daemons that depend on each other stop one after the other. */
function stopTimeoutSec(node: ResolvedNode): number {
  return node.daemons.reduce((sum, daemon) => sum + daemon.stopTimeoutSec, 0);
}
