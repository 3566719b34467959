import assert from "node:assert/strict";
import {
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DetachVolumeCommand,
  EC2Client,
  ModifyInstanceMetadataOptionsCommand,
  ModifyVolumeCommand,
  RunInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilVolumeAvailable,
  waitUntilVolumeInUse,
} from "@aws-sdk/client-ec2";
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand, Route53Client, type Change } from "@aws-sdk/client-route-53";
import { startSandbox, type Sandbox } from "@coinfleet/sandbox";

const zones = ["eu-central-1a", "eu-central-1b"] as const;
const token = 'token=$(curl -s -m 3 -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token)';

function defined<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isTrue())) {
    assert.ok(Date.now() < deadline, `${what}: not within a minute`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What a script prints on an instance; fails when the script does. */
async function say(sandbox: Sandbox, instance: string, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await sandbox.exec(instance, ["sh", "-c", script]);
  assert.equal(exitCode, 0, `${script}: ${stdout}${stderr}`);
  return stdout.trim();
}

describe("a sandbox with three instances in two zones", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;
  let ec2: EC2Client;
  let route53: Route53Client;
  let vpc: string;
  let group: string;
  let image: string;
  const instances: string[] = [];
  const subnets: string[] = [];
  const addresses = new Map<string, string>();
  const addressOf = (instance: string): string => defined(addresses.get(instance));

  async function launch(index: 0 | 1): Promise<void> {
    const script = `#!/bin/sh\necho "written in ${zones[index]}" > /root/user-data-ran\n`;
    const { Instances } = await ec2.send(
      new RunInstancesCommand({
        ImageId: image,
        InstanceType: "t3.large",
        MinCount: 1,
        MaxCount: 1,
        SubnetId: defined(subnets[index]),
        SecurityGroupIds: [group],
        UserData: Buffer.from(script).toString("base64"),
        MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
      }),
    );
    const instance = defined(Instances?.[0]?.InstanceId);
    instances.push(instance);
    addresses.set(instance, defined(Instances?.[0]?.PrivateIpAddress));
  }

  before(async () => {
    sandbox = await startSandbox({ name: "smoke", onProgress: (line) => process.stderr.write(`    ${line}\n`) });
    const config = { endpoint: sandbox.endpoint, region: sandbox.region, credentials: { accessKeyId: "x", secretAccessKey: "x" } };
    ec2 = new EC2Client(config);
    route53 = new Route53Client(config);
    const filter = { Name: "name", Values: ["debian-12-amd64-sandbox"] };
    image = defined((await ec2.send(new DescribeImagesCommand({ Filters: [filter] }))).Images?.[0]?.ImageId);
    vpc = defined((await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).Vpc?.VpcId);
    group = defined((await ec2.send(new CreateSecurityGroupCommand({ GroupName: "g", Description: "g", VpcId: vpc }))).GroupId);
    for (const [index, zone] of zones.entries()) {
      const { Subnet } = await ec2.send(
        new CreateSubnetCommand({ VpcId: vpc, CidrBlock: `10.0.${index + 1}.0/24`, AvailabilityZone: zone }),
      );
      subnets.push(defined(Subnet?.SubnetId));
    }
    await Promise.all([launch(0), launch(1), launch(0)]);
    instances.sort((a, b) => addressOf(a).localeCompare(addressOf(b)));
    await waitUntilInstanceRunning({ client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { InstanceIds: instances });
    for (const instance of instances) {
      await until("cloud-init", async () => (await sandbox.exec(instance, ["test", "-e", "/root/user-data-ran"])).exitCode === 0);
    }
  });

  after(async () => {
    await sandbox.down();
  });

  it("has run the user data of each", async () => {
    const [first = "", , second = ""] = instances;
    assert.equal(await say(sandbox, first, "cat /root/user-data-ran"), "written in eu-central-1a");
    assert.equal(await say(sandbox, second, "cat /root/user-data-ran"), "written in eu-central-1b");
  });

  it("lets pass what a security group allows, at once, and nothing else", async () => {
    const [first = "", , second = ""] = instances;
    for (const port of [8080, 8081]) {
      await say(sandbox, second, `systemd-run -q --working-directory=/etc python3 -m http.server ${port}`);
    }
    await until("the server", async () => (await sandbox.exec(second, ["curl", "-sf", "http://127.0.0.1:8081/hostname"])).exitCode === 0);
    const get = (port: number): Promise<number> =>
      sandbox.exec(first, ["curl", "-s", "-m", "2", `http://${addressOf(second)}:${port}/hostname`]).then((result) => result.exitCode);
    assert.equal(await get(8080), 28);
    const source = { GroupId: group };
    const rule = { IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, UserIdGroupPairs: [source] };
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions: [rule] }));
    await until("the rule", async () => (await get(8080)) === 0);
    assert.equal(await get(8081), 28);
  });

  it("resolves a record of a private zone on the hosts", async () => {
    const region = "eu-central-1";
    const zone = await route53.send(
      new CreateHostedZoneCommand({ Name: "internal", CallerReference: "1", VPC: { VPCId: vpc, VPCRegion: region } }),
    );
    const [first = "", , second = ""] = instances;
    const change: Change = {
      Action: "UPSERT",
      ResourceRecordSet: { Name: "node1.test.internal", Type: "A", TTL: 5, ResourceRecords: [{ Value: addressOf(second) }] },
    };
    await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone.HostedZone?.Id, ChangeBatch: { Changes: [change] } }));
    await until("the name", async () => {
      const { stdout } = await sandbox.exec(first, ["getent", "hosts", "node1.test.internal"]);
      return stdout.startsWith(`${addressOf(second)} `);
    });
  });

  it("serves metadata for a token only, and not behind a second hop", async () => {
    const [first = ""] = instances;
    const url = "http://169.254.169.254/latest/meta-data/instance-id";
    assert.equal(await say(sandbox, first, `curl -s -o /dev/null -w '%{http_code}' ${url}`), "401");
    assert.equal(await say(sandbox, first, `${token}; curl -s -H "X-aws-ec2-metadata-token: $token" ${url}`), first);
    const behindNat = [
      "(apt-get update && apt-get install -y --no-install-recommends nftables) >/dev/null 2>&1",
      "ip netns add far && ip link add near type veth peer name out netns far",
      "ip address add 10.99.0.1/24 dev near && ip link set near up && sysctl -qw net.ipv4.ip_forward=1",
      "ip -n far address add 10.99.0.2/24 dev out && ip -n far link set out up && ip -n far route add default via 10.99.0.1",
      "nft add table ip nat && nft 'add chain ip nat out { type nat hook postrouting priority 100; }'",
      "nft add rule ip nat out oifname eth0 masquerade",
    ];
    await say(sandbox, first, behindNat.join(" && "));
    const asked = (): Promise<number> =>
      sandbox.exec(first, ["ip", "netns", "exec", "far", "sh", "-c", `${token}; test -n "$token"`]).then((result) => result.exitCode);
    assert.equal(await asked(), 1);
    await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: first, HttpPutResponseHopLimit: 2 }));
    assert.equal(await asked(), 0);
  });

  it("keeps a volume's data through growth and a move to another instance", async () => {
    const [first = "", , second = ""] = instances;
    const sibling = defined(instances[1]);
    const { VolumeId } = await ec2.send(new CreateVolumeCommand({ AvailabilityZone: zones[0], Size: 1, VolumeType: "gp3" }));
    const volume = defined(VolumeId);
    const wait = { client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 1 };
    await waitUntilVolumeAvailable(wait, { VolumeIds: [volume] });
    await assert.rejects(ec2.send(new AttachVolumeCommand({ VolumeId: volume, InstanceId: second, Device: "/dev/sdf" })), {
      name: "InvalidVolume.ZoneMismatch",
    });
    await ec2.send(new AttachVolumeCommand({ VolumeId: volume, InstanceId: first, Device: "/dev/sdf" }));
    await waitUntilVolumeInUse(wait, { VolumeIds: [volume] });
    const device = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume.replace("-", "")}`;
    await until("the device", async () => (await sandbox.exec(first, ["test", "-b", device])).exitCode === 0);
    assert.equal(await say(sandbox, first, `lsblk -dno SERIAL ${device}`), volume.replace("-", ""));
    await say(sandbox, first, `mkfs.ext4 -q ${device} && mount ${device} /mnt && echo kept > /mnt/file && umount /mnt`);
    await ec2.send(new ModifyVolumeCommand({ VolumeId: volume, Size: 2 }));
    await until("the growth", async () => (await say(sandbox, first, `lsblk -dno SIZE ${device}`)) === "2G");
    await ec2.send(new DetachVolumeCommand({ VolumeId: volume }));
    await waitUntilVolumeAvailable(wait, { VolumeIds: [volume] });
    assert.notEqual((await sandbox.exec(first, ["test", "-e", device])).exitCode, 0);
    await ec2.send(new AttachVolumeCommand({ VolumeId: volume, InstanceId: sibling, Device: "/dev/sdg" }));
    await until("the device", async () => (await sandbox.exec(sibling, ["test", "-b", device])).exitCode === 0);
    assert.equal(await say(sandbox, sibling, `mount ${device} /mnt && cat /mnt/file && umount /mnt`), "kept");
  });

  it("comes back after a stop with the same hosts, addresses and volumes", async () => {
    const before = await Promise.all(
      instances.map((instance) => say(sandbox, instance, "ip -br address show eth0; ls /dev/disk/by-id || true")),
    );
    await sandbox.stop();
    sandbox = await startSandbox({ name: "smoke" });
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: instances }));
    const states = (Reservations ?? []).flatMap((reservation) => (reservation.Instances ?? []).map((instance) => instance.State?.Name));
    assert.deepEqual(states, ["running", "running", "running"]);
    const after = await Promise.all(
      instances.map((instance) => say(sandbox, instance, "ip -br address show eth0; ls /dev/disk/by-id || true")),
    );
    const interfaceNumber = /@if\d+ +/g;
    assert.deepEqual(
      after.map((text) => text.replace(interfaceNumber, " ")),
      before.map((text) => text.replace(interfaceNumber, " ")),
    );
    assert.equal(await say(sandbox, instances[0] ?? "", "cat /root/user-data-ran"), "written in eu-central-1a");
  });
});
