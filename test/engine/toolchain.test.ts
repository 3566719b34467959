import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureToolchain } from "@coinfleet/toolchain";
import type { Toolchain } from "@coinfleet/toolchain";
import { NpmShapes, shapeDifferences } from "@coinfleet/toolchain/testing";
import type { Shape } from "@coinfleet/toolchain/testing";

const execute = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const goldenFile = join(root, "tools/toolchain/src/testing/aws-5.100-differences.txt");

interface Finished {
  readonly code: number;
  readonly output: string;
}

/** A project of its own in a temporary folder, with its own backend. */
class Project {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(folder: string, toolchain: Toolchain, variables: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#env = {
      ...process.env,
      ...toolchain.env(),
      PULUMI_BACKEND_URL: `file://${folder}/backend`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      NO_COLOR: "1",
      ...variables,
    };
  }

  static async create(toolchain: Toolchain, program: string, variables: NodeJS.ProcessEnv = {}): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), "engine-toolchain-")), toolchain, variables);
    await mkdir(join(project.folder, "backend"));
    await symlink(join(root, "node_modules"), join(project.folder, "node_modules"));
    await project.write("Pulumi.yaml", "name: probe\nruntime: { name: nodejs, options: { typescript: false } }\nmain: index.ts\n");
    const dependencies = { "@pulumi/pulumi": "3.259.0", "@pulumi/command": "1.2.1", "@pulumi/aws": "7.48.0" };
    await project.write("package.json", JSON.stringify({ name: "probe", type: "module", dependencies }));
    await project.write("index.ts", program);
    await project.must("stack", "init", "dev");
    return project;
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(join(this.folder, path, ".."), { recursive: true });
    await writeFile(join(this.folder, path), text);
  }

  async pulumi(...args: string[]): Promise<Finished> {
    const options = { cwd: this.folder, env: this.#env, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };
    return execute("pulumi", [...args, "--non-interactive"], options).then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      (error: { code?: number; stdout?: string; stderr?: string }) => ({
        code: error.code ?? -1,
        output: (error.stdout ?? "") + (error.stderr ?? ""),
      }),
    );
  }

  async must(...args: string[]): Promise<string> {
    const { code, output } = await this.pulumi(...args);
    assert.equal(code, 0, output);
    return output;
  }

  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.must("stack", "output", "--json", "--show-secrets")) as Record<string, unknown>;
  }
}

const commandProgram = `
import * as pulumi from "@pulumi/pulumi";
import { local } from "@pulumi/command";
const config = new pulumi.Config();
const greeting: string = config.require("greeting");
const file = process.cwd() + "/made";
const first = new local.Command("first", {
  create: 'echo "$GREETING $(cat)"; echo oops >&2; touch "$FILE"',
  delete: 'echo "deleted after $PULUMI_COMMAND_STDOUT" >> "$FILE.log"',
  stdin: "from stdin", environment: { GREETING: greeting, FILE: file }, triggers: [greeting, { nested: [1] }],
});
const updated = new local.Command("updated", { create: "echo created", update: "echo updated after $PULUMI_COMMAND_STDOUT", triggers: [greeting] });
const hidden = new local.Command("hidden", { create: "cat", stdin: config.requireSecret("password"), logging: "none" });
export const stdout = first.stdout, stderr = first.stderr, update = updated.stdout, secret = hidden.stdout, node = process.version;
`;

