import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { renderMachineImage, type MachineImage } from "../index.ts";

const options = {
  architecture: "x86_64",
  source: { name: "debian-12-amd64-*", owner: "136693071363" },
  sshUser: "debian",
  instanceType: "m6i.large",
} as const;
const debian = renderMachineImage({ ...options, distribution: "debian" });
const amazon = renderMachineImage({ ...options, distribution: "amazon-linux-2023" });
const isThere = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

describe("the machine image", function () {
  this.timeout(30_000);
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "coinfleet-image-"));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  function write({ files }: MachineImage): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
  }

  const isScript = ([, text]: readonly [string, string]): boolean => text.startsWith("#!/bin/bash");
  const scripts = Object.entries({ ...debian.files, "provision/packages-amazon.sh": amazon.files["provision/packages.sh"] ?? "" }).filter(
    isScript,
  );

  it("has scripts that fit on a page", () => {
    assert.deepEqual(
      scripts.filter(([, text]) => text.split("\n").length >= 60).map(([path]) => path),
      [],
    );
    assert.ok(scripts.length > 20);
  });

  it("has scripts that shellcheck has nothing against", function () {
    if (!isThere("shellcheck")) this.skip();
    write({ ...debian, files: { ...debian.files, "provision/packages-amazon.sh": amazon.files["provision/packages.sh"] ?? "" } });
    const root = join(directory, "provision/root");
    const check = (paths: readonly string[]): string =>
      spawnSync("shellcheck", ["-x", "-P", root, "-f", "gcc", ...paths], { cwd: root, encoding: "utf8" }).stdout;
    assert.equal(check(scripts.map(([path]) => join(directory, path))), "");
    const [, text] = scripts.find(([path]) => path.endsWith("/volume")) ?? assert.fail();
    writeFileSync(join(root, "careless"), `${text}rm -rf $data/\n`);
    assert.match(check([join(root, "careless")]), /SC2115/);
  });

  it("is a template that Packer accepts", function () {
    if (!isThere("packer")) this.skip();
    for (const image of [debian, amazon]) {
      write(image);
      const { status, stdout, stderr } = spawnSync("packer", ["validate", "-var", "region=eu-central-1", "."], {
        cwd: directory,
        encoding: "utf8",
        env: { ...process.env, CHECKPOINT_DISABLE: "1" },
      });
      assert.equal(status, 0, stdout + stderr);
    }
  });

  it("differs between distributions in the package step and in what only one of them has", () => {
    const differing = [...new Set([...Object.keys(debian.files), ...Object.keys(amazon.files)])].filter(
      (path) => debian.files[path] !== amazon.files[path],
    );
    assert.deepEqual(differing.sort(), [
      "provision/packages.sh",
      "provision/root/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json",
      "template.pkr.hcl",
    ]);
  });

  it("has a name that changes with its content and with nothing else", () => {
    assert.equal(renderMachineImage({ ...options, distribution: "debian" }).amiName, debian.amiName);
    assert.match(debian.amiName, /^coinfleet-host-debian-x86_64-[0-9a-f]{8}$/);
    assert.notEqual(renderMachineImage({ ...options, distribution: "debian", instanceType: "c6i.large" }).amiName, debian.amiName);
  });

  it("names only scripts that exist in its units, and only units that exist", () => {
    const units = Object.entries(debian.files).filter(([path]) => path.includes("/etc/systemd/system/"));
    const names = new Set(units.map(([path]) => path.split("/").at(-1)));
    for (const [path, text] of units) {
      for (const [, script] of text.matchAll(/^Exec\w+=-?(\/usr\/lib\/coinfleet\/\S+)/gm)) {
        assert.ok(`provision/root${script ?? ""}` in debian.files, `${path}: ${script ?? ""}`);
      }
      for (const [, list = ""] of text.matchAll(/^(?:Requires|Wants|After)=(.*)$/gm)) {
        for (const unit of list.split(" ").filter((one) => one.startsWith("coinfleet"))) assert.ok(names.has(unit), `${path}: ${unit}`);
      }
    }
    assert.ok(names.size >= 12);
  });
});
