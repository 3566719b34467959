import { createRequire } from "node:module";
import { join } from "node:path";
import type { ProgramInfo } from "@pulumi/pulumi/proto/language_pb.js";

/** `runtime.options` of Pulumi.yaml or PulumiPolicy.yaml. */
export interface ProgramOptions {
  /** Compile the program with the SDK's ts-node. Programs that Node runs by itself say false. @default true */
  readonly isTypeScript: boolean;
  /** The tsconfig of that ts-node. @default "" - the one beside the program */
  readonly tsconfig: string;
  /** Arguments for Node itself. @default [] */
  readonly nodeArgs: readonly string[];
}

/** Reads the options that the engine hands over. */
export function programOptions(info: ProgramInfo | undefined): ProgramOptions {
  const options: Record<string, unknown> = { ...info?.getOptions()?.toJavaScript() };
  return {
    isTypeScript: options["typescript"] !== false,
    tsconfig: text(options["tsconfig"]),
    nodeArgs: text(options["nodeargs"]).split(/\s+/).filter(Boolean),
  };
}

/** The variables by which the SDK's run module learns of these options. */
export function optionVariables(options: ProgramOptions): Record<string, string> {
  return {
    ...(options.isTypeScript && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    ...(options.tsconfig !== "" && { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
  };
}

/** Finds a module of the SDK as the program in `directory` would. @throws when the SDK is not installed there */
export function sdkModule(directory: string, module: string): string {
  try {
    return createRequire(join(directory, "package.json")).resolve(module);
  } catch {
    throw new Error(`The Pulumi SDK is not installed for ${directory}: cannot find ${module}. Run npm ci there; nothing has been changed.`);
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
