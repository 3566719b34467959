import * as pulumi from "@pulumi/pulumi";
import { nodeConfigurationProblem } from "@coinfleet/host";
import type { FleetSpec, ResolvedFleet, ResolvedGroup } from "@coinfleet/sdk";
import { AccountSettings } from "./account-settings.ts";
import { Alerts } from "./alerts.ts";
import { Backups } from "./backups.ts";
import { Coordination } from "./coordination.ts";
import { Dashboards } from "./dashboards.ts";
import { dataVolumeGuard } from "./data-volume-guard.ts";
import { Documents } from "./documents.ts";
import { Group } from "./group.ts";
import { Grower } from "./grower.ts";
import { Images, type AcceptanceOf, type AgentDigest } from "./images.ts";
import type { PrepareImage } from "./image.ts";
import { logRoute } from "./host-role.ts";
import { Keys } from "./keys.ts";
import { MachineImages } from "./machine-images.ts";
import { Network } from "./network.ts";
import type { Surroundings } from "./node.ts";
import { Retired } from "./retired.ts";
import type { Place } from "./place.ts";

export interface FleetArgs {
  readonly place: Place;
  /** What the stack file says of the environment as a whole. */
  readonly spec: FleetSpec;
  /** Its groups, with the coins' defaults. */
  readonly fleet: ResolvedFleet;
  readonly acceptanceOf: AcceptanceOf;
  readonly agentDigest: AgentDigest;
  readonly prepareImage: PrepareImage;
  /** Path of docker's own configuration, relative to the project. */
  readonly dockerConfig: string;
}

/** What is known of a node from outside. */
export interface FleetNode {
  readonly instanceId: pulumi.Output<string>;
  readonly hostname: string;
  readonly volumeId: pulumi.Output<string>;
}

/** The private zone of every environment. */
const domain = "internal";

/** An environment: what all nodes share, then one chain of nodes per group, side by side. */
export class Fleet extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Fleet";
  readonly nodes: Readonly<Record<string, FleetNode>>;
  /** `<coin>-<client>` and its tag → image by digest. */
  readonly images: Readonly<Record<string, pulumi.Output<string>>>;
  /** Architecture → AMI. */
  readonly machineImages: Readonly<Record<string, pulumi.Output<string>>>;
  readonly dashboards: readonly string[];
  readonly topics: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: FleetArgs, opts?: pulumi.ComponentResourceOptions) {
    const { place, spec, fleet, ...making } = args;
    refuseOversized(place, fleet, spec.logs.gelf);
    super(Fleet.type, name, {}, opts);
    const parent = { parent: this };
    const keys = new Keys("keys", { place, sharedWith: spec.sharedWith }, parent);
    const network = new Network("network", { place, spec: spec.network, keyArn: keys.arn, zones: spec.zones, domain }, parent);
    const alerts = new Alerts("alerts", { place, keyArn: keys.arn, subscriptions: spec.alerts }, parent);
    const documents = new Documents("documents", { place }, parent);
    const coordination = new Coordination("coordination", { place }, parent);
    const images = new Images(
      "images",
      { place, keyArn: keys.arn, ...spec.images, ...making, sharedWith: spec.sharedWith, groups: fleet.groups },
      parent,
    );
    const machineImages = new MachineImages(
      "machine-images",
      { place, spec: spec.machineImage, network, keyArn: keys.arn, groups: fleet.groups, sharedWith: spec.sharedWith },
      parent,
    );
    new AccountSettings("account", { spec: spec.account }, parent);
    new Grower("grower", { place, isEnabled: spec.selfHealing.enabled }, parent);
    new Backups("backups", { place, keyArn: keys.arn, groups: fleet.groups }, parent);
    new Retired("retired", { spec: spec.retired, zone: `${place.region}a` }, parent);
    const surroundings: Surroundings = {
      place,
      zones: spec.zones,
      subnetIds: network.subnetIds,
      adopt: spec.adopt,
      zoneId: network.zoneId,
      keyArn: keys.arn,
      topicArns: alerts.topicArns,
      documents,
      coordinationTable: coordination.table,
      volumeGuard: dataVolumeGuard(),
      gelf: spec.logs.gelf,
    };
    const made = new Map<string, Group>();
    for (const group of serversFirst(fleet.groups)) {
      const server = group.server === undefined ? undefined : made.get(group.server.group);
      const shared = { surroundings, group, network, vpcId: network.vpcId, logRetentionDays: spec.logs.retentionDays, server };
      const machineImageId = machineImages.idOf(group.architecture);
      made.set(group.name, new Group(group.name, { ...shared, machineImageId, images: images.of(group) }, parent));
    }
    this.nodes = nodesOf([...made.values()]);
    this.images = images.references;
    this.machineImages = machineImages.ids;
    this.dashboards = new Dashboards("dashboards", { place, groups: fleet.groups }, parent).names;
    this.topics = alerts.topicArns;
    this.registerOutputs({ nodes: this.nodes, images: this.images });
  }
}

function nodesOf(groups: readonly Group[]): Fleet["nodes"] {
  return Object.fromEntries(
    groups.flatMap(({ nodes }) =>
      nodes.map(({ name, hostname, node }) => [name, { instanceId: node.instanceId, hostname, volumeId: node.volumeId }]),
    ),
  );
}

/** A served group needs its server's security group and secrets. No server is itself served: the coins say so. */
function serversFirst(groups: readonly ResolvedGroup[]): readonly ResolvedGroup[] {
  return [...groups.filter((group) => group.server === undefined), ...groups.filter((group) => group.server !== undefined)];
}

/** A parameter that does not fit is found when its volume exists: too late to refuse. So it is asked before the first resource. */
function refuseOversized(place: Place, fleet: ResolvedFleet, gelf: string | undefined): void {
  const problems = fleet.groups.flatMap((group) =>
    group.nodes.flatMap(
      (node) =>
        nodeConfigurationProblem({
          environment: place.environment,
          region: place.region,
          group,
          node,
          logs: logRoute(place, group, gelf),
        }) ?? [],
    ),
  );
  if (problems.length > 0) throw new pulumi.RunError(problems.join("\n"));
}
