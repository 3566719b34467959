import assert from "node:assert/strict";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { AgentStatus } from "@coinfleet/sdk";
import type { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { fleetOf } from "../fleet/stack.ts";
import { describeDaemon } from "./describe-daemon.ts";

const lightning = { network: "regtest", count: 1, sources: { lnd: "go" } };
const node = "lightning-1";

/** What docs/lightning.md says, with the network of the tests. */
const lncli = "lncli --lnddir=/data --network=regtest";
/** A terminal, which `lncli create` wants, whose keys come from standard input. */
const inTerminal = `python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'`;
/** Twice the password, no words of an earlier wallet, and no second password for the words. */
const answers = `token=$(cat /run/coinfleet/daemons/lnd/wallet.token); printf '%s\\n' "$token" "$token" n ''`;

/** Declares the tests of a Lightning node that the bitcoind of the same fleet serves: `served` are the groups that run already. */
export function describeLightning(
  fleet: () => FleetUnderTest,
  served: Readonly<Record<"bitcoin", Readonly<Record<string, unknown>>>>,
): void {
  describe("lnd, served by bitcoind", () => {
    let identity: string;
    const wallet = (): Promise<string> => fleet().onHost(node, `docker exec lnd ${lncli} getinfo | jq -r .identity_pubkey`);
    const well = (): Promise<AgentStatus> => fleet().untilAgent(node, "synced", ({ isSynced }) => isSynced, 300);

    it("waits for its wallet at its gate, and takes the one that a person makes as the documentation says", async function () {
      this.timeout(60 * 60_000);
      const file = fleetOf({ ...served, lightning: { ...lightning, servedBy: "bitcoin" } });
      await Promise.all([fleet().up(file), makeWallet(fleet())]);
      await well();
      identity = await wallet();
      assert.match(identity, /^0[23][0-9a-f]{64}$/);
    });

    it("follows the chain of the node that serves it", async () => {
      const { probe } = await well();
      assert.ok(probe);
      await fleet().untilAgent(
        node,
        "two blocks more",
        (status) => status.isSynced && (status.probe?.height ?? 0) >= probe.height + 2,
        300,
      );
    });

    it("is not synced while the node that serves it is gone, and is again when that is back", async () => {
      const { probe } = await well();
      const unit = await fleet().daemonUnit("bitcoin-1");
      await fleet().onHost("bitcoin-1", `systemctl stop ${unit}`);
      try {
        await fleet().untilAgent(node, "not synced, and without a height", (status) => !status.isSynced && status.probe === undefined);
      } finally {
        await fleet().onHost("bitcoin-1", `systemctl start ${unit}`);
      }
      const back = await well();
      assert.ok((back.probe?.height ?? 0) >= (probe?.height ?? assert.fail("no height before")));
      assert.equal(await wallet(), identity);
    });

    describeDaemon(fleet, "lightning", lightning);

    describe("after its stop", () => {
      it("has the same wallet", async () => {
        await well();
        assert.equal(await wallet(), identity);
      });
    });
  });
}

/** What a person does once, while the node waits at its gate. */
async function makeWallet(fleet: FleetUnderTest): Promise<void> {
  const host = await fleet.until("the host of lnd", 45 * 60, () => runningInstance(fleet));
  const on = (script: string): Promise<string> => fleet.onInstance(host, script);
  const untilSaid = (text: string, path: string): Promise<true> =>
    fleet.until(`${path} to say "${text}"`, 15 * 60, async () =>
      (await on(`curl --silent --insecure --max-time 5 ${path} || true`)).includes(text) ? true : undefined,
    );
  const state = "https://127.0.0.1:8080/v1/state";
  await untilSaid("NON_EXISTING", state);
  await untilSaid("nobody has made the wallet yet", "http://127.0.0.1:9797/status");
  const said = await on(`(${answers}) | ${inTerminal} docker exec -it lnd ${lncli} create`);
  assert.match(said, /lnd successfully initialized!/);
  await untilSaid("SERVER_ACTIVE", state);
  const macaroon = await on(`docker exec lnd ${lncli} bakemacaroon info:read onchain:read`);
  const client = new SecretsManagerClient(fleet.clientSettings);
  await client.send(new PutSecretValueCommand({ SecretId: "coinfleet/test/lightning/macaroon", SecretString: macaroon }));
  client.destroy();
  await on("coinfleet-host apply || test $? = 3");
}

/** The instance of lnd's node, before the stack's outputs name it. */
async function runningInstance({ clientSettings }: FleetUnderTest): Promise<string | undefined> {
  const client = new EC2Client(clientSettings);
  const Filters = [
    { Name: "tag:coinfleet:node", Values: [node] },
    { Name: "instance-state-name", Values: ["running"] },
  ];
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }));
  client.destroy();
  return Reservations[0]?.Instances?.[0]?.InstanceId;
}
