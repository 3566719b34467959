import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linkDockerConfig } from "./docker-config.ts";

describe("linkDockerConfig", () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "coinfleet-docker-config-"))));
  afterEach(() => rmSync(root, { recursive: true }));

  const read = (environment: NodeJS.ProcessEnv): string => readFileSync(join(root, linkDockerConfig(root, environment)), "utf8");

  it("is empty where the user has no configuration, and the user's as soon as there is one", () => {
    const home = join(root, "home");
    assert.equal(read({ HOME: home }), "{}\n");
    mkdirSync(join(home, ".docker"), { recursive: true });
    writeFileSync(join(home, ".docker/config.json"), '{"credHelpers":{}}');
    assert.equal(read({ HOME: home }), '{"credHelpers":{}}');
    rmSync(join(home, ".docker"), { recursive: true });
    assert.equal(read({ HOME: home }), "{}\n");
    assert.deepEqual(readdirSync(join(root, ".coinfleet/docker")), ["config.json"]);
  });

  it("is that of DOCKER_CONFIG where this is set", () => {
    mkdirSync(join(root, "other"));
    writeFileSync(join(root, "other/config.json"), '{"auths":{}}');
    assert.equal(read({ HOME: join(root, "home"), DOCKER_CONFIG: join(root, "other") }), '{"auths":{}}');
  });

  it("takes no notice of what a killed program has left", () => {
    mkdirSync(join(root, ".coinfleet/docker"), { recursive: true });
    writeFileSync(join(root, `.coinfleet/docker/config.json.${process.pid}`), "half");
    mkdirSync(join(root, "other"));
    writeFileSync(join(root, "other/config.json"), "{}");
    assert.equal(read({ DOCKER_CONFIG: join(root, "other") }), "{}");
  });

  it("is the same path everywhere", () => assert.equal(linkDockerConfig(root, { HOME: root }), ".coinfleet/docker/config.json"));
});
