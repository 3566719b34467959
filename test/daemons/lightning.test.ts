import assert from "node:assert/strict";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { FakeUpstream } from "../../packages/build/src/testing/index.ts";
import { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { startBitcoinUpstream } from "./bitcoin-upstream.ts";
import { describeDaemon } from "./describe-daemon.ts";

const bitcoin = { network: "regtest", count: 2, sources: { bitcoind: "upstream" }, blockEverySec: 5 };
const lightning = { network: "regtest", count: 1, sources: { lnd: "go" }, servedBy: "bitcoin" };

/**
 * Bitcoin Core, compiled here from its own sources and delivered as upstream delivers it, and an lnd that it serves: its wallet is made as
 * docs/lightning.md says, by the same commands. Which release of bitcoind runs is not the pinned one's word: see bitcoin-core.ts.
 */
describe("bitcoind, and an lnd on it", function () {
  this.timeout(15 * 60_000);
  let upstream: FakeUpstream | undefined;
  let fleet: FleetUnderTest;

  before(async function () {
    this.timeout(45 * 60_000);
    fleet = await FleetUnderTest.start(`lightning-${process.pid}`);
    upstream = await startBitcoinUpstream(fleet.stack);
    fleet.setVariables({ COINFLEET_MIRROR: upstream.url });
    // The update waits at lnd's gate until somebody has made its wallet.
    const [updated, made] = await Promise.allSettled([fleet.up(fleetOf({ bitcoin, lightning })), makeWallet(fleet)]);
    for (const one of [made, updated]) if (one.status === "rejected") throw one.reason;
  });
  after(async () => {
    await upstream?.close();
    await fleet?.remove();
  });

  it("runs the bitcoind that was compiled", async () => {
    assert.match(await fleet.onHost("bitcoin-1", "docker exec bitcoind bitcoind -version"), /v31\.99\.0/);
  });

  describeDaemon(() => fleet, "bitcoin", bitcoin);
  describeDaemon(() => fleet, "lightning", { ...lightning, hasPeers: false });

  it("lets lnd follow bitcoind block by block, with the same hashes", async () => {
    const { probe } = await fleet.untilAgent("lightning-1", "synced", ({ isSynced }) => isSynced, 300);
    const ahead = (probe?.height ?? 0) + 3;
    await fleet.untilAgent("lightning-1", `height ${ahead}`, (status) => (status.probe?.height ?? 0) >= ahead && status.isSynced);
  });

  it("refuses a wrong macaroon, and says so", async () => {
    await setMacaroon(fleet, "00");
    try {
      const { why } = await fleet.untilAgent("lightning-1", "no answer", ({ probe }) => probe === undefined);
      assert.match(why, /macaroon/);
    } finally {
      await setMacaroon(fleet, await bakeMacaroon(fleet));
    }
    await fleet.untilAgent("lightning-1", "synced", ({ isSynced }) => isSynced, 300);
  });
});

/** Waits for the host, and does on it what docs/lightning.md asks of a person. */
async function makeWallet(fleet: FleetUnderTest): Promise<void> {
  const instanceId = await fleet.until("lightning's host", 20 * 60, () => instanceOf(fleet, "lightning-1"));
  const on = (script: string): Promise<string> => fleet.onInstance(instanceId, script);
  await fleet.until("lnd's wallet service", 10 * 60, async () =>
    on("docker exec lnd lncli --lnddir=/data --network=regtest state").then(
      (state) => (state.includes("NON_EXISTING") ? true : undefined),
      () => undefined,
    ),
  );
  // It asks on a terminal: the password twice, whether there are words already, and a passphrase for them.
  const password = '"$(cat /run/coinfleet/daemons/lnd/wallet.token)"';
  const answers = `sleep 2; for answer in ${password} ${password} n ''; do echo "$answer"; sleep 2; done; sleep 10`;
  const said = await on(
    `(${answers}) | script --quiet --return --command 'docker exec -it lnd lncli --lnddir=/data --network=regtest create' /dev/null`,
  );
  assert.match(said, /lnd successfully initialized!/);
  const macaroon = await fleet.until("lnd to bake a macaroon", 120, () => on(baking).catch(() => undefined));
  await putMacaroon(fleet, macaroon);
  await on("coinfleet-host apply");
}

const baking = "docker exec lnd lncli --lnddir=/data --network=regtest bakemacaroon info:read onchain:read";
const bakeMacaroon = (fleet: FleetUnderTest): Promise<string> => fleet.onHost("lightning-1", baking);

async function setMacaroon(fleet: FleetUnderTest, macaroon: string): Promise<void> {
  await putMacaroon(fleet, macaroon);
  await fleet.onHost("lightning-1", "coinfleet-host apply");
}

async function putMacaroon({ clientSettings }: FleetUnderTest, macaroon: string): Promise<void> {
  const client = new SecretsManagerClient(clientSettings);
  await client.send(new PutSecretValueCommand({ SecretId: "coinfleet/test/lightning/macaroon", SecretString: macaroon }));
  client.destroy();
}

async function instanceOf({ clientSettings }: FleetUnderTest, node: string): Promise<string | undefined> {
  const client = new EC2Client(clientSettings);
  const Filters = [
    { Name: "tag:coinfleet:node", Values: [node] },
    { Name: "instance-state-name", Values: ["running"] },
  ];
  const { Reservations } = await client.send(new DescribeInstancesCommand({ Filters }));
  client.destroy();
  return Reservations?.[0]?.Instances?.[0]?.InstanceId;
}
