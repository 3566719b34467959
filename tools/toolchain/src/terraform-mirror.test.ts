import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fakeMachine } from "./testing/fake-machine.ts";
import type { FakeMachine } from "./testing/fake-machine.ts";
import { compareVersions, findAwsProvider, terraformPlatform } from "./terraform-mirror.ts";

describe("findAwsProvider", () => {
  let machine: FakeMachine;
  const provider = (mirror: string, version: string): Promise<string> =>
    machine.script(
      `${mirror}/registry.terraform.io/hashicorp/aws/${version}/${terraformPlatform()}/terraform-provider-aws_v${version}_x5`,
      "exit 0",
    );
  const find = (variables: NodeJS.ProcessEnv = {}) =>
    findAwsProvider({ environment: { ...machine.environment, ...variables }, mirrorParent: join(machine.root, "opt") });

  beforeEach(async () => {
    machine = await fakeMachine();
  });
  afterEach(() => machine.remove());

  it("finds none on an empty machine, and says where it looked", async () => {
    const { provider: found, tried } = await find();
    assert.equal(found, undefined);
    assert.ok(tried.some((line) => line.startsWith(join(machine.root, "home", ".terraform.d", "plugins"))));
  });

  it("takes the newest version that fits, of all mirrors", async () => {
    await provider("opt/one", "5.100.0");
    const newest = await provider("mirror", "6.9.0");
    await provider("home/.terraform.d/plugins", "6.10.0-beta1");
    const { provider: found } = await find({ TF_PLUGIN_MIRROR: join(machine.root, "mirror") });
    assert.deepEqual(found, { path: newest, version: "6.9.0" });
  });

  it("leaves versions alone that the table was not held against", async () => {
    await provider("opt/one", "5.99.0");
    await provider("opt/one", "7.0.0");
    const { provider: found, tried } = await find();
    assert.equal(found, undefined);
    assert.ok(tried.some((line) => line.includes("5.99.0, 7.0.0")));
  });

  it("finds the mirror that Terraform's own configuration names", async () => {
    const path = await provider("company", "5.100.0");
    const file = join(machine.root, "terraformrc");
    await writeFile(file, `provider_installation {\n  filesystem_mirror {\n    path = "${join(machine.root, "company")}"\n  }\n}\n`);
    assert.equal((await find({ TF_CLI_CONFIG_FILE: file })).provider?.path, path);
  });

  it("takes no provider for another platform", async () => {
    await machine.script("opt/one/registry.terraform.io/hashicorp/aws/5.100.0/plan9_mips/terraform-provider-aws_v5.100.0_x5", "exit 0");
    assert.equal((await find()).provider, undefined);
  });
});

describe("compareVersions", () => {
  it("compares numbers, not text", () => {
    assert.ok(compareVersions("5.100.0", "5.99.9") > 0);
    assert.ok(compareVersions("6.0.0", "5.100.0") > 0);
    assert.equal(compareVersions("1.2.3", "1.2.3"), 0);
  });
});
