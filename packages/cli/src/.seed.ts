import { EC2Client, RunInstancesCommand, DescribeImagesCommand, RegisterImageCommand } from "@aws-sdk/client-ec2";
import { SSMClient, PutParameterCommand } from "@aws-sdk/client-ssm";
import { CloudWatchClient, PutMetricDataCommand, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { SecretsManagerClient, CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
const n = Number(process.argv[2] ?? 3);
const ec2 = new EC2Client(), ssm = new SSMClient(), cw = new CloudWatchClient(), sm = new SecretsManagerClient(), logs = new CloudWatchLogsClient();
const image = (await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], MaxResults: 5 }))).Images?.[0]?.ImageId ?? "ami-12c6146b";
for (let i = 1; i <= n; i++) {
  const node = `litecoin-${i}`;
  const tags = Object.entries({ environment: "t", group: "litecoin", node, coin: "litecoin" }).map(([k, v]) => ({ Key: `coinfleet:${k}`, Value: v }));
  await ec2.send(new RunInstancesCommand({ ImageId: image, MinCount: 1, MaxCount: 1, Placement: { AvailabilityZone: i % 2 ? "eu-central-1a" : "eu-central-1b" }, TagSpecifications: [{ ResourceType: "instance", Tags: tags }] }));
  const rel = JSON.stringify({ release: "0.21.2.1-debian", images: { litecoind: "r@sha256:1" } });
  await ssm.send(new PutParameterCommand({ Name: `/coinfleet/t/${node}/release`, Value: i === 2 ? rel.replace("0.21.2.1", "0.21.5.8") : rel, Type: "String", Overwrite: true }));
  await ssm.send(new PutParameterCommand({ Name: `/coinfleet/t/${node}/running`, Value: rel, Type: "String", Overwrite: true }));
  await ssm.send(new PutParameterCommand({ Name: `/coinfleet/t/${node}/config`, Value: JSON.stringify({ network: "regtest" }), Type: "String", Overwrite: true }));
  const m: Record<string, number> = i === 3 ? { ProbeSuccess: 0, Synced: 0 } : { ProbeSuccess: 1, Synced: i === 2 ? 0 : 1, Height: 100 + i, BlocksBehind: i === 2 ? 7 : 0, TipAgeSeconds: 12, Peers: 2, InitialSync: 0, DataVolumeUsedPercent: 41.3 };
  await cw.send(new PutMetricDataCommand({ Namespace: "Coinfleet", MetricData: Object.entries(m).map(([MetricName, Value]) => ({ MetricName, Value, Timestamp: new Date(), StorageResolution: 1, Dimensions: [{ Name: "Environment", Value: "t" }, { Name: "Node", Value: node }] })) }));
}
await cw.send(new PutMetricAlarmCommand({ AlarmName: "coinfleet-t-litecoin-2-node-behind", MetricName: "BlocksBehind", Namespace: "Coinfleet", ComparisonOperator: "GreaterThanThreshold", Threshold: 2, Period: 10, EvaluationPeriods: 1, Statistic: "Maximum" }));
await cw.send(new SetAlarmStateCommand({ AlarmName: "coinfleet-t-litecoin-2-node-behind", StateValue: "ALARM", StateReason: "x" }));
const s = await sm.send(new CreateSecretCommand({ Name: `coinfleet/t/litecoin/rpc-${Date.now()}` })); console.log(s.ARN);
await logs.send(new CreateLogGroupCommand({ logGroupName: "/coinfleet/t/litecoin" })).catch(() => 0);
await logs.send(new CreateLogStreamCommand({ logGroupName: "/coinfleet/t/litecoin", logStreamName: "litecoin-1/litecoind" })).catch(() => 0);
await logs.send(new PutLogEventsCommand({ logGroupName: "/coinfleet/t/litecoin", logStreamName: "litecoin-1/litecoind", logEvents: [{ timestamp: Date.now() - 2000, message: "UpdateTip: new best" }, { timestamp: Date.now(), message: "second\n" }] }));
