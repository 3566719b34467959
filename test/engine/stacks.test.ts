import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { startApiAlone, type ApiAlone } from "@coinfleet/sandbox";
import { parse } from "yaml";
import { TestStack, type StackFile } from "./support.ts";

interface FirstPlan {
  readonly steps: readonly { readonly op: string; readonly urn: string }[];
  readonly changeSummary: Readonly<Record<string, number>>;
}

const stacks = readdirSync("stacks").flatMap((file) => /^Pulumi\.([a-z]+)\.yaml$/.exec(file)?.[1] ?? []);

/** Every stack file of the repository, from nothing, by the real engine and the real provider. Their account is the test's: they name none that exists. */
describe("the repository's stacks", function () {
  this.timeout(15 * 60_000);
  let api: ApiAlone;
  before(async () => (api = await startApiAlone()));
  after(() => api?.stop());

  it("are the four that the README names", () => {
    assert.deepEqual(stacks.sort(), ["development", "production", "sandbox", "staging"]);
  });

  for (const name of stacks)
    it(`preview from a clean state, without a docker engine: ${name}`, async () => {
      const { config } = parse(readFileSync(`stacks/Pulumi.${name}.yaml`, "utf8")) as { config: StackFile };
      const stack = await TestStack.create(name, api.env);
      try {
        await stack.write({ ...config, "aws:allowedAccountIds": ["000000000000"] });
        const { code, stdout, stderr, seconds } = await stack
          .withEnv({ DOCKER_HOST: "unix:///nowhere/docker.sock" })
          .run(["preview", "--json", "--non-interactive"]);
        assert.equal(code, 0, stdout + stderr);
        const { steps, changeSummary } = JSON.parse(stdout) as FirstPlan;
        const volumes = steps.filter(({ urn }) => urn.split("::")[2]?.endsWith("aws:ebs/volume:Volume"));
        const { nodes } = config["coinfleet:fleet"] as { nodes: Record<string, { count?: number }> };
        assert.equal(
          volumes.length,
          Object.values(nodes).reduce((sum, { count = 1 }) => sum + count, 0),
        );
        assert.deepEqual(Object.keys(changeSummary), ["create"]);
        process.stdout.write(`      ${name}: ${changeSummary["create"]} resources in ${seconds.toFixed(0)} s\n`);
      } finally {
        await stack.remove();
      }
    });

  it("bootstrap an account: applied by the real engine, and the same the second time", async () => {
    const stack = await TestStack.create("production", api.env);
    const there = ["--cwd", "packages/bootstrap", "--non-interactive"];
    const must = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await stack.run([...args, ...there]);
      assert.equal(code, 0, stdout + stderr);
      return stdout;
    };
    try {
      await stack.edit("packages/bootstrap/stacks/Pulumi.production.yaml", "333333333333", "000000000000");
      await must("stack", "init", "production");
      await must("up", "--yes", "--skip-preview");
      await must("preview", "--expect-no-changes");
      const { writeRoleArn, backendUrl } = JSON.parse(await must("stack", "output", "--json")) as Record<string, string>;
      assert.equal(backendUrl, "s3://coinfleet-state-000000000000-eu-central-1?region=eu-central-1");
      assert.equal(writeRoleArn, "arn:aws:iam::000000000000:role/coinfleet-pipeline/coinfleet-write");
    } finally {
      await stack.remove();
    }
  });
});
