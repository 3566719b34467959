import assert from "node:assert/strict";
import { ensureSecrets } from "./secret-ensure.ts";
import type { FakeAws } from "./testing/fake-aws.ts";
import { startFakeAws } from "./testing/fake-aws.ts";
import { recordingReporter } from "./testing/memory-output.ts";

const arn = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:coinfleet/test/litecoin/rpc-AbCdEf";

describe("ensureSecrets", () => {
  let aws: FakeAws;
  let put: Readonly<Record<string, unknown>> | undefined;
  beforeEach(async () => {
    put = undefined;
    aws = await startFakeAws();
    aws.on("DescribeSecret", () => ({ json: { ARN: arn } }));
    aws.on("PutSecretValue", (input) => {
      put = input;
      return { json: { ARN: arn } };
    });
  });
  afterEach(() => aws.close());

  async function ensure(): Promise<string> {
    const { reporter, text } = recordingReporter();
    await ensureSecrets({ region: "eu-central-1", secretIds: [arn] }, reporter);
    return text();
  }

  it("gives an empty secret 32 random bytes, under a token that is the same in every run, and does not print them", async () => {
    const said = await ensure();
    const value = String(put?.["SecretString"]);
    assert.match(value, /^[0-9a-f]{64}$/);
    assert.equal(put?.["ClientRequestToken"], "coinfleet-ensure-first-value-AbCdEf");
    assert.equal(said.includes(value), false);
    assert.equal(said, "coinfleet/test/litecoin/rpc-AbCdEf: first value made\n");
  });

  it("leaves a secret with a value alone, and does not read it", async () => {
    aws.on("DescribeSecret", () => ({ json: { ARN: arn, VersionIdsToStages: { v1: ["AWSCURRENT"] } } }));
    assert.match(await ensure(), /has a value/);
    assert.deepEqual(aws.calls, ["DescribeSecret"]);
  });

  it("takes another run's first value for done", async () => {
    aws.on("PutSecretValue", () => ({ error: "ResourceExistsException" }));
    assert.match(await ensure(), /another run made the first value/);
  });

  it("fails when AWS refuses", async () => {
    aws.on("PutSecretValue", () => ({ error: "AccessDeniedException" }));
    await assert.rejects(ensure(), /AwsRefused[^]*secretsmanager:PutSecretValue: AccessDeniedException/);
  });
});
