import assert from "node:assert/strict";
import { startFakeAws, type FakeAws } from "../testing/fake-aws.ts";
import { judgeQuota } from "./judge-quota.ts";
import { readQuotas } from "./read-quotas.ts";
import { renderQuotas } from "./render-quotas.ts";
import type { Wanted } from "./wanted.ts";

const own = "<tagSet><item><key>coinfleet:environment</key><value>test</value></item></tagSet>";
const foreign = "<tagSet><item><key>coinfleet:environment</key><value>other</value></item></tagSet>";

const volume = (sizeGiB: number, type: string, tags = own): string =>
  `<item><size>${sizeGiB}</size><volumeType>${type}</volumeType>${tags}</item>`;
const instance = (type: string, tags = own): string => `<item><instanceType>${type}</instanceType>${tags}</item>`;
const type = (name: string, vcpus: number): string =>
  `<item><instanceType>${name}</instanceType><vCpuInfo><defaultVCpus>${vcpus}</defaultVCpus></vCpuInfo></item>`;

const wanted: Wanted = {
  elasticAddresses: 4,
  volumeGiB: { gp3: 40 * 1024, io2: 0 },
  hosts: new Map([["r7i.large", 3]]),
  hostsDuringChange: new Map([["r7i.large", 1]]),
};

/** What the account may have, by quota. */
const limits: Readonly<Record<string, number>> = { "L-0263D0A3": 5, "L-7A658B76": 50, "L-1216C47A": 32 };

describe("readQuotas", () => {
  let aws: FakeAws;
  beforeEach(async () => {
    aws = await startFakeAws();
    aws.on("DescribeAddresses", () => ({
      xml: `<r><addressesSet><item>${foreign}</item><item>${foreign}</item><item>${own}</item></addressesSet></r>`,
    }));
    aws.on("DescribeVolumes", () => ({
      xml: `<r><volumeSet>${volume(2048, "gp3")}${volume(1024, "gp3", foreign)}${volume(512, "io2", foreign)}</volumeSet></r>`,
    }));
    aws.on("DescribeInstances", () => ({
      xml: `<r><reservationSet><item><instancesSet>${instance("r7i.large")}${instance("m7i.4xlarge", foreign)}${instance("p4d.24xlarge", foreign)}</instancesSet></item></reservationSet></r>`,
    }));
    aws.on("DescribeInstanceTypes", () => ({
      xml: `<r><instanceTypeSet>${type("r7i.large", 2)}${type("m7i.4xlarge", 16)}${type("p4d.24xlarge", 96)}</instanceTypeSet></r>`,
    }));
    aws.on("GetServiceQuota", ({ QuotaCode: code }) => {
      const value = limits[String(code)];
      return value === undefined ? { error: "NoSuchResourceException" } : { json: { Quota: { Value: value } } };
    });
    aws.on("GetAWSDefaultServiceQuota", () => ({ error: "NoSuchResourceException" }));
  });
  afterEach(() => aws.close());

  it("adds what others take to what the stack file says, and leaves out what the environment does not use", async () => {
    assert.deepEqual(await readQuotas("test", "eu-central-1", wanted), [
      { code: "ec2/L-0263D0A3", name: "elastic addresses", unit: "addresses", limit: 5, others: 2, wanted: 4, state: "short", ask: 9 },
      { code: "ebs/L-7A658B76", name: "storage of gp3 volumes", unit: "TiB", limit: 50, others: 1, wanted: 40, state: "ok" },
      {
        code: "ec2/L-1216C47A",
        name: "vCPUs of running instances, families A C D H I M R T Z",
        unit: "vCPUs",
        limit: 32,
        others: 16,
        // Three nodes, and a fourth host while one of them is replaced.
        wanted: 8,
        state: "ok",
      },
    ]);
  });

  it("counts what the environment has where that is more: volumes have grown", async () => {
    const [, gp3] = await readQuotas("test", "eu-central-1", { ...wanted, volumeGiB: { gp3: 100, io2: 0 } });
    assert.equal(gp3?.wanted, 2);
  });

  it("takes AWS's default where the account has no value of its own", async () => {
    aws.on("GetServiceQuota", () => ({ error: "NoSuchResourceException" }));
    aws.on("GetAWSDefaultServiceQuota", () => ({ json: { Quota: { Value: 6 } } }));
    const [addresses] = await readQuotas("test", "eu-central-1", wanted);
    assert.deepEqual([addresses?.limit, addresses?.state], [6, "tight"]);
  });

  it("says that it does not know a limit that AWS does not tell, and never that there is room", async () => {
    const rows = await readQuotas("test", "eu-central-1", { ...wanted, volumeGiB: { gp3: 0, io2: 1024 } });
    assert.deepEqual(
      rows.map(({ code, state }) => [code, state]),
      [
        ["ec2/L-0263D0A3", "short"],
        ["ebs/L-7A658B76", "ok"],
        ["ebs/L-09BD8365", "unknown"],
        ["ec2/L-1216C47A", "ok"],
      ],
    );
  });

  it("fails with the call's name when AWS refuses one", async () => {
    aws.on("GetServiceQuota", () => ({ error: "AccessDeniedException" }));
    await assert.rejects(readQuotas("test", "eu-central-1", wanted), /servicequotas:GetServiceQuota/);
  });
});

describe("a quota", () => {
  const row = { code: "ec2/L-0", name: "things", unit: "things", others: 0 };

  it("is tight above nine tenths and short above the limit", () =>
    assert.deepEqual(
      [9, 10, 11].map((needed) => judgeQuota({ ...row, limit: 10, wanted: needed }).state),
      ["ok", "tight", "short"],
    ));

  it("is shown with the request for more", () =>
    assert.equal(
      renderQuotas([judgeQuota({ ...row, limit: 10, wanted: 11 })], "eu-central-1"),
      `QUOTA            LIMIT  OTHERS  THIS  STATE
things (things)  10     0       11    short

AWS gives more on request, which may take days:
aws service-quotas request-service-quota-increase --region eu-central-1 --service-code ec2 --quota-code L-0 --desired-value 17
`,
    ));
});
