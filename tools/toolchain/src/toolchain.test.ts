import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { BuildError } from "@coinfleet/build";
import { diagnose } from "./diagnose.ts";
import { cliArchive, pluginArchive } from "./download-official.ts";
import { fakeMachine } from "./testing/fake-machine.ts";
import type { FakeMachine } from "./testing/fake-machine.ts";
import { ensureToolchain } from "./toolchain.ts";
import { pluginVersions, pulumiVersion } from "./versions.ts";

describe("ensureToolchain", () => {
  let machine: FakeMachine;
  beforeEach(async () => {
    machine = await fakeMachine();
  });
  afterEach(() => machine.remove());

  async function installCli(version = pulumiVersion): Promise<string> {
    await machine.script("bin/pulumi-language-nodejs", "exit 0");
    return machine.script("bin/pulumi", `echo v${version}`);
  }
  async function installPlugins(): Promise<void> {
    for (const [name, version] of Object.entries(pluginVersions)) {
      await machine.script(`home/.pulumi/plugins/resource-${name}-v${version}/pulumi-resource-${name}`, "exit 0");
    }
  }

  it("uses the official tools where they are installed, and builds nothing", async () => {
    const cli = await installCli();
    await installPlugins();
    const toolchain = await ensureToolchain(machine);
    assert.equal(toolchain.pulumi.path, cli);
    assert.equal(toolchain.binFolder, join(machine.root, "bin"));
    assert.deepEqual(
      Object.values(toolchain.plugins).map(({ source }) => source),
      ["installed", "installed", "installed"],
    );
    assert.equal(existsSync(machine.folders.cache), false);
  });

  it("keeps the user's own Pulumi home, backend and passphrase out of it, and respects what is set", async () => {
    await installCli();
    await installPlugins();
    const env = (await ensureToolchain(machine)).env();
    const state = machine.folders.state;
    assert.ok(env["PULUMI_HOME"]?.startsWith(`${state}/home-`));
    assert.equal(env["PULUMI_BACKEND_URL"], `file://${state}/stacks`);
    assert.equal(env["PULUMI_CONFIG_PASSPHRASE"], "sandbox");
    // What the pipelines set, where Pulumi runs without this toolchain.
    for (const pipeline of [".gitlab-ci.yml", ".github/workflows/coinfleet.yml"])
      assert.match(readFileSync(join(import.meta.dirname, "../../..", pipeline), "utf8"), new RegExp(`^  GOGC: "${env["GOGC"]}"$`, "m"));
    assert.ok(statSync(join(env["PULUMI_HOME"] ?? "", "logs")).isFile());
    const environment = { ...machine.environment, PULUMI_BACKEND_URL: "s3://states", PULUMI_CONFIG_PASSPHRASE: "", GOGC: "100" };
    const own = (await ensureToolchain({ ...machine, environment })).env();
    assert.equal(own["PULUMI_BACKEND_URL"], "s3://states");
    assert.equal("PULUMI_CONFIG_PASSPHRASE" in own, false);
    assert.equal(own["GOGC"], "100");
  });

  it("takes no CLI of another version", async () => {
    await installCli("3.100.0");
    const verdict = (await diagnose(machine)).find(({ name }) => name === "Pulumi CLI");
    assert.equal(verdict?.state, "missing");
    assert.ok(verdict?.tried.some((line) => line.includes(`version 3.100.0, ${pulumiVersion} is needed`)));
  });

  it("says in one sentence what to do where there is neither a Terraform AWS provider nor internet", async () => {
    await installCli();
    await assert.rejects(ensureToolchain(machine), (error) => error instanceof BuildError && error.name === "ToolMissing");
    const verdict = (await diagnose(machine)).find(({ name }) => name === "Plugin aws");
    assert.match(
      verdict?.todo ?? "",
      /^Let this machine reach get\.pulumi\.com once, or put the Terraform AWS provider .*TF_PLUGIN_MIRROR[^.]*\.$/,
    );
  });

  it("downloads from a copy of the official place when that can be reached", async () => {
    await machine.script("archive/pulumi/pulumi", `echo v${pulumiVersion}`);
    await machine.script("archive/pulumi/pulumi-language-nodejs", "exit 0");
    execFileSync("tar", ["-czf", join(machine.root, "cli.tar.gz"), "-C", join(machine.root, "archive"), "pulumi"]);
    for (const [name, version] of Object.entries(pluginVersions)) {
      await machine.script(`archive/${name}/pulumi-resource-${name}`, `echo ${version}`);
      execFileSync("tar", [
        "-czf",
        join(machine.root, `${name}.tar.gz`),
        "-C",
        join(machine.root, "archive", name),
        `pulumi-resource-${name}`,
      ]);
    }
    const files = new Map([[cliArchive(pulumiVersion), "cli.tar.gz"]]);
    for (const [name, version] of Object.entries(pluginVersions)) files.set(pluginArchive(name, version), `${name}.tar.gz`);
    const server = createServer((request, response) => {
      const file = files.get(request.url?.slice(1) ?? "");
      if (file === undefined) response.writeHead(404).end();
      else response.end(readFileSync(join(machine.root, file)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const place = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const environment = {
        ...machine.environment,
        COINFLEET_TOOLCHAIN_DOWNLOADS: place,
        PATH: `${machine.environment["PATH"] ?? ""}:/usr/bin:/bin`,
      };
      const toolchain = await ensureToolchain({ ...machine, environment });
      assert.equal(toolchain.pulumi.source, "official download");
      assert.ok(existsSync(join(toolchain.binFolder, "pulumi-language-nodejs")));
      assert.deepEqual(
        Object.values(toolchain.plugins).map(({ source }) => source),
        ["official download", "official download", "official download"],
      );
      assert.ok((await diagnose({ ...machine, environment })).every(({ state }) => state === "ok"));
    } finally {
      server.close();
    }
  });

  it("goes on when a download is refused, and keeps nothing of it", async () => {
    await installCli();
    const server = createServer((_request, response) => response.writeHead(403).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const place = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const environment = { ...machine.environment, COINFLEET_TOOLCHAIN_DOWNLOADS: place };
      // The next way is to build the aws plugin, which ends at the missing Terraform provider.
      await assert.rejects(
        ensureToolchain({ ...machine, environment }),
        /ToolMissing: There is neither a Terraform AWS provider[^]*HTTP 403/,
      );
      assert.equal(existsSync(join(machine.folders.cache, `aws-${pluginVersions.aws}-official`)), false);
      // Nothing goes on being built, for which the command would wait.
      const started = existsSync(machine.folders.cache) ? readdirSync(machine.folders.cache) : [];
      assert.deepEqual(
        started.filter((name) => name.startsWith(".staging") || name.includes("docker")),
        [],
      );
    } finally {
      server.close();
    }
  });

  it("calls a tool in the cache broken when it does not answer with its version", async () => {
    await machine.script(`home/.cache/coinfleet/toolchain/pulumi-${pulumiVersion}-official/pulumi`, "exit 1");
    const verdict = (await diagnose(machine)).find(({ name }) => name === "Pulumi CLI");
    assert.equal(verdict?.state, "broken");
    assert.match(verdict?.todo ?? "", /^Remove .*pulumi-.*-official and run npm start again\.$/);
  });
});
