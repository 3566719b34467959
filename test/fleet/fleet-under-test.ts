import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  DescribeAlarmsCommand,
  type Dimension,
  GetMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import type { AgentStatus, AlarmId, GroupMetricName, MetricName } from "@coinfleet/sdk";
import { type StackFile, TestStack } from "../engine/support.ts";

const exec = promisify(execFile);
const sandboxProgram = "packages/sandbox/bin/sandbox";
const environment = "test";

/** A node as the stack's outputs name it. */
export interface NodeOutput {
  readonly instanceId: string;
  readonly hostname: string;
  readonly volumeId: string;
}

/** An SNS message of an alarm, as far as tests ask. */
export interface AlarmMessage {
  readonly AlarmName: string;
  readonly NewStateValue: "OK" | "ALARM" | "INSUFFICIENT_DATA";
}

/** A sandbox of the tests' own with a fleet in it: real engine, real hosts, real daemons. */
export class FleetUnderTest {
  readonly #name: string;
  /** What a client of AWS's SDK needs to reach the sandbox. */
  readonly clientSettings: Pick<CloudWatchClientConfig, "endpoint" | "region" | "credentials">;
  readonly #cloudWatch: CloudWatchClient;
  /** Variables that point any program at the sandbox. */
  readonly variables: Readonly<Record<string, string>>;
  stack: TestStack;
  nodes: Readonly<Record<string, NodeOutput>> = {};
  /** The machine's own end of the sandbox's link: a server there is reached by the hosts. */
  readonly outerAddress: string;

  private constructor(name: string, stack: TestStack, api: Readonly<Record<string, string>>) {
    this.#name = name;
    this.outerAddress = new URL(api["AWS_ENDPOINT_URL"] ?? "").hostname.replace(/\d+$/, "1");
    this.stack = stack;
    this.variables = api;
    const {
      AWS_ENDPOINT_URL: endpoint = "",
      AWS_REGION: region = "",
      AWS_ACCESS_KEY_ID: accessKeyId = "",
      AWS_SECRET_ACCESS_KEY: secretAccessKey = "",
    } = api;
    this.clientSettings = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    this.#cloudWatch = new CloudWatchClient(this.clientSettings);
  }

  /** Starts an own sandbox and an empty stack. */
  static async start(name: string): Promise<FleetUnderTest> {
    const { stdout } = await exec(sandboxProgram, ["start", "--name", name, "--json"], { maxBuffer: 1e8 });
    const { env } = JSON.parse(stdout) as { env: Record<string, string> };
    return new FleetUnderTest(name, await TestStack.create(environment, env), env);
  }

  /** Adds variables to the environment of `pulumi`. */
  setVariables(variables: Readonly<Record<string, string>>): void {
    this.stack = this.stack.withEnv(variables);
  }

  /** `pulumi up` of a stack file. @throws with the engine's output when it fails */
  async up(file?: StackFile): Promise<void> {
    if (file !== undefined) await this.stack.write(file);
    const { code, stdout, stderr } = await this.stack.up("--parallel", "16");
    if (code !== 0) throw new Error(`pulumi up ended with ${code}:\n${stdout}\n${stderr}`);
    await this.refresh();
  }

  /** Reads the nodes again, also those of an update that has failed. */
  async refresh(): Promise<void> {
    this.nodes = ((await this.stack.outputs()) as { nodes: Record<string, NodeOutput> }).nodes;
  }

  /** The stack's images by digest. */
  async images(): Promise<Readonly<Record<string, string>>> {
    return ((await this.stack.outputs()) as { images: Record<string, string> }).images;
  }

