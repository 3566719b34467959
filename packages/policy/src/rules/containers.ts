import { z } from "zod";

const container = z.object({ name: z.string(), arguments: z.array(z.string()), stopTimeoutSec: z.number().optional() });

const configuration = z.object({
  daemons: z.array(container).min(1),
  agent: z.object({ arguments: z.array(z.string()) }),
  restore: z.object({ arguments: z.array(z.string()) }).optional(),
});

/** Flags that a container of ours must have, with the value that they must match. */
const needed: readonly (readonly [string, RegExp, string])[] = [
  ["--user", /^[1-9]\d*:[1-9]\d*$/, "does not run as a numbered user"],
  ["--cap-drop", /^ALL$/, "keeps capabilities"],
  ["--security-opt", /^no-new-privileges(:true)?$/, "may gain privileges"],
  ["--memory", /^[1-9]\d*[bkmg]?$/, "has no memory limit"],
  ["--pids-limit", /^[1-9]\d*$/, "has no limit of processes"],
  ["--cpus", /^(\{\{cpus\}\}|\d*\.?\d+)$/, "has no CPU limit"],
  ["--ulimit", /^nofile=\d+/, "has no limit of open files"],
  ["--stop-timeout", /^[1-9]\d*$/, "is killed after docker's ten seconds"],
  ["--tmpfs", /noexec.*nosuid|nosuid.*noexec/, "may run programs from its scratch space"],
];

const never = [
  "--privileged",
  "--cap-add",
  "--device",
  "--pid",
  "--ipc",
  "--uts",
  "--userns",
  "--cgroupns",
  "--volumes-from",
  "--group-add",
];

/** What is wrong with how the containers of a node's configuration run, a sentence each. */
export function containerProblems(value: unknown): readonly string[] {
  const parsed = configuration.safeParse(value);
  if (!parsed.success) return ["the configuration cannot be read"];
  const { daemons, agent, restore } = parsed.data;
  return [
    ...daemons.flatMap(({ name, arguments: args, stopTimeoutSec }) => [
      ...problemsOf(name, args, false),
      ...stopProblem(name, args, stopTimeoutSec),
    ]),
    ...problemsOf("the agent", agent.arguments, true),
    ...(restore === undefined ? [] : problemsOf("the restore", restore.arguments, false)),
  ];
}

function valuesOf(args: readonly string[], flag: string): readonly string[] {
  return args.flatMap((arg, index) => {
    if (arg === flag) return [args[index + 1] ?? ""];
    return arg.startsWith(`${flag}=`) ? [arg.slice(flag.length + 1)] : [];
  });
}

function problemsOf(name: string, args: readonly string[], mayUseHostNetwork: boolean): readonly string[] {
  const missing = needed.filter(([flag, wanted]) => !valuesOf(args, flag).some((value) => wanted.test(value))).map(([, , what]) => what);
  const forbidden = never.filter((flag) => args.some((arg) => arg === flag || arg.startsWith(`${flag}=`))).map((flag) => `has ${flag}`);
  const socket = args.some((arg) => /docker\.sock|containerd\.sock/.test(arg)) ? ["sees the docker socket"] : [];
  const root = args.some((arg) => /(source|src)=\/(,|$)|^\/:/.test(arg)) ? ["sees the host's root directory"] : [];
  const swaps = valuesOf(args, "--memory-swap")[0] === valuesOf(args, "--memory")[0] ? [] : ["may swap"];
  // The journal is bounded by itself.
  const isBounded =
    valuesOf(args, "--log-driver").includes("journald") || valuesOf(args, "--log-opt").some((one) => /^cache-max-size=\d/.test(one));
  const log = isBounded ? [] : ["may fill the host's disk with its log"];
  const writable = args.includes("--read-only") ? [] : ["may write into its image"];
  const network = valuesOf(args, "--network").includes("host") && !mayUseHostNetwork ? ["is on the host's network"] : [];
  const open = [...valuesOf(args, "--publish"), ...valuesOf(args, "-p")]
    // On its host, the placeholder is an address.
    .filter((port) => !/^(\{\{private-ip\}\}|(?!0\.0\.0\.0)\d+(\.\d+){3}):\d/.test(port))
    .map((port) => `publishes ${port} on every address`);
  const all = args.some((arg) => arg === "-P" || arg === "--publish-all") ? ["publishes every port"] : [];
  return [...missing, ...forbidden, ...socket, ...root, ...swaps, ...log, ...writable, ...network, ...open, ...all].map(
    (what) => `${name} ${what}`,
  );
}

function stopProblem(name: string, args: readonly string[], needs: number | undefined): readonly string[] {
  const [given] = valuesOf(args, "--stop-timeout");
  return needs !== undefined && Number(given) < needs ? [`${name} is killed after ${given} s and needs ${needs} s`] : [];
}
