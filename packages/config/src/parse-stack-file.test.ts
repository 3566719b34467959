import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseDocument, type Document } from "yaml";
import { fixtureCoins } from "../test/fixture-coins.ts";
import { parseStackFile } from "./parse-stack-file.ts";
import type { StackReading } from "./stack-values.ts";

const origin = { environment: "bad", file: "stacks/Pulumi.bad.yaml" };

const good = `
config:
  aws:region: eu-central-1
  aws:allowedAccountIds: ["123456789012"]
  coinfleet:fleet:
    zones: [eu-central-1a, eu-central-1b]
    network: { cidr: 10.0.0.0/16 }
    machineImage: { ids: { x86_64: ami-0123456789abcdef0 }, distribution: amazon-linux-2023 }
    nodes:
      acorn: { network: mainnet, count: 2 }
`;

const fleet = ["config", "coinfleet:fleet"];
const group = [...fleet, "nodes", "acorn"];

const read = (text: string): StackReading => parseStackFile(text, fixtureCoins, origin);

function changed(change: (document: Document) => void): string {
  const document = parseDocument(good);
  change(document);
  return document.toString();
}

const set =
  (path: readonly string[], value: unknown) =>
  (document: Document): void =>
    document.setIn(path, document.createNode(value));

const remove =
  (path: readonly string[]) =>
  (document: Document): void =>
    void document.deleteIn(path);

const existing = { "eu-central-1a": "subnet-0123456789abcdef0", "eu-central-1b": "subnet-0123456789abcdef1" };

/** A group whose nodes take a newer release at that moment. */
const old = { network: "mainnet", count: 2, release: { acornd: "2.0.0" } };
const nextAt = (moment: object): object => ({ ...old, upgrade: { next: { release: { acornd: "2.1.0" }, ...moment } } });

