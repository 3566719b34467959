import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { FleetUnderTest } from "./fleet-under-test.ts";
import { RequestSampler } from "./request-sampler.ts";
import type { TipServer } from "./tip-server.ts";

const name = "litecoin.internal";
const rpc = 19443;
const zmq = 18083;
// What the load balancer promises: two failed checks, ten seconds apart, and their time.
const outLimitSec = 30;
// More than a network load balancer's idle timeout where nothing else is said.
const silentSec = 400;

/** A ZMQ subscriber (ZMTP 3.0, no security). Subscribes to what never comes, is silent for a time, then wants blocks: prints their topic. */
const subscriber = `
import socket, struct, sys, time
server = socket.create_connection(("monero.internal", ${zmq}), 5)
server.settimeout(60)
stream = server.makefile("rb")
server.sendall(b"\\xff" + bytes(7) + b"\\x01\\x7f\\x03\\x00" + b"NULL".ljust(20, b"\\x00") + bytes(32))
assert len(stream.read(64)) == 64
ready = b"\\x05READY\\x0bSocket-Type" + struct.pack(">I", 3) + b"SUB"
server.sendall(bytes([4, len(ready)]) + ready)
def frame():
    flags = stream.read(1)[0]
    size = struct.unpack(">Q", stream.read(8))[0] if flags & 2 else stream.read(1)[0]
    return stream.read(size)
def subscribe(topic):
    server.sendall(bytes([0, len(topic) + 1]) + b"\\x01" + topic)
assert frame().startswith(b"\\x05READY")
subscribe(b"never")
time.sleep(float(sys.argv[1]))
subscribe(b"json-minimal-chain_main")
print(frame().decode().split(":")[0])
`;

/** The group's name with a real load balancer behind it. Does not prove what AWS's own one does beyond its documented attributes. */
export function describeBalancer(at: () => FleetUnderTest, tips: readonly TipServer[]): void {
  describe("behind their load balancer", () => {
    const subscribe = (seconds: number): Promise<string> => at().onHost("monero-1", `python3 -c '${subscriber}' ${seconds}`);
    const served = async (): Promise<boolean> =>
      (await at().onHost(
        "litecoin-1",
        `curl --silent --max-time 3 --output /dev/null http://${name}:${rpc}/ && echo served || echo refused`,
      )) === "served";

    before(async () => {
      const fleet = at();
      for (const node of ["litecoin-1", "litecoin-2"]) await fleet.untilAgent(node, "synced", ({ isSynced }) => isSynced);
      await fleet.until(`${name} to be served`, 180, async () => {
        for (let n = 0; n < 10; n++) if (!(await served())) return undefined;
        return true;
      });
    });

    it(`answer by one name, and one that nobody reaches is out within ${outLimitSec} s`, async () => {
      const fleet = at();
      const sampler = await RequestSampler.start(fleet, "litecoin-1", { host: name, port: rpc, everySec: 0.5 });
      await sleep(10_000);
      // Its peers still reach it: without its sibling the other one would have no peer at all, and be out too.
      const drop = "nft add table inet lost; nft 'add chain inet lost l { type filter hook prerouting priority -300; }'";
      await fleet.onHost("litecoin-2", `${drop}; nft add rule inet lost l tcp dport '{ ${rpc}, 9797 }' drop`);
      const gone = Date.now() / 1000;
      await sleep((outLimitSec + 20) * 1000);
      await fleet.onHost("litecoin-2", "nft delete table inet lost");
      await sleep(30_000);
      const samples = (await sampler.stop()).map(({ sec, ok }) => ({ sec: sec - gone, ok }));
      const failed = samples.filter(({ ok }) => !ok);
      const last = failed.at(-1)?.sec ?? 0;
      process.stdout.write(
        `      ${failed.length} of ${samples.length} requests failed, the last ${last.toFixed(0)} s after the host was lost\n`,
      );
      assert.ok(samples.length > 100, `${samples.length} samples`);
      assert.ok(failed.length > 0, "no request met the node that was gone: what was measured?");
      assert.deepEqual(
        failed.filter(({ sec }) => sec < -5 || sec > outLimitSec),
        [],
      );
    });

    it("refuse RPC when all of them are behind, though a load balancer then lets everything through", async () => {
      const fleet = at();
      for (const tip of tips) tip.offset = 100;
      try {
        await fleet.until(`${name} to be refused`, 120, async () => ((await served()) ? undefined : true));
      } finally {
        for (const tip of tips) tip.offset = 0;
      }
      await fleet.until(`${name} to be served again`, 120, async () => ((await served()) ? true : undefined));
    });

    it("tell ZMQ subscribers of new blocks", async () => assert.equal(await subscribe(1), "json-minimal-chain_main"));

    it(`tell a ZMQ subscriber that has heard nothing for ${silentSec} s`, async () =>
      assert.equal(await subscribe(silentSec), "json-minimal-chain_main"));
  });
}
