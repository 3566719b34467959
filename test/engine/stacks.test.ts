import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { startApiAlone, type ApiAlone } from "@coinfleet/sandbox";
import { parse } from "yaml";
import { TestStack, type StackFile } from "./support.ts";
import { startTlsFront, type TlsFront } from "./tls-front.ts";

interface FirstPlan {
  readonly steps: readonly { readonly op: string; readonly urn: string; readonly newState: { readonly sourcePosition?: string } }[];
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
        // The state keeps where each resource is made: in our sources, wherever they were checked out.
        const elsewhere = steps
          .filter(({ urn }) => !/[:$]pulumi:(pulumi:Stack|providers:\w+)::/.test(urn))
          .filter(
            ({ newState }) => !/^project:\/\/\/(index|packages\/aws\/src\/[a-z/-]+)\.ts#\d+,\d+$/.test(newState.sourcePosition ?? ""),
          );
        assert.deepEqual(elsewhere, []);
        process.stdout.write(`      ${name}: ${changeSummary["create"]} resources in ${seconds.toFixed(0)} s\n`);
      } finally {
        await stack.remove();
      }
    });

  describe("of an account, which hold the states of the others", () => {
    const there = ["--cwd", "packages/bootstrap", "--non-interactive"];
    let front: TlsFront;
    let alone: TestStack;
    let inBucket: TestStack;
    let outputs: Readonly<Record<string, string>>;
    before(async () => {
      front = await startTlsFront(api.endpoint);
      alone = await TestStack.create("production", api.env);
      await alone.edit("packages/bootstrap/stacks/Pulumi.production.yaml", "333333333333", "000000000000");
      await must(alone, "stack", "init", "production");
    });
    after(async () => {
      await alone?.remove();
      await front?.stop();
    });

    async function must(stack: TestStack, ...args: readonly string[]): Promise<string> {
      const { code, stdout, stderr } = await stack.run([...args, ...there]);
      assert.equal(code, 0, stdout + stderr);
      return stdout;
    }

    it("bootstrap it: applied by the real engine, and the same the second time", async () => {
      await must(alone, "up", "--yes", "--skip-preview");
      await must(alone, "preview", "--expect-no-changes");
      outputs = JSON.parse(await must(alone, "stack", "output", "--json")) as Record<string, string>;
      assert.equal(outputs["backendUrl"], "s3://coinfleet-state-000000000000-eu-central-1?region=eu-central-1");
      assert.equal(outputs["writeRoleArn"], "arn:aws:iam::000000000000:role/coinfleet-pipeline/coinfleet-write");
    });

    it("move into the bucket that it has made, and are the same there", async () => {
      const { backendUrl = "", secretsProvider = "" } = outputs;
      const file = alone.path("state.json");
      await must(alone, "stack", "export", "--file", file);
      const s3 = { AWS_ENDPOINT_URL_S3: front.endpoint, AWS_CA_BUNDLE: front.certificate };
      inBucket = alone.withEnv({ PULUMI_BACKEND_URL: backendUrl, ...s3 });
      await must(inBucket, "stack", "init", "production");
      await must(inBucket, "stack", "import", "--file", file);
      await must(inBucket, "stack", "change-secrets-provider", secretsProvider);
      inBucket = inBucket.withEnv({ PULUMI_CONFIG_PASSPHRASE: "" });
      await must(inBucket, "preview", "--expect-no-changes");
      assert.match(await must(inBucket, "stack", "export"), /"type": "cloud"/);
    });

    it("are changed by one at a time, also after one that was killed", async () => {
      const killed = new AbortController();
      const first = inBucket.run(["up", "--yes", "--skip-preview", ...there], killed.signal);
      await front.seen("PUT", "/.pulumi/locks/");
      killed.abort();
      await first;
      const second = await inBucket.run(["up", "--yes", "--skip-preview", ...there]);
      assert.notEqual(second.code, 0, second.stdout);
      assert.match(second.stderr, /the stack is currently locked by 1 lock/);
      await must(inBucket, "cancel", "--yes");
      await must(inBucket, "up", "--yes", "--skip-preview");
    });

    it("are closed to whoever comes without TLS", async () => {
      const { code, stderr } = await inBucket.withEnv({ AWS_ENDPOINT_URL_S3: api.endpoint }).run(["stack", "ls", ...there]);
      assert.notEqual(code, 0);
      assert.match(stderr, /AccessDenied|Forbidden|403/);
    });
  });
});
