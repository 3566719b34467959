import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findAwsProvider } from "@coinfleet/toolchain";
import { z } from "zod";
import { resourceSchemas, type ResourceSchemas } from "./terraform-graph.ts";

/** A Terraform project in a folder of its own, on the AWS provider that Pulumi's bridge runs too. */
export class Terraform {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  static async create(api: Readonly<Record<string, string>>): Promise<Terraform> {
    const { provider, tried } = await findAwsProvider({ environment: process.env, mirrorParent: "/opt" });
    if (provider === undefined) throw new Error(`no AWS provider for Terraform:\n${tried.join("\n")}`);
    const folder = await mkdtemp(join(tmpdir(), "coinfleet-terraform-"));
    const cli = join(folder, "cli.tfrc");
    await writeFile(
      cli,
      `provider_installation {\n  dev_overrides {\n    "hashicorp/aws" = "${dirname(provider.path)}"\n  }\n  direct {}\n}\n`,
    );
    return new Terraform(folder, { ...process.env, ...api, TF_CLI_CONFIG_FILE: cli, TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" });
  }

  async write(text: string): Promise<void> {
    await writeFile(join(this.#folder, "main.tf.json"), text);
  }

  async schemas(): Promise<ResourceSchemas> {
    await this.write(JSON.stringify({ terraform: { required_providers: { aws: { source: "hashicorp/aws" } } } }));
    const { stdout } = await this.#run(["providers", "schema", "-json"]);
    const read = z.object({ provider_schemas: z.record(z.string(), z.looseObject({ resource_schemas: resourceSchemas })) });
    const [provider] = Object.values(read.parse(JSON.parse(stdout)).provider_schemas);
    if (provider === undefined) throw new Error("terraform told no provider's schema");
    return provider.resource_schemas;
  }

  /** A first plan: how long it took, and how many resources it would make. @param env - variables besides its own */
  async plan(env: Readonly<Record<string, string>> = {}): Promise<{ readonly seconds: number; readonly toAdd: number }> {
    const { stdout, seconds } = await this.#run(["plan", "-input=false", "-no-color", "-refresh=false"], env);
    return { seconds, toAdd: Number(/^Plan: (\d+) to add, 0 to change, 0 to destroy\.$/m.exec(stdout)?.[1]) };
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly stdout: string; readonly seconds: number }> {
    const started = Date.now();
    return new Promise((resolve, reject) => {
      const child = spawn("terraform", args, { cwd: this.#folder, env: { ...this.#env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
      let [stdout, stderr] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      child.once("error", reject);
      child.once("close", (code) => {
        if (code === 0) resolve({ stdout, seconds: (Date.now() - started) / 1000 });
        else reject(new Error(`terraform ${args.join(" ")} ended with ${code}:\n${stderr.slice(0, 4000)}`));
      });
    });
  }
}
