import {
  _InstanceType,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { BlockDeviceMapping, EC2Client, Instance, ResourceType, RunInstancesCommandInput, Tag } from "@aws-sdk/client-ec2";
import { DeleteParametersCommand, GetParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { drillTag, parameterPrefix, type DrillPlan } from "@coinfleet/sdk";
import { calling, errorCode } from "../aws-call.ts";
import { CliError } from "../cli-error.ts";
import type { Deadline } from "../deadline.ts";

/** Where a throw-away node is made and found. */
export interface Workshop {
  readonly environment: string;
  readonly plan: DrillPlan;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly pollMs: number;
}

/** A throw-away node. */
export interface ThrowAway {
  readonly instanceId: string;
  readonly volumeId: string;
  readonly launchedMs: number;
}

const dataDevice = "/dev/sdf";
/** Kinds of things that a launch makes. */
const made: readonly ResourceType[] = ["instance", "volume", "network-interface"];

/** Tags as EC2 writes them. */
export const tagList = (tags: Readonly<Record<string, string>>): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

async function rootDevice({ ec2, plan }: Workshop): Promise<string> {
  const { imageId } = plan.launch;
  const answer = await calling("ec2:DescribeImages", ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] })));
  return answer.Images?.[0]?.RootDeviceName ?? "/dev/xvda";
}

function mappings({ launch, volume }: DrillPlan, root: string, snapshotId: string): BlockDeviceMapping[] {
  // Both go with the instance: nothing is left where somebody only ends that.
  const DeleteOnTermination = true;
  const { throughputMiBPerSec: Throughput, initializationRateMiBPerSec: VolumeInitializationRate } = volume;
  return [
    {
      DeviceName: root,
      Ebs: { VolumeType: "gp3", VolumeSize: launch.rootVolumeGiB, Encrypted: true, KmsKeyId: launch.keyArn, DeleteOnTermination },
    },
    {
      DeviceName: dataDevice,
      Ebs: {
        SnapshotId: snapshotId,
        VolumeType: volume.type,
        Iops: volume.iops,
        ...(Throughput === undefined ? {} : { Throughput }),
        ...(VolumeInitializationRate === undefined ? {} : { VolumeInitializationRate }),
        DeleteOnTermination,
      },
    },
  ];
}

function request(plan: DrillPlan, root: string, snapshotId: string): RunInstancesCommandInput {
  const { launch, tags } = plan;
  return {
    ImageId: launch.imageId,
    InstanceType: knownType(launch.instanceType),
    MinCount: 1,
    MaxCount: 1,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: launch.subnetId,
        Groups: [launch.securityGroupId],
        AssociatePublicIpAddress: launch.hasPublicAddress,
        DeleteOnTermination: true,
      },
    ],
    IamInstanceProfile: { Name: launch.profileName },
    UserData: Buffer.from(launch.userData).toString("base64"),
    MetadataOptions: { HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: 1, HttpProtocolIpv6: "disabled" },
    Monitoring: { Enabled: true },
    InstanceInitiatedShutdownBehavior: "terminate",
    BlockDeviceMappings: mappings(plan, root, snapshotId),
    TagSpecifications: made.map((ResourceType) => ({ ResourceType, Tags: tagList(tags) })),
  };
}

function knownType(name: string): _InstanceType {
  const found = Object.values(_InstanceType).find((one) => one === name);
  if (found !== undefined) return found;
  throw new CliError("InvalidInput", {
    title: "The AWS SDK does not know this instance type.",
    where: "the plan of the drill",
    got: name,
    fix: "Update @aws-sdk/client-ec2.",
    state: "Nothing has been made.",
  });
}

/** Makes a throw-away node from a snapshot, and tells its host what it is. */
export async function launch(workshop: Workshop, snapshotId: string, deadline: Deadline): Promise<ThrowAway> {
  const { ec2, plan } = workshop;
  const root = await rootDevice(workshop);
  const launchedMs = Date.now();
  const answer = await calling("ec2:RunInstances", ec2.send(new RunInstancesCommand(request(plan, root, snapshotId))));
  const instanceId = answer.Instances?.[0]?.InstanceId ?? "";
  const volumeId = await dataVolume(workshop, instanceId, deadline);
  await configure(workshop, volumeId);
  return { instanceId, volumeId, launchedMs };
}

async function dataVolume({ ec2, plan, pollMs }: Workshop, instanceId: string, deadline: Deadline): Promise<string> {
  while (!deadline.hasPassed) {
    const answer = await calling(
      "ec2:DescribeInstances",
      ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] })).catch((cause: unknown) => {
        // For a moment after RunInstances.
        if (errorCode(cause) === "InvalidInstanceID.NotFound") return undefined;
        throw cause;
      }),
    );
    const instance = answer?.Reservations?.[0]?.Instances?.[0];
    const volumeId = instance?.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === dataDevice)?.Ebs?.VolumeId;
    if (volumeId !== undefined) return volumeId;
    if (instance?.State?.Name === "terminated") break;
    await deadline.pause(pollMs);
  }
  throw new CliError("DrillFailed", {
    title: "The throw-away instance did not start.",
    where: instanceId,
    got: "it has no data volume",
    fix: `Look at why EC2 ended it: the snapshot, its key, or capacity for ${plan.launch.instanceType}.`,
    state: "It is removed.",
  });
}