/** What is wrong → how the good file becomes so, and the name and path of the mistake. */
const mistakes: Record<string, { readonly make: (document: Document) => void; readonly found: readonly string[] }> = {
  "a mistyped key of the fleet": { make: set([...fleet, "zone"], ["eu-central-1a"]), found: ["UnknownKey coinfleet:fleet.zone"] },
  "a mistyped key of a group": { make: set([...group, "netwrok"], "mainnet"), found: ["UnknownKey coinfleet:fleet.nodes.acorn.netwrok"] },
  "a mistyped key of a volume, and of the one of a node alone": {
    make: set([...group, "volume"], { sizeGib: 5, replaced: { "acorn-2": { generation: 2, sizeGib: 5 } } }),
    found: ["acorn.volume.sizeGib", "acorn.volume.replaced.acorn-2.sizeGib"].map((at) => `UnknownKey coinfleet:fleet.nodes.${at}`),
  },
  "a mistyped key of a tip": {
    make: set([...group, "tips"], [{ name: "a", url: "https://a.example", heigth: "h" }]),
    found: ["MissingKey coinfleet:fleet.nodes.acorn.tips[0].height", "UnknownKey coinfleet:fleet.nodes.acorn.tips[0].heigth"],
  },
  "an unknown coin": {
    make: set([...fleet, "nodes", "acron"], { network: "mainnet" }),
    found: ["UnknownCoin coinfleet:fleet.nodes.acron"],
  },
  "an unknown coin under another name": { make: set([...group, "coin"], "acrn"), found: ["UnknownCoin coinfleet:fleet.nodes.acorn.coin"] },
  "a coin id that every object has": {
    make: set([...group, "coin"], "constructor"),
    found: ["UnknownCoin coinfleet:fleet.nodes.acorn.coin"],
  },
  "an unknown network": { make: set([...group, "network"], "mainet"), found: ["UnknownNetwork coinfleet:fleet.nodes.acorn.network"] },
  "no network": { make: remove([...group, "network"]), found: ["MissingKey coinfleet:fleet.nodes.acorn.network"] },
  "an unknown option": {
    make: set([...group, "options"], { txindex: true }),
    found: ["UnknownOption coinfleet:fleet.nodes.acorn.options"],
  },
  "an option of the wrong type": {
    make: set([...group, "options"], { txIndex: "yes" }),
    found: ["InvalidOption coinfleet:fleet.nodes.acorn.options.txIndex"],
  },
  "an unknown client": {
    make: set([...group, "sources"], { acrond: "debian" }),
    found: ["UnknownClient coinfleet:fleet.nodes.acorn.sources"],
  },
  "an unknown source": {
    make: set([...group, "sources"], { acornd: "debain" }),
    found: ["UnknownSource coinfleet:fleet.nodes.acorn.sources.acornd"],
  },
  "a release that nobody pinned": {
    make: set([...group, "release"], { acornd: "9.9.9" }),
    found: ["UnknownRelease coinfleet:fleet.nodes.acorn.release.acornd"],
  },
  "a release that YAML takes for a number": {
    make: set([...group, "release"], { acornd: 2.1 }),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.release.acornd"],
  },
  "no next moment": { make: set(group, nextAt({})), found: ["MissingKey coinfleet:fleet.nodes.acorn.upgrade.next.atHeight"] },
  "two next moments": {
    make: set(group, nextAt({ atHeight: 900, atTime: "2026-12-01T14:00:00Z" })),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.upgrade.next.atHeight"],
  },
  "a next moment in nobody's time zone": {
    make: set(group, nextAt({ atTime: "2026-12-01 14:00" })),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.upgrade.next.atTime"],
  },
  "no nodes at all": { make: set([...fleet, "nodes"], {}), found: ["NoNodes coinfleet:fleet.nodes"] },
  "count 0": { make: set([...group, "count"], 0), found: ["InvalidCount coinfleet:fleet.nodes.acorn.count"] },
  "half a node": { make: set([...group, "count"], 1.5), found: ["InvalidValue coinfleet:fleet.nodes.acorn.count"] },
  "a count in words": { make: set([...group, "count"], "two"), found: ["InvalidValue coinfleet:fleet.nodes.acorn.count"] },
  "a group name with a capital": {
    make: set([...fleet, "nodes", "Acorn"], { coin: "acorn", network: "mainnet", count: 2 }),
    found: ["InvalidGroupName coinfleet:fleet.nodes.Acorn"],
  },
  "blocks on a public network": {
    make: set([...group, "blockEverySec"], 5),
    found: ["NotAPrivateNetwork coinfleet:fleet.nodes.acorn.blockEverySec"],
  },
  "a block every 0 seconds": {
    make: set([...group, "blockEverySec"], 0),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.blockEverySec"],
  },
  "an archive without a digest": {
    make: set([...group, "restore"], { url: "https://acorn.example/data.tar.zst", format: "tar.zst" }),
    found: ["MissingKey coinfleet:fleet.nodes.acorn.restore.sha256"],
  },
  "an archive in a format that nobody unpacks": {
    make: set([...group, "restore"], { url: "https://acorn.example/data.zip", format: "zip", sha256: "0".repeat(64) }),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.restore.format"],
  },
  "an archive from a file": {
    make: set([...group, "restore"], { url: "file:///data.tar", format: "tar", sha256: "0".repeat(64) }),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.restore.url"],
  },
  "no zones": { make: set([...fleet, "zones"], []), found: ["NoZones coinfleet:fleet.zones"] },
  "a zone twice": { make: set([...fleet, "zones"], ["eu-central-1a", "eu-central-1a"]), found: ["InvalidValue coinfleet:fleet.zones[1]"] },
  "a zone of another region": { make: set([...fleet, "zones"], ["us-east-1a"]), found: ["InvalidValue coinfleet:fleet.zones[0]"] },
  "a region in the place of a zone": { make: set([...fleet, "zones"], ["eu-central-1"]), found: ["InvalidValue coinfleet:fleet.zones[0]"] },
  "a VPC that is too large": {
    make: set([...fleet, "network", "cidr"], "10.0.0.0/8"),
    found: ["InvalidValue coinfleet:fleet.network.cidr"],
  },
  "a VPC of public addresses": {
    make: set([...fleet, "network", "cidr"], "8.8.0.0/16"),
    found: ["InvalidValue coinfleet:fleet.network.cidr"],
  },
  "a VPC that is no network address": {
    make: set([...fleet, "network", "cidr"], "10.0.1.0/16"),
    found: ["InvalidValue coinfleet:fleet.network.cidr"],
  },
  "RPC open to the internet": {
    make: set([...group, "allowedCidrs"], ["0.0.0.0/0"]),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.allowedCidrs[0]"],
  },
  "a CIDR without a prefix": {
    make: set([...group, "allowedCidrs"], ["10.1.0.0"]),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.allowedCidrs[0]"],
  },
  "a CIDR twice": {
    make: set([...group, "allowedCidrs"], ["10.1.0.0/16", "10.1.0.0/16"]),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.allowedCidrs[1]"],
  },
  "a tip that is no address": {
    make: set([...group, "tips"], [{ name: "a", url: "a", height: "" }]),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.tips[0].url"],
  },
  "too few tips": {
    make: set([...fleet, "nodes", "acorn"], { network: "mainnet", tips: [] }),
    found: ["TooFewTips coinfleet:fleet.nodes.acorn.tips"],
  },
  "a volume of 0 GiB": {
    make: set([...group, "volume"], { sizeGiB: 0 }),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.volume.sizeGiB"],
  },
  "an unknown volume type": {
    make: set([...group, "volume"], { type: "gp2" }),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.volume.type"],
  },
  "IOPS that gp3 does not have": {
    make: set([...group, "volume"], { iops: 200_000 }),
    found: ["InvalidVolume coinfleet:fleet.nodes.acorn.volume.iops"],
  },
  "throughput that the IOPS do not carry": {
    make: set([...group, "volume"], { iops: 3000, throughput: 1000 }),
    found: ["InvalidVolume coinfleet:fleet.nodes.acorn.volume.throughput"],
  },
  "throughput for io2": {
    make: set([...group, "volume"], { type: "io2", iops: 3000, throughput: 500 }),
    found: ["InvalidVolume coinfleet:fleet.nodes.acorn.volume.throughput"],
  },
  "a snapshot by name": {
    make: set([...group, "volume"], { snapshot: "newest" }),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.volume.snapshot"],
  },
  "an instance type that is none": {
    make: set([...group, "instanceType"], "large"),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.instanceType"],
  },
  "an instance type of another architecture": {
    make: set([...fleet, "nodes", "acorn"], { network: "mainnet", count: 2, architecture: "x86_64", instanceType: "m7g.large" }),
    found: ["ArchitectureMismatch coinfleet:fleet.nodes.acorn.architecture"],
  },
  "a source without binaries for the architecture": {
    make: set([...fleet, "nodes", "acorn"], { network: "mainnet", count: 2, instanceType: "m7g.large" }),
    found: ["NoMachineImage coinfleet:fleet.machineImage.ids.arm64", "UnsupportedArchitecture coinfleet:fleet.nodes.acorn.architecture"],
  },
  "an instance type with too little memory": {
    make: set([...group, "instanceType"], "t3.small"),
    found: ["TooLittleMemory coinfleet:fleet.nodes.acorn.instanceType"],
  },
  "one zone for two nodes": { make: set([...fleet, "zones"], ["eu-central-1a"]), found: ["TooFewZones coinfleet:fleet.zones"] },
  "more IOPS than a volume of this size has": {
    make: set([...group, "volume"], { sizeGiB: 10, iops: 6000, throughput: 500 }),
    found: ["InvalidVolume coinfleet:fleet.nodes.acorn.volume.iops"],
  },
  "an io2 volume smaller than there is": {
    make: set([...group, "volume"], { type: "io2", sizeGiB: 3, iops: 3000 }),
    found: ["InvalidVolume coinfleet:fleet.nodes.acorn.volume.sizeGiB"],
  },
  "a filling rate without a snapshot": {
    make: set([...group, "volume"], { initializationRate: 200 }),
    found: ["InvalidVolume coinfleet:fleet.nodes.acorn.volume.initializationRate"],
  },
  "a filling rate that EBS does not offer": {
    make: set([...group, "volume"], { snapshot: "snap-0123456789abcdef0", initializationRate: 500 }),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.volume.initializationRate"],
  },
  "no network address and no VPC": { make: set([...fleet, "network"], {}), found: ["MissingKey coinfleet:fleet.network.cidr"] },
  "an own and an existing network": {
    make: set([...fleet, "network"], { cidr: "10.0.0.0/16", vpcId: "vpc-0123456789abcdef0", subnets: { public: existing } }),
    found: ["InvalidValue coinfleet:fleet.network.cidr"],
  },
  "an existing network with endpoints of ours": {
    make: set([...fleet, "network"], { vpcId: "vpc-0123456789abcdef0", subnets: { public: existing }, endpoints: "all" }),
    found: ["InvalidValue coinfleet:fleet.network.endpoints"],
  },
  "an existing network without subnets": {
    make: set([...fleet, "network"], { vpcId: "vpc-0123456789abcdef0" }),
    found: ["MissingKey coinfleet:fleet.network.subnets"],
  },
  "an existing network without a subnet in each zone": {
    make: set([...fleet, "network"], {
      vpcId: "vpc-0123456789abcdef0",
      subnets: { public: { "eu-central-1a": "subnet-0123456789abcdef0" } },
    }),
    found: ["NoSubnet coinfleet:fleet.network.subnets.public"],
  },
  "private nodes without a way out": {
    make: set([...group, "addresses"], "private"),
    found: ["PrivateNeedsNat coinfleet:fleet.nodes.acorn.addresses"],
  },
  "an address policy that is none": {
    make: set([...group, "addresses"], "static"),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.addresses"],
  },
  "a former name that a group has": {
    make: (document) => {
      set([...fleet, "nodes", "oak"], { coin: "acorn", network: "mainnet", count: 2, formerly: "acorn" })(document);
    },
    found: ["FormerNameInUse coinfleet:fleet.nodes.oak.formerly"],
  },
  "a retired volume that is in use": {
    make: set([...fleet, "retired"], { volumes: ["acorn-2-data-volume-g1"] }),
    found: ["RetiredInUse coinfleet:fleet.retired.volumes[0]"],
  },
  "a retired secret that is in use": {
    make: set([...fleet, "retired"], { secrets: ["acorn-secrets-rpc-password"] }),
    found: ["RetiredInUse coinfleet:fleet.retired.secrets[0]"],
  },
  "a retired volume by its id": {
    make: set([...fleet, "retired"], { volumes: ["vol-0123456789abcdef0"] }),
    found: ["InvalidValue coinfleet:fleet.retired.volumes[0]"],
  },
  "a volume to adopt that no node has": {
    make: set([...fleet, "adopt"], { "acorn-3-data-volume-g1": "vol-0123456789abcdef0" }),
    found: ["UnknownKeeper coinfleet:fleet.adopt"],
  },
  "copies of backups in the same region": {
    make: set([...fleet, "backup"], { copyTo: { region: "eu-central-1" } }),
    found: ["InvalidValue coinfleet:fleet.backup.copyTo.region"],
  },
  "a key of another region for copies": {
    make: set([...fleet, "backup"], { copyTo: { region: "eu-west-1", keyArn: "arn:aws:kms:us-east-1:123456789012:key/a" } }),
    found: ["InvalidValue coinfleet:fleet.backup.copyTo.keyArn"],
  },
  "backups at an hour that does not exist": {
    make: set([...group, "backup"], { at: "25:00" }),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.backup.at"],
  },
  "backups at a time that YAML takes for a number": {
    make: set([...group, "backup"], { at: 180 }),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn.backup.at"],
  },
  "a promoted image by its tag": {
    make: set([...fleet, "images"], { promoted: { agent: "1.example/agent:latest" } }),
    found: ["InvalidValue coinfleet:fleet.images.promoted.agent"],
  },
  "a secret in plain text": {
    make: set([...group, "secrets"], { "rpc-password": "hunter2" }),
    found: ["UnknownKey coinfleet:fleet.nodes.acorn.secrets"],
  },
  "no machine image": { make: remove([...fleet, "machineImage"]), found: ["MissingKey coinfleet:fleet.machineImage"] },
  "a machine image without ids or source": {
    make: remove([...fleet, "machineImage", "ids"]),
    found: [
      "MissingKey coinfleet:fleet.machineImage.instanceType",
      "MissingKey coinfleet:fleet.machineImage.source",
      "MissingKey coinfleet:fleet.machineImage.sshUser",
    ],
  },
  "a machine image with both": {
    make: set([...fleet, "machineImage", "source"], { name: "al2023", owner: "amazon" }),
    found: ["InvalidValue coinfleet:fleet.machineImage.ids"],
  },
  "an owner that YAML takes for a number": {
    make: set([...fleet, "machineImage"], {
      source: { name: "d", owner: 136693071363 },
      distribution: "debian",
      sshUser: "debian",
      instanceType: "m6i.large",
    }),
    found: ["InvalidValue coinfleet:fleet.machineImage.source.owner"],
  },
  "a distribution that nobody provisions": {
    make: set([...fleet, "machineImage", "distribution"], "ubuntu"),
    found: ["InvalidValue coinfleet:fleet.machineImage.distribution"],
  },
  "a subscription by pigeon": {
    make: set([...fleet, "alerts"], { page: [{ protocol: "pigeon", endpoint: "roof" }] }),
    found: ["InvalidValue coinfleet:fleet.alerts.page[0].protocol"],
  },
  "a retention that CloudWatch does not know": {
    make: set([...fleet, "logs"], { retentionDays: 31 }),
    found: ["InvalidValue coinfleet:fleet.logs.retentionDays"],
  },
  "a list in the place of the groups": { make: set([...fleet, "nodes"], ["acorn"]), found: ["InvalidValue coinfleet:fleet.nodes"] },
  "a word in the place of a group": {
    make: set([...fleet, "nodes", "acorn"], "mainnet"),
    found: ["InvalidValue coinfleet:fleet.nodes.acorn"],
  },
  "a word in the place of the fleet": { make: set(fleet, "acorn"), found: ["InvalidValue coinfleet:fleet"] },
  "no fleet": { make: remove(fleet), found: ["NoFleet coinfleet:fleet"] },
  "no account": { make: remove(["config", "aws:allowedAccountIds"]), found: ["NoAccount aws:allowedAccountIds"] },
  "an account that YAML takes for a number": {
    make: set(["config", "aws:allowedAccountIds"], [123456789012]),
    found: ["InvalidValue aws:allowedAccountIds"],
  },
  "two accounts": {
    make: set(["config", "aws:allowedAccountIds"], ["123456789012", "210987654321"]),
    found: ["InvalidValue aws:allowedAccountIds"],
  },
  "no region": { make: remove(["config", "aws:region"]), found: ["NoRegion aws:region"] },
  "a zone in the place of the region": { make: set(["config", "aws:region"], "eu-central-1a"), found: ["InvalidValue aws:region"] },
  "six mistakes in one file": {
    make: (document) => {
      document.deleteIn(["config", "aws:region"]);
      document.setIn([...fleet, "zoness"], []);
      document.setIn([...fleet, "logs"], document.createNode({ retentionDays: 2 }));
      document.setIn([...group, "network"], "mainet");
      document.setIn([...group, "count"], "2");
      document.setIn([...fleet, "nodes", "oak"], document.createNode({ network: "mainnet" }));
    },
    found: [
      "InvalidValue coinfleet:fleet.logs.retentionDays",
      "InvalidValue coinfleet:fleet.nodes.acorn.count",
      "NoRegion aws:region",
      "UnknownCoin coinfleet:fleet.nodes.oak",
      "UnknownKey coinfleet:fleet.zoness",
      "UnknownNetwork coinfleet:fleet.nodes.acorn.network",
    ],
  },
};

