import type { Daemon, Port } from "@coinfleet/sdk";
import { agentUser, daemonUser, dockerNetwork, hostPaths } from "./host-paths.ts";
import { logArguments, type LogRoute } from "./log-route.ts";

/** What the arguments of a container depend on besides the container itself. */
export interface ContainerContext {
  readonly node: string;
  readonly region: string;
  readonly logs: LogRoute;
}

/** Open files that a daemon may have. Enough for any client here, and what an unprivileged docker may still grant. */
const openFiles = 20000;

/**
 * Arguments of `docker run` for a daemon, up to the image. The host replaces `{{private-ip}}` and `{{cpus}}`.
 * @see CIS Docker Benchmark, section 5
 */
export function daemonArguments(daemon: Daemon, ports: Readonly<Record<string, Port>>, context: ContainerContext): readonly string[] {
  return [
    "--detach",
    ...["--name", daemon.name, "--network", dockerNetwork.name],
    ...["--label", `coinfleet.node=${context.node}`, "--label", `coinfleet.daemon=${daemon.name}`],
    ...confinement(daemonUser, daemon.unpacksLibraries === true ? "exec" : "noexec"),
    ...limits({ memoryMiB: daemon.memoryMiB, cpus: "{{cpus}}", pids: 4096, openFiles, ...daemon.limits }),
    ...["--stop-timeout", String(daemon.stopTimeoutSec)],
    ...bindMount(`${hostPaths.data}/${daemon.dataOf ?? daemon.name}`, "/data"),
    ...bindMount(`${hostPaths.run}/daemons/${daemon.name}`, "/etc/coinfleet", "readonly"),
    ...Object.entries(daemon.environment ?? {}).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ...daemon.ports.flatMap((role) => publish(role, ports)),
    ...logArguments(context.logs, context.region, context.node, daemon.name),
  ];
}

/** Arguments of `docker run` for the agent. On the host's network: a bridged container gets no credentials at hop limit 1. */
export function agentArguments(context: ContainerContext): readonly string[] {
  return [
    "--rm",
    ...["--name", "coinfleet-agent", "--network", "host"],
    ...["--label", `coinfleet.node=${context.node}`, "--label", "coinfleet.daemon=agent"],
    ...confinement(agentUser),
    ...limits({ memoryMiB: 192, cpus: "0.5", pids: 64, openFiles: 4096 }),
    ...["--stop-timeout", "10"],
    ...bindMount(`${hostPaths.run}/agent`, "/etc/coinfleet", "readonly"),
    ...bindMount(`${hostPaths.run}/requests`, "/requests"),
    // The parent of the data volume's mount point: the volume may arrive while the agent runs.
    ...bindMount("/var/lib/coinfleet", "/volume", "readonly,bind-propagation=rslave"),
    ...certificates(),
    ...logArguments(context.logs, context.region, context.node, "agent"),
  ];
}

/** Arguments of `docker run` for the one-shot restore: it sees the data directory of one daemon, and nothing else. */
export function restoreArguments(daemon: string, context: ContainerContext): readonly string[] {
  return [
    "--rm",
    ...["--name", "coinfleet-restore", "--network", dockerNetwork.name],
    // Without the options that keep the agent small, and slow: every byte of a chain passes here.
    ...["--entrypoint", "/usr/local/bin/node"],
    ...["--label", `coinfleet.node=${context.node}`, "--label", "coinfleet.daemon=restore"],
    ...confinement(daemonUser),
    ...limits({ memoryMiB: 512, cpus: "{{cpus}}", pids: 64, openFiles: 4096 }),
    ...["--stop-timeout", "10"],
    ...bindMount(`${hostPaths.data}/${daemon}`, "/data"),
    ...certificates(),
    ...logArguments(context.logs, context.region, context.node, "restore"),
  ];
}

function confinement(user: string, programs: "exec" | "noexec" = "noexec"): readonly string[] {
  return [
    ...["--user", user, "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...["--read-only", "--tmpfs", `/tmp:rw,${programs},nosuid,nodev,size=64m,mode=1777`],
  ];
}

interface Limits {
  readonly memoryMiB: number;
  readonly cpus: string;
  readonly pids: number;
  readonly openFiles: number;
  readonly lockedMemoryBytes?: number;
}

function limits(limit: Limits): readonly string[] {
  const memory = `${limit.memoryMiB}m`;
  return [
    // The same figure for memory and swap: no swap, whose delays look like a stuck node.
    ...["--memory", memory, "--memory-swap", memory, "--cpus", limit.cpus],
    ...["--pids-limit", String(limit.pids), "--ulimit", `nofile=${limit.openFiles}:${limit.openFiles}`],
    ...(limit.lockedMemoryBytes === undefined ? [] : ["--ulimit", `memlock=${limit.lockedMemoryBytes}:${limit.lockedMemoryBytes}`]),
  ];
}

const bindMount = (source: string, target: string, options?: string): readonly string[] => [
  "--mount",
  `type=bind,source=${source},target=${target}${options === undefined ? "" : `,${options}`}`,
];

const certificates = (): readonly string[] => [
  ...bindMount(hostPaths.certificates, hostPaths.certificates, "readonly"),
  ...["--env", `SSL_CERT_FILE=${hostPaths.certificates}`, "--env", "NODE_OPTIONS=--use-openssl-ca"],
];

function publish(role: string, ports: Readonly<Record<string, Port>>): readonly string[] {
  const port = ports[role];
  if (port === undefined) throw new Error(`a daemon serves the port "${role}", which its network does not declare`);
  const { port: number, protocol, exposure } = port;
  return [
    ...(exposure === "local" ? [] : ["--publish", `{{private-ip}}:${number}:${number}/${protocol}`]),
    // The agent's way in. Nothing on the host speaks UDP to a daemon.
    ...(protocol === "tcp" ? ["--publish", `127.0.0.1:${number}:${number}/tcp`] : []),
  ];
}
