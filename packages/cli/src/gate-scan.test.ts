import assert from "node:assert/strict";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { awsSettings } from "./aws-call.ts";
import { Deadline } from "./deadline.ts";
import { runGate } from "./gate-run.ts";
import { askRegistry } from "./gate-scan.ts";
import type { GateInput, Running, WantedRelease } from "./gate-steps.ts";
import { startFakeAws, type FakeAnswer, type FakeAws } from "./testing/fake-aws.ts";
import { fakeFleet, fakeMetrics } from "./testing/fake-fleet.ts";
import { exampleGate } from "./testing/gate-input.ts";
import { recordingReporter } from "./testing/memory-output.ts";

const account = "000000000000";
const repository = "coinfleet/test/litecoin-litecoind";
const digestOf = (version: string): string => `sha256:${version.replaceAll(".", "").padEnd(64, "0")}`;
const imageOf = (version: string, of = account): string => `${of}.dkr.ecr.eu-central-1.amazonaws.com/${repository}@${digestOf(version)}`;
const releaseOf = (version: string): WantedRelease => ({
  release: `${version}-go`,
  images: { litecoind: imageOf(version) },
  versions: { litecoind: version },
});
const [old, wanted, later] = [releaseOf("1.0.0"), releaseOf("2.0.0"), releaseOf("3.0.0")];
const announcing = (next: WantedRelease): WantedRelease => ({ ...old, next: { ...next, at: { height: 900 } } });

const input: GateInput = { ...exampleGate, release: wanted };
const running: Running = { release: old.release, sinceMs: 0, asWanted: old };

const findings = (...list: object[]): FakeAnswer => ({
  json: { imageScanStatus: { status: "COMPLETE" }, imageScanFindings: { findings: list } },
});
const enhanced = (...list: object[]): FakeAnswer => ({
  json: { imageScanStatus: { status: "ACTIVE" }, imageScanFindings: { enhancedFindings: list } },
});
/** A vulnerability as Inspector lists it. */
const vulnerability = (vulnerabilityId: string, more: object = {}, fixedInVersion = "3.0.12"): object => ({
  severity: "CRITICAL",
  status: "ACTIVE",
  packageVulnerabilityDetails: { vulnerabilityId, vulnerablePackages: [{ name: "libssl3", version: "3.0.11", fixedInVersion }] },
  ...more,
});
/** A vulnerability as a basic scan lists it. */
const basic = (name: string, attributes: Readonly<Record<string, string>> = {}): object => ({
  name,
  severity: "CRITICAL",
  attributes: Object.entries({ package_name: "libssl3", package_version: "3.0.11", ...attributes }).map(([key, value]) => ({ key, value })),
});

