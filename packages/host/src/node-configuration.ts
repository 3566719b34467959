import type { AgentConfig, DataFile, FirstStart, Port, ResolvedGroup, ResolvedNode } from "@coinfleet/sdk";
import { agentPort, servedSecret } from "@coinfleet/sdk";
import { agentSettings } from "./agent-settings.ts";
import { agentArguments, daemonArguments, restoreArguments, type ContainerContext } from "./docker-run.ts";
import { logForwarding, type LogForwarding, type LogRoute } from "./log-route.ts";

/** Largest value of an SSM parameter of the advanced tier, bytes. The standard tier ends at 4,096. */
export const maximumParameterBytes = 8192;

/** Two failed health checks, ten seconds apart, their time, and the requests that are under way. */
const balancerNoticesSec = 30;

/** What a host is told about its node: the value of the parameter `<prefix>/config`. Holds placeholders instead of secrets. */
export interface NodeConfiguration {
  readonly version: 1;
  readonly environment: string;
  readonly group: string;
  readonly node: string;
  readonly coin: string;
  readonly network: string;
  readonly volume: {
    readonly id: string;
    /** False for a volume that was made from a snapshot: a blank one is then a fault, not a new one. */
    readonly mayFormat: boolean;
  };
  /** Name of a secret → its ARN. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly daemons: readonly DaemonConfiguration[];
  readonly agent: { readonly arguments: readonly string[]; readonly config: AgentConfig };
  readonly restore?: { readonly daemon: string; readonly arguments: readonly string[]; readonly command: readonly string[] };
  /** Absent: the host forwards nothing. */
  readonly logs?: LogForwarding;
  /** Elements of the firewall's sets, in nftables' words (`tcp . 9333`). Gated ones are open to others only while the node is synced. */
  readonly firewall: { readonly always: readonly string[]; readonly gated: readonly string[] };
  readonly databaseSurvivesDowngrade: boolean;
  /** How long before its daemons stop the node says that it leaves, seconds: the time in which a load balancer takes it out. 0 without one. */
  readonly leaveSec: number;
}

/** One daemon: `docker run <arguments> <image of the client> <command>`. */
export interface DaemonConfiguration {
  readonly name: string;
  readonly client: string;
  readonly stopTimeoutSec: number;
  /** Name → text, with placeholders. */
  readonly files: Readonly<Record<string, string>>;
  /** Path in the data directory → link to one of `files`, or first text. */
  readonly dataFiles?: Readonly<Record<string, DataFile>>;
  readonly arguments: readonly string[];
  readonly command: readonly string[];
  readonly firstStart?: FirstStart;
}

/** What {@link renderNodeConfiguration} is given. */
export interface NodeConfigurationInput {
  readonly environment: string;
  readonly region: string;
  readonly group: ResolvedGroup;
  readonly node: ResolvedNode;
  /** EBS volume id, `vol-` and 17 hex digits. */
  readonly volumeId: string;
  /** Name of each of the group's secrets, and of its server's, → ARN. */
  readonly secretArns: Readonly<Record<string, string>>;
  readonly logs: LogRoute;
}

/**
 * The value of a node's parameter `<prefix>/config`, as JSON text.
 * @throws Error when it is larger than a parameter may be; {@link nodeConfigurationProblem} asks first.
 */
export function renderNodeConfiguration(input: NodeConfigurationInput): string {
  const text = parameterText(nodeConfiguration(input));
  const tooLarge = sizeProblem(input.node.name, text);
  if (tooLarge !== undefined) throw new Error(tooLarge);
  return text;
}

/**
 * Whether a node's configuration will fit into its parameter, before its volume and secrets exist: undefined, or what is wrong.
 * Ask before the first resource, because an id that comes from a resource is known only when it is too late to refuse.
 */
