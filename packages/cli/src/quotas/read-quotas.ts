import {
  DescribeAddressesCommand,
  EC2Client,
  paginateDescribeInstances,
  paginateDescribeInstanceTypes,
  paginateDescribeVolumes,
  type Tag,
} from "@aws-sdk/client-ec2";
import { GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { awsSettings, calling, errorCode } from "../aws-call.ts";
import { judgeQuota, type QuotaRow } from "./judge-quota.ts";
import type { Wanted } from "./wanted.ts";

/** Quotas as AWS numbers them (2026-11; Service Quotas, services Amazon EC2 and Amazon EBS). Their values are asked for each time. */
const quotas = {
  addresses: { service: "ec2", code: "L-0263D0A3", name: "elastic addresses" },
  standardVcpus: { service: "ec2", code: "L-1216C47A", name: "vCPUs of running instances, families A C D H I M R T Z" },
  xVcpus: { service: "ec2", code: "L-7295265B", name: "vCPUs of running instances, family X" },
  gp3: { service: "ebs", code: "L-7A658B76", name: "storage of gp3 volumes" },
  io2: { service: "ebs", code: "L-09BD8365", name: "storage of io2 volumes" },
} as const;

/** Which quota counts an instance type's vCPUs. GPU and other special families have quotas that no coin needs. */
const isOfFamilyX = (type: string): boolean => type.startsWith("x");
const isStandard = (type: string): boolean => /^(a|c|d|h\d|i|m|r|t|z)/.test(type) && !/^(hpc|inf|trn|mac|dl)/.test(type);

/** What is taken of something, by whom. */
interface Taken {
  readonly own: number;
  readonly others: number;
}

/** Every quota that an environment can outgrow, with what it and the rest of the account take of it. */
export async function readQuotas(environment: string, region: string, wanted: Wanted): Promise<readonly QuotaRow[]> {
  const ec2 = new EC2Client(awsSettings(region));
  const limits = new ServiceQuotasClient(awsSettings(region));
  const isOwn = (tags: readonly Tag[] | undefined): boolean =>
    tags?.some(({ Key, Value }) => Key === "coinfleet:environment" && Value === environment) ?? false;
  const [addresses, volumes, running] = await Promise.all([readAddresses(ec2, isOwn), readVolumes(ec2, isOwn), readRunning(ec2, isOwn)]);
  const vcpus = await readVcpus(ec2, [...wanted.hosts.keys(), ...running.map(({ type }) => type)]);
  const inTib = (gib: number): number => Math.round((gib / 1024) * 100) / 100;

  const storage = (type: "gp3" | "io2"): Row => {
    const { own, others } = takenBy(volumes.filter((one) => one.type === type));
    return { ...quotas[type], unit: "TiB", others: inTib(others), wanted: inTib(Math.max(own, wanted.volumeGiB[type])) };
  };
  const processors = (quota: (typeof quotas)["standardVcpus" | "xVcpus"], fits: (type: string) => boolean): Row => {
    const counted = running.filter(({ type }) => fits(type)).map((one) => ({ ...one, size: vcpus.get(one.type) ?? 0 }));
    const { own, others } = takenBy(counted);
    const of = (hosts: ReadonlyMap<string, number>): number =>
      [...hosts].filter(([type]) => fits(type)).reduce((sum, [type, count]) => sum + count * (vcpus.get(type) ?? 0), 0);
    return { ...quota, unit: "vCPUs", others, wanted: Math.max(own, of(wanted.hosts) + of(wanted.hostsDuringChange)) };
  };
  const { own, others } = takenBy(addresses);
  const rows: Row[] = [
    { ...quotas.addresses, unit: "addresses", others, wanted: Math.max(own, wanted.elasticAddresses) },
    storage("gp3"),
    storage("io2"),
    processors(quotas.standardVcpus, isStandard),
    processors(quotas.xVcpus, isOfFamilyX),
  ];
  const asked = rows.filter((row) => row.wanted > 0);
  return Promise.all(
    asked.map(async ({ service, code, ...row }) => {
      const limit = await readLimit(limits, service, code);
      return judgeQuota({ code: `${service}/${code}`, ...row, ...(limit === undefined ? {} : { limit }) });
    }),
  );
}

interface Row {
  readonly service: string;
  readonly code: string;
  readonly name: string;
  readonly unit: string;
  readonly others: number;
  readonly wanted: number;
}

interface Sized {
  readonly isOwn: boolean;
  readonly size: number;
}

function takenBy(all: readonly Sized[]): Taken {
  const sum = (isOwn: boolean): number => all.filter((one) => one.isOwn === isOwn).reduce((total, { size }) => total + size, 0);
  return { own: sum(true), others: sum(false) };
}

async function allOf<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

type Owns = (tags: readonly Tag[] | undefined) => boolean;

async function readAddresses(ec2: EC2Client, isOwn: Owns): Promise<Sized[]> {
  const { Addresses } = await calling("ec2:DescribeAddresses", ec2.send(new DescribeAddressesCommand({})));
  return (Addresses ?? []).map(({ Tags }) => ({ isOwn: isOwn(Tags), size: 1 }));
}

async function readVolumes(ec2: EC2Client, isOwn: Owns): Promise<(Sized & { readonly type: string })[]> {
  const pages = paginateDescribeVolumes({ client: ec2 }, {});
  const found = await calling("ec2:DescribeVolumes", allOf(pages));
  return found
    .flatMap(({ Volumes }) => Volumes ?? [])
    .map(({ Tags, Size, VolumeType }) => ({ isOwn: isOwn(Tags), size: Size ?? 0, type: VolumeType ?? "" }));
}

async function readRunning(ec2: EC2Client, isOwn: Owns): Promise<{ readonly isOwn: boolean; readonly type: string }[]> {
  const filter = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
  const found = await calling("ec2:DescribeInstances", allOf(paginateDescribeInstances({ client: ec2 }, { Filters: filter })));
  return found
    .flatMap(({ Reservations }) => Reservations ?? [])
    .flatMap(({ Instances }) => Instances ?? [])
    .map(({ Tags, InstanceType }) => ({ isOwn: isOwn(Tags), type: InstanceType ?? "" }));
}

/** vCPUs of each type, as EC2 tells them. A filter and not the list of types: one that the region has not would fail the whole call. */
async function readVcpus(ec2: EC2Client, types: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const names = [...new Set(types)].sort();
  if (names.length === 0) return new Map();
  const filter = [{ Name: "instance-type", Values: names }];
  const found = await calling("ec2:DescribeInstanceTypes", allOf(paginateDescribeInstanceTypes({ client: ec2 }, { Filters: filter })));
  const told = found.flatMap(({ InstanceTypes }) => InstanceTypes ?? []);
  return new Map(told.map(({ InstanceType, VCpuInfo }): [string, number] => [InstanceType ?? "", VCpuInfo?.DefaultVCpus ?? 0]));
}

/** The account's own value, else AWS's default. `undefined`: AWS tells neither. */
async function readLimit(client: ServiceQuotasClient, service: string, code: string): Promise<number | undefined> {
  const input = { ServiceCode: service, QuotaCode: code };
  const isUnset = (error: unknown): undefined => {
    if (errorCode(error) !== "NoSuchResourceException") throw error;
  };
  const own = await calling("servicequotas:GetServiceQuota", client.send(new GetServiceQuotaCommand(input)).catch(isUnset));
  if (own?.Quota?.Value !== undefined) return own.Quota.Value;
  const common = await calling(
    "servicequotas:GetAWSDefaultServiceQuota",
    client.send(new GetAWSDefaultServiceQuotaCommand(input)).catch(isUnset),
  );
  return common?.Quota?.Value;
}