  /** Removes the sandbox and the stack's folder. */
  async remove(): Promise<void> {
    this.#cloudWatch.destroy();
    await exec(sandboxProgram, ["down", "--name", this.#name]);
    await this.stack.remove();
  }

  /** Runs a shell script on a node's host and resolves to its output. @throws when it fails */
  async onHost(node: string, script: string): Promise<string> {
    return this.onInstance(this.#node(node).instanceId, script);
  }

  /** The same for a host that is not in the stack's outputs yet. */
  async onInstance(instanceId: string, script: string): Promise<string> {
    const { stdout } = await exec(sandboxProgram, ["exec", "--name", this.#name, instanceId, "--", "sh", "-euc", script], {
      maxBuffer: 1e8,
    });
    return stdout.trim();
  }

  /** What the node's agent says. */
  async agent(node: string): Promise<AgentStatus> {
    return JSON.parse(await this.onHost(node, "curl --silent --max-time 5 http://127.0.0.1:9797/status")) as AgentStatus;
  }

  /** Waits until the agent's status satisfies the condition. @throws with the last status when the time is up */
  async untilAgent(node: string, what: string, condition: (status: AgentStatus) => boolean, limitSec = 120): Promise<AgentStatus> {
    let last: unknown;
    return this.until(
      `${node}: ${what}`,
      limitSec,
      async () => {
        const status = await this.agent(node).catch((error: unknown) => void (last = error));
        last = status ?? last;
        return status && condition(status) ? status : undefined;
      },
      () => JSON.stringify(last),
    );
  }

  /** State of one alarm of a node. */
  async alarm(node: string, id: AlarmId): Promise<string | undefined> {
    const name = `coinfleet-${environment}-${node}-${id}`;
    const { MetricAlarms } = await this.#cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
    return MetricAlarms?.[0]?.StateValue;
  }

  /** Names of all alarms in ALARM. */
  async ringing(): Promise<string[]> {
    const { MetricAlarms } = await this.#cloudWatch.send(new DescribeAlarmsCommand({ StateValue: "ALARM", MaxRecords: 100 }));
    return (MetricAlarms ?? []).flatMap(({ AlarmName }) => AlarmName ?? []);
  }

  /** Waits for a state of an alarm and resolves to the seconds that it took. */
  async untilAlarm(node: string, id: AlarmId, state: "OK" | "ALARM", limitSec: number): Promise<number> {
    const started = Date.now();
    await this.until(`${node} ${id} to be ${state}`, limitSec, async () => ((await this.alarm(node, id)) === state ? true : undefined));
    return (Date.now() - started) / 1000;
  }

  /** SNS messages of one alarm since a moment, oldest first. */
  async messages(node: string, id: AlarmId): Promise<readonly AlarmMessage[]> {
    const { stdout } = await exec(sandboxProgram, ["messages", "--name", this.#name], { maxBuffer: 1e8 });
    const bodies = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { message: string }).message);
    const alarms = bodies.map((body) => JSON.parse(body) as AlarmMessage);
    return alarms.filter(({ AlarmName }) => AlarmName === `coinfleet-${environment}-${node}-${id}`);
  }

  /** Values of a metric of a node in the last seconds, newest first. */
  metric(node: string, name: MetricName, seconds: number): Promise<readonly number[]> {
    return this.#values({ Name: "Node", Value: node }, name, seconds, 10);
  }

  /** Values of a metric of a group in the last minutes, newest first. */
  groupMetric(group: string, name: GroupMetricName, minutes: number): Promise<readonly number[]> {
    return this.#values({ Name: "Group", Value: group }, name, minutes * 60, 60);
  }

  async #values(of: Dimension, name: string, seconds: number, Period: number): Promise<readonly number[]> {
    const Dimensions = [{ Name: "Environment", Value: environment }, of];
    const { MetricDataResults } = await this.#cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(Date.now() - seconds * 1000),
        EndTime: new Date(Date.now() + 10_000),
        MetricDataQueries: [
          { Id: "m", MetricStat: { Metric: { Namespace: "Coinfleet", MetricName: name, Dimensions }, Period, Stat: "Maximum" } },
        ],
      }),
    );
    return MetricDataResults?.[0]?.Values ?? [];
  }

  /** Lets nothing to or from a TCP port of a node's daemon, until {@link mend}. */
  async cut(node: string, port: number): Promise<void> {
    const chain = "nft add table inet fault; nft 'add chain inet fault f { type filter hook forward priority -200; }'";
    const drop = (side: "dport" | "sport"): string => `nft add rule inet fault f tcp ${side} ${port} drop`;
    await this.onHost(node, `${chain}; ${drop("dport")}; ${drop("sport")}`);
  }

  /** Undoes {@link cut}. */
  async mend(node: string): Promise<void> {
    await this.onHost(node, "nft delete table inet fault");
  }

  /** The unit of the node's daemons. */
  async daemonUnit(node: string): Promise<string> {
    return this.onHost(node, "systemctl list-units --all --plain --no-legend 'node@*' | cut -d' ' -f1");
  }

  /** Waits until a node's RPC port does, or does not, take connections from another node's host. */
  async untilRpc(from: string, target: string, port: number, isOpen: boolean, limitSec = 120): Promise<void> {
    const connect = `timeout 3 bash -c '</dev/tcp/${target}/${port}' 2>/dev/null && echo open || echo closed`;
    await this.until(`${target}:${port} to be ${isOpen ? "open" : "closed"} to ${from}`, limitSec, async () =>
      (await this.onHost(from, connect)) === (isOpen ? "open" : "closed") ? true : undefined,
    );
  }

  /** Polls each second until there is a value. */
  async until<T>(what: string, limitSec: number, look: () => Promise<T | undefined>, last: () => string = () => ""): Promise<T> {
    const deadline = Date.now() + limitSec * 1000;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`waited ${limitSec} s in vain for ${what}${last() && `; last seen: ${last()}`}`);
      await sleep(1000);
    }
  }

  #node(name: string): NodeOutput {
    const node = this.nodes[name];
    if (!node) throw new Error(`the stack has no node ${name}; it has ${Object.keys(this.nodes).join(", ")}`);
    return node;
  }
}
