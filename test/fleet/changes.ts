import assert from "node:assert/strict";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { PlanLine, StackFile } from "../engine/support.ts";
import type { FleetUnderTest } from "./fleet-under-test.ts";
import type { Groups } from "./stack.ts";

const type = {
  command: "command:local:Command",
  image: "coinfleet:aws:Image",
  parameter: "aws:ssm/parameter:Parameter",
  build: "docker:index/remoteImage:RemoteImage",
  push: "docker:index/registryImage:RegistryImage",
  secret: "aws:secretsmanager/secret:Secret",
} as const;

const oldRelease = "1.16.8";
const newRelease = "1.16.9";

/** What the fleet begins with: a release that is not the coin's newest. */
export const beforeUpgrade: Groups = { ethereum: { release: { geth: oldRelease } } };

/** Lines of a plan in an order of their own: the engine's depends on what is ready first. */
const sorted = (lines: readonly PlanLine[]): readonly PlanLine[] => [...lines].sort();

/** A digest changes with what it is of; that it changes is what the plan says. */
const withoutDigests = (lines: readonly PlanLine[]): readonly PlanLine[] =>
  lines.map((line) => line.replace(/-[0-9a-f]{8}-x86_64/, "-<digest>-x86_64"));

/** A new release of one coin on a running fleet: what cannot be trusted or built changes nothing, what can arrives on the same host. */
export function describeChanges(fleetUnderTest: () => FleetUnderTest, file: (groups?: Groups) => StackFile): void {
  describe("a new release of one coin", () => {
    let fleet: FleetUnderTest;
    before(() => void (fleet = fleetUnderTest()));

    /** What the daemon answers on its own host. */
    async function gethVersion(): Promise<string> {
      const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "web3_clientVersion", params: [] });
      return fleet.onHost("ethereum-1", `curl -s -H content-type:application/json -d '${call}' http://127.0.0.1:8545`);
    }

    it("has no secret's value in the state", async () => {
      const state = JSON.stringify(await fleet.stack.state());
      const secrets = (await fleet.stack.state()).filter((one) => one.type === type.secret);
      assert.ok(secrets.length > 0);
      const client = new SecretsManagerClient(fleet.clientSettings);
      for (const { id } of secrets) {
        const { SecretString: value = "" } = await client.send(new GetSecretValueCommand({ SecretId: id }));
        assert.match(value, /^[0-9a-f]{64}$/);
        assert.equal(state.includes(value), false);
      }
    });

    it("plans its image, its parameter and its gate, and nothing else", async () => {
      await fleet.stack.write(file());
      const image = (op: string, version: string): readonly PlanLine[] => [
        `${op} ${type.image} ethereum-geth-${version}-go-<digest>-x86_64`,
        `${op} ${type.build} ethereum-geth-${version}-go-<digest>-x86_64-build`,
        `${op} ${type.push} ethereum-geth-${version}-go-<digest>-x86_64-push`,
      ];
      assert.deepEqual(
        sorted(withoutDigests(await fleet.stack.plan())),
        sorted([
          ...image("create", newRelease),
          ...image("delete", oldRelease),
          `update ${type.parameter} ethereum-1-parameters-release`,
          `replace ${type.command} ethereum-1-gate`,
        ]),
      );
    });

    it("is refused when no docker engine answers, with what to do, and nothing has changed", async () => {
      await fleet.stack.write(file());
      const { code, stdout, stderr } = await fleet.stack.withEnv({ DOCKER_HOST: "unix:///nowhere/docker.sock" }).up();
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /docker/i);
      assert.match(stdout + stderr, /nowhere\/docker\.sock/);
      assert.match(await gethVersion(), new RegExp(`Geth/v${oldRelease}`));
      await fleet.stack.write(file(beforeUpgrade));
      // Components and providers are entries of the state alone: nothing was made for them.
      const real = (line: PlanLine): boolean => !line.includes(` ${type.image} `) && !line.includes(" pulumi:providers:");
      assert.deepEqual((await fleet.stack.plan()).filter(real), []);
    });

    it("is refused when its source is not the pinned one, and the old release runs on", async () => {
      await fleet.stack.write(file());
      const coin = "coins/ethereum/index.ts";
      const pinned = /"1\.16\.9": "(h1:[^"]+)"/;
      const digest = pinned.exec(await fleet.stack.read(coin))?.[1] ?? assert.fail("no pinned sum");
      // Another module's sum in the place of this one's: to the program, the source has been tampered with.
      await fleet.stack.edit(coin, digest, `h1:${"A".repeat(43)}=`);
      try {
        const { code, stdout, stderr } = await fleet.stack.up();
        assert.notEqual(code, 0);
        assert.match(stdout + stderr, /h1:A{43}=/);
        assert.match(stdout + stderr, /go-ethereum[\s\S]*1\.16\.9/);
      } finally {
        await fleet.stack.edit(coin, `h1:${"A".repeat(43)}=`, digest);
      }
      // The edited coin is also a new agent, so the plan is not empty here.
      assert.match(await gethVersion(), new RegExp(`Geth/v${oldRelease}`));
      assert.deepEqual(
        Object.keys(await fleet.images()).filter((image) => image.includes(newRelease)),
        [],
      );
    });

    it("arrives on the same host and the same volume, as the daemon itself says", async () => {
      const before = fleet.nodes["ethereum-1"];
      await fleet.up(file());
      assert.deepEqual(fleet.nodes["ethereum-1"], before);
      assert.match(await gethVersion(), new RegExp(`Geth/v${newRelease}`));
      assert.deepEqual(await fleet.stack.plan(), []);
    });
  });
}