export function nodeConfigurationProblem(input: Omit<NodeConfigurationInput, "volumeId" | "secretArns">): string | undefined {
  const longestArn = `arn:aws:secretsmanager:ap-southeast-1:000000000000:secret:coinfleet/${input.environment}/${input.group.name}/`;
  return sizeProblem(
    input.node.name,
    parameterText(
      nodeConfiguration({
        ...input,
        volumeId: "vol-00000000000000000",
        secretArns: Object.fromEntries(secretNames(input.group).map((name) => [name, `${longestArn}${name}-XXXXXX`])),
      }),
    ),
  );
}

function secretNames({ secrets, server }: ResolvedGroup): readonly string[] {
  return [...secrets, ...(server?.secret === undefined ? [] : [servedSecret(server.secret)])];
}

// Parameter Store refuses values with "{{" (they would name other parameters); for a JSON parser the escaped form is the same text.
const parameterText = (configuration: NodeConfiguration): string => JSON.stringify(configuration).replaceAll("{{", "\\u007b\\u007b");

function sizeProblem(node: string, text: string): string | undefined {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= maximumParameterBytes) return undefined;
  return `The configuration of ${node} has ${bytes} bytes; an SSM parameter holds ${maximumParameterBytes}. Make the files and command lines of the coin's daemons shorter, or name fewer tip references. Nothing has been changed.`;
}

function nodeConfiguration(input: NodeConfigurationInput): NodeConfiguration {
  const { environment, region, group, node, volumeId, secretArns, logs } = input;
  const context: ContainerContext = { node: node.name, region, logs };
  const forwarding = logForwarding(logs, group.logAlarm);
  return {
    version: 1,
    environment,
    group: group.name,
    node: node.name,
    coin: group.coin,
    network: group.networkName,
    volume: { id: volumeId, mayFormat: node.volume.snapshotId === undefined },
    secrets: secretArns,
    daemons: node.daemons.map((daemon) => ({
      name: daemon.name,
      client: daemon.client,
      stopTimeoutSec: daemon.stopTimeoutSec,
      files: daemon.files ?? {},
      ...(daemon.dataFiles === undefined ? {} : { dataFiles: daemon.dataFiles }),
      arguments: daemonArguments(daemon, group.ports, context),
      command: daemon.command,
      ...(daemon.firstStart === undefined ? {} : { firstStart: daemon.firstStart }),
    })),
    agent: { arguments: agentArguments(context), config: agentSettings(input) },
    ...restorePlan(group, context),
    ...(forwarding === undefined ? {} : { logs: forwarding }),
    firewall: firewallSets(group.ports, node),
    databaseSurvivesDowngrade: group.databaseSurvivesDowngrade,
    leaveSec: group.hasLoadBalancer ? balancerNoticesSec : 0,
  };
}

function restorePlan({ snapshot, holdsKeys }: ResolvedGroup, context: ContainerContext): Pick<NodeConfiguration, "restore"> {
  // A foreign archive must never become the home of keys.
  if (snapshot.kind !== "archive" || holdsKeys) return {};
  const { url, sha256, format, daemon } = snapshot;
  const command = ["/app/agent.js", "restore", "--url", url, "--sha256", sha256, "--format", format, "--data", "/data"];
  return { restore: { daemon, arguments: restoreArguments(daemon, context), command } };
}

function firewallSets(ports: Readonly<Record<string, Port>>, node: ResolvedNode): NodeConfiguration["firewall"] {
  const served = node.daemons
    .flatMap((daemon) => daemon.ports)
    .flatMap((role) => {
      const port = ports[role];
      return port === undefined ? [] : [{ role, port }];
    });
  const element = ({ port }: { readonly port: Port }): string => `${port.protocol} . ${port.port}`;
  // A daemon's own figures are wanted most when it is not synced.
  const isGated = ({ role, port }: { readonly role: string; readonly port: Port }): boolean =>
    port.exposure === "internal" && role !== "metrics";
  return {
    always: [`tcp . ${agentPort}`, ...served.filter((one) => one.port.exposure !== "local" && !isGated(one)).map(element)],
    gated: served.filter(isGated).map(element),
  };
}