describe("toolchain", function () {
  this.timeout(15 * 60_000);
  let toolchain: Toolchain;
  const projects: Project[] = [];
  const create = async (program: string, variables?: NodeJS.ProcessEnv): Promise<Project> => {
    const project = await Project.create(toolchain, program, variables);
    projects.push(project);
    return project;
  };

  before(async () => {
    toolchain = await ensureToolchain();
    Object.assign(process.env, { PATH: toolchain.env()["PATH"] });
  });
  after(async () => {
    for (const { folder } of projects) await rm(folder, { recursive: true, force: true });
  });

  describe("local.Command in an ESM program that Node runs by itself", () => {
    it("creates, previews no change, updates, replaces on a trigger and deletes", async () => {
      const project = await create(commandProgram);
      await project.must("config", "set", "greeting", "hello");
      await project.must("config", "set", "--secret", "password", "hush-hush");
      await project.must("up", "--yes", "--skip-preview");
      const { node, ...first } = await project.outputs();
      assert.deepEqual(first, { stdout: "hello from stdin", stderr: "oops", update: "created", secret: "hush-hush" });
      assert.match(String(node), /^v2[4-9]\./);
      assert.ok(existsSync(join(project.folder, "made")));

      await project.must("preview", "--expect-no-changes");
      await project.must("config", "set", "greeting", "moin");
      const plan = JSON.parse(await project.must("preview", "--json")) as { steps: { op: string; urn: string }[] };
      const ops = plan.steps.map(({ op, urn }) => `${op} ${urn.split("::").at(-1) ?? ""}`).sort();
      assert.deepEqual(ops, ["replace first", "same probe-dev", "update updated"]);
      await project.must("up", "--yes", "--skip-preview");
      const second = await project.outputs();
      assert.equal(second["stdout"], "moin from stdin");
      assert.equal(second["update"], "updated after created");

      await project.must("destroy", "--yes", "--skip-preview");
      const log = await readFile(join(project.folder, "made.log"), "utf8");
      assert.equal(log, "deleted after hello from stdin\ndeleted after moin from stdin\n");
    });

    it("keeps secrets out of the state, the plan and the output, and marks what a command made of them", async () => {
      const project = await create(commandProgram);
      await project.must("config", "set", "greeting", "hello");
      await project.must("config", "set", "--secret", "password", "hush-hush");
      const said = await project.must("up", "--yes", "--skip-preview");
      assert.match(said, /secret: \[secret\]/);
      const everything = [said, await project.must("stack", "export"), await project.must("preview", "--json")].join("");
      assert.equal(everything.includes("hush-hush"), false);
    });

    it("fails with all that the command said, and runs it again in the next up", async () => {
      const project = await create(`
        import { local } from "@pulumi/command";
        new local.Command("fragile", { create: 'echo before; echo "why" >&2; [ -e ready ]', dir: process.cwd() });
      `);
      const failed = await project.pulumi("up", "--yes", "--skip-preview");
      assert.notEqual(failed.code, 0);
      // The two streams are read side by side, so either may come first.
      assert.match(failed.output, /exit status 1: running .*\n\s+(before\n\s+why|why\n\s+before)\n/);
      await project.write("ready", "");
      await project.must("up", "--yes", "--skip-preview");
    });

    it("refuses what it cannot do", async () => {
      const project = await create(
        `import { local } from "@pulumi/command"; new local.Command("assets", { create: "true", assetPaths: ["*"] });`,
      );
      const { code, output } = await project.pulumi("preview");
      assert.notEqual(code, 0);
      assert.match(output, /not supported by this build of the command provider/);
    });
  });

  describe("policy packs", () => {
    const pack = `
      import * as pulumi from "@pulumi/pulumi";
      import { PolicyPack } from "@pulumi/policy";
      const greeting: string = new pulumi.Config("probe").get("greeting") ?? "none";
      new PolicyPack("probe-pack", { policies: [{
        name: "no-evil", description: "no evil", enforcementLevel: "mandatory",
        validateResource: (args, report) => {
          if (args.type !== "command:local:Command" || args.props["environment"]?.GREETING !== "evil") return;
          report("saw " + [pulumi.getProject(), pulumi.getStack(), greeting, pulumi.runtime.isDryRun()].join("/"));
        },
      }] });
    `;
    it("block a preview and an up, and see the stack that they judge", async () => {
      const project = await create(commandProgram);
      await project.write("pack/PulumiPolicy.yaml", "runtime: nodejs\n");
      const dependencies = { "@pulumi/policy": "1.21.0", "@pulumi/pulumi": "3.259.0" };
      await project.write(
        "pack/package.json",
        JSON.stringify({ name: "pack", version: "0.1.0", type: "module", main: "index.js", dependencies }),
      );
      await project.write("pack/index.js", `import "./pack.ts";\n`);
      await project.write("pack/pack.ts", pack);
      await project.must("config", "set", "--secret", "password", "x");
      await project.must("config", "set", "greeting", "good");
      await project.must("preview", "--policy-pack", "pack");
      await project.must("config", "set", "greeting", "evil");
      const preview = await project.pulumi("preview", "--policy-pack", "pack");
      assert.notEqual(preview.code, 0);
      assert.match(preview.output, /\[mandatory\] {2}no-evil[^]*saw probe\/dev\/evil\/true/);
      const up = await project.pulumi("up", "--yes", "--skip-preview", "--policy-pack", "pack");
      assert.notEqual(up.code, 0);
      assert.match(up.output, /saw probe\/dev\/evil\/false/);
      assert.equal(existsSync(join(project.folder, "made")), false);
    });
  });

  describe("aws", () => {
    const program = `
      import * as aws from "@pulumi/aws";
      const { accountId } = await aws.getCallerIdentity();
      const vpc = new aws.ec2.Vpc("network", { cidrBlock: "10.0.0.0/16" });
      const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] };
      const role = new aws.iam.Role("host", { assumeRolePolicy: policy as never });
      export { accountId };
      export const tags = vpc.tagsAll, document = role.assumeRolePolicy;
    `;
    let api: Server;
    let project: Project;

    before(async function () {
      if (toolchain.plugins["aws"]?.source !== "built here") return this.skip();
      const identity =
        "<GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/x</Arn><UserId>x</UserId></GetCallerIdentityResult>";
      api = createServer((request, response) => {
        request
          .resume()
          .on("end", () =>
            response.setHeader("content-type", "text/xml").end(`<GetCallerIdentityResponse>${identity}</GetCallerIdentityResponse>`),
          );
      });
      await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
      const { port } = api.address() as AddressInfo;
      project = await create(program, {
        AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_REGION: "eu-central-1",
      });
    });
    after(() => api?.close());

    const configure = (account: string): Promise<void> =>
      project.write(
        "Pulumi.dev.yaml",
        `config:\n  aws:allowedAccountIds: ["${account}"]\n  aws:defaultTags: { tags: { environment: test } }\n`,
      );

    it("is pointed at an API by the environment alone, and puts default tags on everything", async () => {
      await configure("111122223333");
      const said = await project.must("preview", "--diff");
      assert.match(said, /accountId: "111122223333"/);
      assert.match(said, /tags +: \{\s+environment: "test"/);
      assert.match(said, /assumeRolePolicy *: \(json\)/);
    });

    it("refuses another account than the stack file allows", async () => {
      await configure("999999999999");
      const { code, output } = await project.pulumi("preview");
      assert.notEqual(code, 0);
      assert.match(output, /AWS account ID not allowed: 111122223333/);
    });

    it("serves every property that @pulumi/aws declares, but for a known list", async function () {
      const script = await readFile(join(toolchain.pulumiHome, "plugins/resource-aws-v7.48.0/pulumi-resource-aws"), "utf8");
      if (!script.includes("_v5.100.0_")) this.skip();
      const { stdout } = await execute(join(toolchain.pulumiHome, "plugins/resource-aws-v7.48.0/pulumi-resource-aws"), ["--shape"], {
        maxBuffer: 64e6,
      });
      assert.deepEqual(differences("aws", stdout), (await readFile(goldenFile, "utf8")).trimEnd().split("\n"));
    });
  });

  it("serves every property that @pulumi/docker declares", async function () {
    if (toolchain.plugins["docker"]?.source !== "built here") this.skip();
    const { stdout } = await execute(join(toolchain.pulumiHome, "plugins/resource-docker-v5.2.0/pulumi-resource-docker"), ["--shape"], {
      maxBuffer: 64e6,
    });
    assert.deepEqual(differences("docker", stdout), []);
  });
});

/** Version 7 has a region on every kind, version 5 of the Terraform provider on none; that is left out of the list. */
function differences(name: string, shapes: string): string[] {
  const npm = new NpmShapes(`@pulumi/${name}`);
  return Object.entries(JSON.parse(shapes) as Record<string, Shape>)
    .flatMap(([token, shape]) => {
      const bare = token.replace(`${name}:`, "");
      return shapeDifferences(bare, token === "provider" ? npm.providerShape() : npm.shapeOf(bare), shape);
    })
    .filter((line) => !line.endsWith(".region: not served"))
    .sort();
}