function problemsOf(text: string): readonly string[] {
  const reading = read(text);
  return "problems" in reading ? reading.problems.map((one) => `${one.name} ${one.path}`).sort() : [];
}

describe("a stack file", () => {
  it("is read with its defaults when it is good", () => {
    const reading = read(good);
    assert.ok("config" in reading, "text" in reading ? reading.text : "");
    assert.deepEqual(reading.config.place, { environment: "bad", account: "123456789012", region: "eu-central-1" });
    assert.deepEqual(reading.config.spec.logs, { retentionDays: 30 });
    assert.deepEqual(reading.config.spec.alerts, { page: [], warn: [] });
    assert.deepEqual(
      reading.config.fleet.groups.map((one) => [one.name, one.networkName, one.nodes.length]),
      [["acorn", "mainnet", 2]],
    );
  });

  for (const [what, { make, found }] of Object.entries(mistakes)) {
    it(`fails with the name and place of the mistake: ${what}`, () => assert.deepEqual(problemsOf(changed(make)), [...found].sort()));
  }

  it("fails with line and column when a key stands twice", () => {
    assert.deepEqual(problemsOf(good.replace("    network:", "    zones: [eu-central-1c]\n    network:")), ["NotYaml line 7, column 5"]);
  });

  it("fails with line and column when it is no YAML", () => {
    assert.deepEqual(problemsOf("config: [\n"), ["NotYaml line 2, column 1"]);
  });

  it("tells each mistake in words that a review has seen", () => {
    const texts = Object.entries(mistakes).map(([what, { make }]) => {
      const reading = read(changed(make));
      return `### ${what}\n\n${"text" in reading ? reading.text : "nothing was found"}\n`;
    });
    compareWithGolden(new URL("../test/golden/bad-stack-files.txt", import.meta.url), texts.join("\n"));
  });
});

function compareWithGolden(file: URL, text: string): void {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  assert.ok(existsSync(file), "no golden file yet: run with UPDATE_GOLDEN=1, then read what it has written");
  assert.equal(text, readFileSync(file, "utf8"));
}