// What ECR answers is as its API's documentation says. It does not prove that AWS answers so.
describe("askRegistry", () => {
  let aws: FakeAws;
  /** Digest → what the registry says of it, look by look; the last answer stays. */
  let scans: Record<string, FakeAnswer[]>;
  /** Versions of the node's parameter, as the program left them. */
  let parameter: WantedRelease[];
  let asked: string[];
  /** What the host says of its step `next`. */
  let host: string;

  beforeEach(async () => {
    aws = await startFakeAws();
    [scans, parameter, asked, host] = [{}, [old, wanted], [], ""];
    aws.on("DescribeImageScanFindings", (question) => {
      const { imageDigest } = question["imageId"] as { imageDigest: string };
      asked.push(`${String(question["registryId"])} ${String(question["repositoryName"])} ${imageDigest}`);
      const answers = scans[imageDigest] ?? [];
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? { error: "ScanNotFoundException" };
    });
    aws.on("GetParameter", ({ Name }) => {
      if (String(Name).endsWith("/running")) return { json: { Parameter: { Value: JSON.stringify(old) } } };
      const [, version = parameter.length] = /^\/coinfleet\/test\/litecoin-1\/release(?::(\d+))?$/.exec(String(Name)) ?? [];
      return { json: { Parameter: { Value: JSON.stringify(parameter[Number(version) - 1]), Version: Number(version) } } };
    });
    aws.on("PutParameter", ({ Value }) => {
      parameter.push(JSON.parse(String(Value)) as WantedRelease);
      return { json: {} };
    });
    aws.on("SendCommand", ({ DocumentName }) =>
      DocumentName === "coinfleet-test-status" ? { json: { Command: { CommandId: "c-1" } } } : { error: "InvalidDocument" },
    );
    aws.on("GetCommandInvocation", () => ({
      json: { Status: "Success", StandardOutputContent: `volume     done     mounted\n${host}` },
    }));
  });
  afterEach(() => aws.close());

  async function ask(release = wanted, of: Partial<GateInput> = {}, runs: Running | "nothing" = running): Promise<string> {
    const { reporter, text } = recordingReporter();
    const settings = awsSettings("eu-central-1");
    const ec2 = new EC2Client(settings);
    const ssm = new SSMClient(settings);
    const cloudWatch = new CloudWatchClient(settings);
    const told = { ...input, ...of, release };
    await askRegistry(
      { input: told, reporter, pollMs: 5, ec2, ssm, cloudWatch, deadline: new Deadline(told.timeoutSec) },
      runs === "nothing" ? undefined : runs,
    );
    return text();
  }
  const said = (...versions: string[]): string[] => versions.map((version) => `${account} ${repository} ${digestOf(version)}`);
  const now = (): WantedRelease | undefined => parameter.at(-1);

  it("passes an image in which nothing critical was found, and says what was found", async () => {
    scans[digestOf("2.0.0")] = [findings({ name: "CVE-2026-1", severity: "HIGH" }, { name: "CVE-2026-2", severity: "INFORMATIONAL" })];
    assert.match(await ask(), /litecoin-1: litecoind 2\.0\.0 \(coinfleet\/test\/litecoin-litecoind\): scanned by `ECR`: 1 high, 1 unknown/);
    assert.deepEqual(asked, said("2.0.0"));
  });

  it("refuses one with a critical vulnerability that can be mended and that what runs has not, and leaves the parameter with what runs", async () => {
    scans[digestOf("2.0.0")] = [enhanced(vulnerability("CVE-2026-1"))];
    scans[digestOf("1.0.0")] = [enhanced(vulnerability("CVE-2026-9"))];
    await assert.rejects(ask(), (error: Error) => {
      assert.equal(error.name, "ImageVulnerable");
      assert.match(error.message, /litecoind 2\.0\.0: .*the running release has not: `CVE-2026-1` \(`libssl3`, fixed in `3\.0\.12`\)/);
      assert.match(error.message, /rule image-vulnerable, resource litecoin-litecoind-2\.0\.0-\*/);
      assert.match(error.message, /litecoin-1 runs 1\.0\.0-go, and nothing was stopped; its parameter says so/);
      return true;
    });
    assert.deepEqual(asked, said("2.0.0", "1.0.0"));
    assert.deepEqual(now(), old);
    assert.equal(aws.calls.includes("SendCommand"), false);
  });

  it("passes what the image that runs has too", async () => {
    scans[digestOf("2.0.0")] = [enhanced(vulnerability("CVE-2026-1"))];
    scans[digestOf("1.0.0")] = [enhanced(vulnerability("CVE-2026-1"))];
    assert.match(await ask(), /1 critical\. Critical: `CVE-2026-1`/);
  });

  it("refuses where nobody knows what the image that runs has", async () => {
    scans[digestOf("2.0.0")] = [enhanced(vulnerability("CVE-2026-1"))];
    await assert.rejects(ask(), /ImageVulnerable[^]*not known \(not scanned: `the registry has no scan`\)/);
    scans[digestOf("1.0.0")] = [{ error: "ImageNotFoundException" }];
    await assert.rejects(ask(), /ImageVulnerable[^]*not known \(not scanned: `the registry has no image`\)/);
    await assert.rejects(ask(wanted, {}, { ...running, asWanted: undefined }), /ImageVulnerable[^]*has not said which image it runs/);
  });

  it("names a critical vulnerability without a known fix, and passes it", async () => {
    for (const answer of [
      findings(basic("CVE-2026-1")),
      enhanced(vulnerability("CVE-2026-1", { fixAvailable: "NO" }, "NotAvailable")),
      enhanced(vulnerability("CVE-2026-1", {}, "")),
    ]) {
      scans[digestOf("2.0.0")] = [answer];
      assert.match(await ask(), /1 critical\. Critical: `CVE-2026-1` \(`libssl3`, no fix known\)/);
    }
    assert.deepEqual([...new Set(asked)], said("2.0.0"));
  });

  it("takes for mended what a basic scan names a version for, and what Inspector says so of", async () => {
    for (const answer of [
      findings(basic("CVE-2026-1", { patched_version: "3.0.12" })),
      enhanced(vulnerability("CVE-2026-1", { fixAvailable: "YES" }, "NotAvailable")),
    ]) {
      scans[digestOf("2.0.0")] = [answer];
      scans[digestOf("1.0.0")] = [findings()];
      await assert.rejects(ask(), { name: "ImageVulnerable" });
    }
  });

  it("leaves out what Inspector has closed or suppressed", async () => {
    scans[digestOf("2.0.0")] = [enhanced(vulnerability("CVE-1", { status: "SUPPRESSED" }), vulnerability("CVE-2", { status: "CLOSED" }))];
    assert.match(await ask(), /no known vulnerability/);
  });

  it("reads every page", async () => {
    const { json } = findings() as { json: object };
    scans[digestOf("2.0.0")] = [{ json: { ...json, nextToken: "2" } }, enhanced(vulnerability("CVE-2026-1"))];
    scans[digestOf("1.0.0")] = [findings()];
    await assert.rejects(ask(), { name: "ImageVulnerable" });
  });

  it("waits for a scan that has not begun, or not ended, while the parameter says what runs", async () => {
    const { error } = { error: "ScanNotFoundException" };
    const underWay = ["IN_PROGRESS", "PENDING"].map((status): FakeAnswer => ({ json: { imageScanStatus: { status } } }));
    scans[digestOf("2.0.0")] = [{ error }, ...underWay, findings()];
    assert.match(await ask(), /waiting for the registry's scan of [^]*no known vulnerability/);
    assert.equal(asked.length, 4);
    assert.deepEqual(now(), old);
  });

  it("gives up a scan that does not end in the gate's time, before anything is touched", async () => {
    scans[digestOf("2.0.0")] = [{ json: { imageScanStatus: { status: "IN_PROGRESS" } } }];
    await assert.rejects(ask(wanted, { timeoutSec: 1 }), /GateTimeout[^]*waiting for the registry's scan of .*; last seen: under way/);
    assert.deepEqual(now(), old);
  });

  for (const [what, answer, says] of [
    ["has no scan", { error: "ScanNotFoundException" }, /\*\*not scanned\*\*: `the registry does not scan it`/],
    [
      "cannot be scanned",
      { json: { imageScanStatus: { status: "UNSUPPORTED_IMAGE", description: "no OS" } } },
      /\*\*not scanned\*\*: `UNSUPPORTED_IMAGE: no OS`/,
    ],
    ["could not be scanned", { json: { imageScanStatus: { status: "FAILED" } } }, /\*\*scan failed\*\*: `FAILED`/],
  ] as const)
    it(`passes an image that ${what}, and says so`, async () => {
      scans[digestOf("2.0.0")] = [answer];
      assert.match(await ask(), says);
    });

  it("fails when the registry has no such image, or AWS refuses to tell, with the permission", async () => {
    scans[digestOf("2.0.0")] = [{ error: "ImageNotFoundException" }];
    await assert.rejects(ask(), /ImageMissing[^]*account 000000000000 in eu-central-1[^]*nothing was stopped; its parameter says so/);
    scans[digestOf("2.0.0")] = [{ error: "AccessDeniedException" }];
    await assert.rejects(
      ask(),
      /AwsRefused[^]*ecr:DescribeImageScanFindings: AccessDeniedException[^]*Give this identity the named permission[^]*nothing was stopped/,
    );
    assert.deepEqual(now(), old);
  });

  it("is part of the gate, before anything stops", async () => {
    fakeFleet(aws, 1);
    fakeMetrics(aws, () => 1);
    aws.on("DescribeInstanceInformation", () => ({ json: { InstanceInformationList: [{ InstanceId: "i-1", PingStatus: "Online" }] } }));
    for (const operation of ["PutItem", "DeleteItem"]) aws.on(operation, () => ({ json: {} }));
    scans[digestOf("2.0.0")] = [enhanced(vulnerability("CVE-2026-1"))];
    await assert.rejects(runGate({ ...input, limitSec: 1, timeoutSec: 10 }, recordingReporter().reporter, 5), { name: "ImageVulnerable" });
    assert.deepEqual(now(), old);
    assert.equal(aws.calls.includes("SendCommand"), false);
    assert.equal(aws.calls.at(-1), "DeleteItem", "the group is given back");
  });

  it("asks the registry of the account that has built an image", async () => {
    const promoted = { ...wanted, images: { litecoind: imageOf("2.0.0", "111111111111") } };
    scans[digestOf("2.0.0")] = [findings()];
    await ask(promoted);
    assert.deepEqual(asked, [`111111111111 ${repository} ${digestOf("2.0.0")}`]);
  });

  describe("with somebody who answers for the image", () => {
    const accepted = [{ image: imageOf("2.0.0"), owner: "ops", reason: "the port is closed", expires: "2999-12-31" }];
    beforeEach(() => {
      scans[digestOf("2.0.0")] = [enhanced(vulnerability("CVE-2026-1"))];
      scans[digestOf("1.0.0")] = [findings()];
    });

    it("passes it, and says who", async () =>
      assert.match(await ask(wanted, { accepted }), /CVE-2026-1[^]*Excepted until 2999-12-31 by ops: the port is closed/));

    it("refuses it on the day after, and another image", async () => {
      const before = accepted.map((one) => ({ ...one, expires: "2026-11-01" }));
      await assert.rejects(ask(wanted, { accepted: before }), /ImageVulnerable[^]*Its exception \(ops\) expired on 2026-11-01/);
      const other = accepted.map((one) => ({ ...one, image: imageOf("3.0.0") }));
      await assert.rejects(ask(wanted, { accepted: other }), { name: "ImageVulnerable" });
    });
  });

  describe("with a next release", () => {
    const told = announcing(later);
    beforeEach(() => {
      parameter = [old, told];
      scans[digestOf("3.0.0")] = [enhanced(vulnerability("CVE-2026-1"))];
      scans[digestOf("1.0.0")] = [findings()];
    });

    it("refuses it before its host hears of it, and takes it out of the parameter", async () => {
      await assert.rejects(ask(told), /ImageVulnerable[^]*litecoind 3\.0\.0[^]*litecoin-1 runs 1\.0\.0-go/);
      assert.deepEqual(now(), old);
      host = "next       done     release 2.0.0-go takes over at height 800; its images are here\n";
      await assert.rejects(ask(told), { name: "ImageVulnerable" });
    });

    it("leaves the one that was announced before in its place", async () => {
      parameter = [announcing(wanted), told];
      await assert.rejects(ask(told), { name: "ImageVulnerable" });
      assert.deepEqual(now(), announcing(wanted));
    });

    it("asks no more once its host knows of it, whatever is found later", async () => {
      for (const step of [
        "next       done     release 3.0.0-go takes over at height 900; its images are here\n",
        `next       waiting  pulling ${imageOf("3.0.0")}\n`,
      ]) {
        host = step;
        assert.equal(await ask(told), "");
      }
      assert.deepEqual(parameter, [old, told]);
      assert.deepEqual(asked, []);
    });

    it("asks about both where the release changes too", async () => {
      scans[digestOf("2.0.0")] = [findings()];
      await assert.rejects(ask({ ...told, ...wanted }), { name: "ImageVulnerable" });
      assert.deepEqual(asked, said("2.0.0", "3.0.0", "1.0.0"));
    });

    it("asks nothing once it runs", async () => {
      assert.equal(await ask(told, {}, { release: later.release, sinceMs: 0, asWanted: later }), "");
      assert.deepEqual(aws.calls, []);
    });
  });

  it("asks nothing about what runs, nor of a new node", async () => {
    scans[digestOf("1.0.0")] = [enhanced(vulnerability("CVE-2026-1"))];
    assert.equal(await ask(old), "");
    assert.equal(await ask(wanted, {}, "nothing"), "");
    const same = { ...wanted, images: old.images };
    assert.equal(await ask(same), "");
    assert.deepEqual(aws.calls, []);
  });

  it("says so where the host has not said what to go back to", async () => {
    parameter = [wanted];
    scans[digestOf("2.0.0")] = [enhanced(vulnerability("CVE-2026-1"))];
    await assert.rejects(
      ask(wanted, {}, { ...running, asWanted: undefined }),
      /its host has not said which images 1\.0\.0-go has: a reboot brings it/,
    );
  });
});