/** Gives the node its configuration: the program's, with the volume that nobody could know before. */
async function configure({ ssm, environment, plan }: Workshop, volumeId: string): Promise<void> {
  const prefix = parameterPrefix(environment, plan.node);
  const answer = await calling("ssm:GetParameter", ssm.send(new GetParameterCommand({ Name: `${prefix}/template` })));
  const Value = (answer.Parameter?.Value ?? "").replace("vol-00000000000000000", volumeId);
  await calling(
    "ssm:PutParameter",
    ssm.send(new PutParameterCommand({ Name: `${prefix}/config`, Type: "String", Tier: "Advanced", Value, Overwrite: true })),
  );
}

/** By its tags whatever a drill has made is found. */
const ofDrill = (environment: string, { group }: DrillPlan): { Name: string; Values: string[] }[] => [
  { Name: `tag:${drillTag}`, Values: [group] },
  { Name: "tag:coinfleet:environment", Values: [environment] },
];

async function instances({ ec2, environment, plan }: Workshop): Promise<readonly Instance[]> {
  const Filters = [
    ...ofDrill(environment, plan),
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped", "shutting-down"] },
  ];
  const answer = await calling("ec2:DescribeInstances", ec2.send(new DescribeInstancesCommand({ Filters })));
  return (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
}

async function volumes({ ec2, environment, plan }: Workshop): Promise<readonly { readonly id: string; readonly isFree: boolean }[]> {
  const answer = await calling("ec2:DescribeVolumes", ec2.send(new DescribeVolumesCommand({ Filters: ofDrill(environment, plan) })));
  return (answer.Volumes ?? []).flatMap(({ VolumeId, State }) =>
    VolumeId === undefined ? [] : [{ id: VolumeId, isFree: State === "available" || State === "error" }],
  );
}

/** Snapshots that a drill has brought back from another region. */
async function broughtBack({ ec2, environment, plan }: Workshop): Promise<readonly string[]> {
  const Filters = ofDrill(environment, plan);
  const answer = await calling("ec2:DescribeSnapshots", ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters })));
  return (answer.Snapshots ?? []).flatMap(({ SnapshotId }) => SnapshotId ?? []);
}

/**
 * Removes everything that any drill of the group has made, found by its tags, and waits until it is gone. Safe to repeat. @returns what it has removed
 * @throws {@link CliError} when something is still there at the deadline
 */
export async function removeAll(workshop: Workshop, deadline: Deadline): Promise<readonly string[]> {
  const { ec2, ssm, environment, plan, pollMs } = workshop;
  const removed = new Set<string>();
  for (;;) {
    const running = await instances(workshop);
    const left = await volumes(workshop);
    const copies = await broughtBack(workshop);
    const toEnd = running.filter(({ State }) => State?.Name !== "shutting-down").flatMap(({ InstanceId }) => InstanceId ?? []);
    const state = "Something of a drill is still there; the next drill removes it.";
    if (toEnd.length > 0) await calling("ec2:TerminateInstances", ec2.send(new TerminateInstancesCommand({ InstanceIds: toEnd })), state);
    for (const { id } of left.filter(({ isFree }) => isFree))
      await calling("ec2:DeleteVolume", ec2.send(new DeleteVolumeCommand({ VolumeId: id })).catch(ignoreGone), state);
    for (const id of copies)
      await calling("ec2:DeleteSnapshot", ec2.send(new DeleteSnapshotCommand({ SnapshotId: id })).catch(ignoreGone), state);
    for (const id of [...running.flatMap(({ InstanceId }) => InstanceId ?? []), ...left.map(({ id }) => id), ...copies]) removed.add(id);
    if (running.length + left.length + copies.length === 0) break;
    if (deadline.hasPassed) throw notRemoved(plan, [...removed]);
    await deadline.pause(pollMs);
  }
  // After the instance, which writes some of them.
  const Names = ["config", "running", "volume"].map((name) => `${parameterPrefix(environment, plan.node)}/${name}`);
  await calling("ssm:DeleteParameters", ssm.send(new DeleteParametersCommand({ Names })));
  return [...removed];
}

function ignoreGone(cause: unknown): undefined {
  // Whoever ends an instance takes its volumes along.
  if (["InvalidVolume.NotFound", "VolumeInUse", "IncorrectState", "InvalidSnapshot.NotFound"].includes(errorCode(cause))) return undefined;
  throw cause;
}

function notRemoved({ group }: DrillPlan, ids: readonly string[]): CliError {
  return new CliError("DrillFailed", {
    title: `What the drill of ${group} has made is not gone yet.`,
    where: ids.join(", "),
    got: "still there at the end of the time for removing it",
    fix: "Run the drill again: it begins with removing what is left.",
    state: "It costs money until it is gone; it holds no data of its own.",
  });
}
