import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { packageFile } from "./testing/fake-machine.ts";
import { pluginVersions, pulumiVersion } from "./versions.ts";

const require = createRequire(import.meta.url);
const names = z.record(z.string(), z.string());
const tableSchema = z.object({ resources: names, functions: names });
const workspace = join(import.meta.dirname, "..", "..", "..");

async function readTable(plugin: string): Promise<z.infer<typeof tableSchema>> {
  return tableSchema.parse(JSON.parse(await packageFile(`go/plugins/cmd/pulumi-resource-${plugin}/table.json`)));
}

/** Whether the npm package itself sends this token. */
function isSentBy(npmPackage: string, token: string): boolean {
  const [name = "", module = "", member = ""] = token.split(":");
  const file = join(dirname(require.resolve(`${npmPackage}/package.json`)), `${module.replace(/^index\//, "")}.js`);
  try {
    const text = readFileSync(file, "utf8");
    return text.includes(`'${name}:${module}:${member}'`) || text.includes(`"${name}:${module}:${member}"`);
  } catch {
    return false;
  }
}

function versionInManifest(text: string): Record<string, string> {
  return z.object({ dependencies: names }).parse(JSON.parse(text)).dependencies;
}

describe("tables of resource kinds", () => {
  for (const plugin of ["aws", "docker"]) {
    it(`has only tokens that @pulumi/${plugin} sends`, async () => {
      const { resources, functions } = await readTable(plugin);
      const wrong = [...Object.values(resources), ...Object.values(functions)].filter(
        (token) => !isSentBy(`@pulumi/${plugin}`, `${plugin}:${token}`),
      );
      assert.deepEqual(wrong, []);
    });
  }

  it("fails for a token with a typing mistake", () => {
    assert.equal(isSentBy("@pulumi/aws", "aws:ec2/vpc:Vpc"), true);
    assert.equal(isSentBy("@pulumi/aws", "aws:ec2/vpc:VPC"), false);
    assert.equal(isSentBy("@pulumi/aws", "aws:ec2/vcp:Vpc"), false);
  });

  it("serves every kind that the program makes", async () => {
    const served = new Set(Object.values((await readTable("aws")).resources));
    const used = globSync("packages/aws/src/**/*.ts", { cwd: workspace })
      .filter((file) => !file.endsWith(".test.ts"))
      .flatMap((file) => [...readFileSync(join(workspace, file), "utf8").matchAll(/new aws\.(\w+)\.(\w+)\(/g)])
      .map(([, module = "", kind = ""]) => `${module}/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`);
    assert.deepEqual(
      [...new Set(used)].filter((token) => !served.has(token)),
      [],
    );
  });
});

describe("versions", () => {
  it("are those of the npm packages of the workspace", () => {
    const wanted = versionInManifest(readFileSync(join(workspace, "package.json"), "utf8"));
    assert.equal(pulumiVersion, wanted["@pulumi/pulumi"]);
    for (const [name, version] of Object.entries(pluginVersions)) assert.equal(version, wanted[`@pulumi/${name}`], name);
  });

  it("are those that the plugins built here say of themselves", async () => {
    assert.match(await packageFile("go/plugins/cmd/pulumi-resource-command/main.go"), new RegExp(`version = "${pluginVersions.command}"`));
    assert.match(await packageFile("go/plugins/cmd/pulumi-resource-aws/main.go"), new RegExp(`Version: "${pluginVersions.aws}"`));
    assert.match(await packageFile("go/plugins/cmd/pulumi-resource-docker/main.go"), new RegExp(`Version: "${pluginVersions.docker}"`));
    // The plugins' module too: then both have the same versions of nearly all packages, and Go compiles them once.
    for (const module of ["pulumi", "plugins"])
      assert.match(await packageFile(`go/${module}/go.mod`), new RegExp(`github.com/pulumi/pulumi/pkg/v3 v${pulumiVersion}\\b`));
  });
});
