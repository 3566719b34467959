import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

/** A resource as the program registered it, in the order of registration. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  /** Logical name; `undefined` at the top. */
  readonly parent: string | undefined;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly dependsOn: readonly string[];
  /** What the provider would have got; empty for components. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The values of a stack file, as the engine hands them to a program. */
export type StackConfigValues = Readonly<Record<string, unknown>>;

/** Every environment that has a stack file in stacks/. */
export const stacks: readonly string[] = readdirSync(new URL("../../stacks", import.meta.url))
  .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
  .sort();

/** Config of a stack in stacks/. */
export function stackConfig(stack: string): StackConfigValues {
  const text = readFileSync(new URL(`../../stacks/Pulumi.${stack}.yaml`, import.meta.url), "utf8");
  const file = parse(text) as { config: StackConfigValues };
  return file.config;
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The account that a stack file allows. */
const accountOf = (config: StackConfigValues): string => String([config["aws:allowedAccountIds"]].flat()[0]);

/** Ids that show type and name, in the form that our own code checks. */
function stateOf(args: pulumi.runtime.MockResourceArgs, config: StackConfigValues): { id: string; state: Record<string, unknown> } {
  const short = args.type.split(":").at(-1) ?? args.type;
  const id = args.type === "aws:ebs/volume:Volume" ? `vol-${hash(args.name).slice(0, 17)}` : `${short}:${args.name}`;
  const inputs = args.inputs as Record<string, unknown>;
  const own: Record<string, unknown> = { arn: `arn:of:${id}`, name: inputs["name"] ?? `${args.name}-1234567` };
  if (args.type === "aws:ecr/repository:Repository")
    own["repositoryUrl"] = `${accountOf(config)}.dkr.ecr.eu-central-1.amazonaws.com/${String(inputs["name"])}`;
  if (args.type === "docker:index/registryImage:RegistryImage") own["sha256Digest"] = `sha256:${hash(args.name)}`;
  if (args.type === "command:local:Command")
    own["stdout"] = String(inputs["create"]).includes("ami build") ? `ami-${hash(args.name).slice(0, 17)}` : "";
  if (args.type === "aws:ec2/instance:Instance") own["privateIp"] = `ip:${args.name}`;
  if (args.type === "aws:route53/zone:Zone") own["zoneId"] = id;
  if (args.type === "aws:kms/key:Key") own["keyId"] = id;
  return { id, state: { ...inputs, ...own } };
}

/** The SDK wraps what a provider treats as secret; rules and goldens look at what is inside. */
function withoutSecrecy(inputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [key, pulumi.runtime.isRpcSecret(value) ? pulumi.runtime.unwrapRpcSecret(value) : value]),
  );
}

const nameOf = (resource: pulumi.Resource): string => (resource as unknown as { __name: string }).__name;

let runs = 0;

/** Runs the whole program with mocks. An unknown invoke fails. Does not prove that AWS accepts anything. */
export async function recordProgram(
  stack: string,
  config: StackConfigValues,
  program = "index.ts",
): Promise<{ readonly resources: readonly Recorded[]; readonly outputs: Record<string, unknown> }> {
  const { stackTraceLimit } = Error;
  const inputs = new Map<string, Record<string, unknown>>();
  const records: Omit<Recorded, "inputs">[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        inputs.set(`${args.type} ${args.name}`, withoutSecrecy(args.inputs as Record<string, unknown>));
        return stateOf(args, config);
      },
      call: (args) => {
        throw new Error(`the program invokes ${args.token}; list it in the component's documentation and mock it here`);
      },
    },
    "coinfleet",
    stack,
    true,
  );
  acceptHooks();
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)])),
  );
  const address = new URL(`../../${program}`, import.meta.url).href;
  const outputs = (await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation((args) => {
      records.push(recordOf(args));
      return undefined;
    });
    // The program runs when it is loaded: each run loads it under an address of its own.
    return { ...((await import(`${address}?run=${runs++}`)) as object) };
  })) as Record<string, unknown>;
  await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  pulumi.runtime.disconnectSync();
  Error.stackTraceLimit = stackTraceLimit;
  return { resources: records.map((record) => ({ ...record, inputs: inputs.get(`${record.type} ${record.name}`) ?? {} })), outputs };
}

function recordOf({ type, name, opts }: pulumi.ResourceTransformationArgs): Omit<Recorded, "inputs"> {
  const options = opts as pulumi.CustomResourceOptions;
  const dependsOn = options.dependsOn === undefined ? [] : [options.dependsOn].flat();
  return {
    type,
    name,
    parent: options.parent === undefined ? undefined : nameOf(options.parent),
    protect: options.protect === true,
    retainOnDelete: options.retainOnDelete === true,
    deleteBeforeReplace: options.deleteBeforeReplace === true,
    ignoreChanges: options.ignoreChanges ?? [],
    replaceOnChanges: options.replaceOnChanges ?? [],
    dependsOn: dependsOn.map((one) => nameOf(one as pulumi.Resource)),
  };
}

/** The SDK's mock of the engine knows no resource hooks. What the hook decides is tested beside it, and with the real engine. */
function acceptHooks(): void {
  const monitor: unknown = pulumi.runtime.getMonitor();
  if (typeof monitor !== "object" || monitor === null) throw new Error("setMocks has set no monitor");
  Object.assign(monitor, { registerResourceHook: (_request: unknown, done: (error: null, answer: object) => void) => done(null, {}) });
}
