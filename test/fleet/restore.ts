import assert from "node:assert/strict";
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { StackFile } from "../engine/support.ts";
import type { FleetUnderTest } from "./fleet-under-test.ts";
import { withFleet, type Groups } from "./stack.ts";
import { rpcCall } from "./litecoin-rpc.ts";

/** Where an operator keeps archives: takes one by PUT, gives it by GET, and can give it with one bit turned. */
class ArchiveServer {
  readonly #server: Server;
  readonly url: string;
  archive: Buffer = Buffer.alloc(0);
  isTampered = false;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(address: string): Promise<ArchiveServer> {
    const server = createServer((request, response) => {
      if (request.method !== "PUT") return void response.end(archives.isTampered ? turned(archives.archive) : archives.archive);
      const parts: Buffer[] = [];
      request
        .on("data", (part: Buffer) => parts.push(part))
        .on("end", () => {
          archives.archive = Buffer.concat(parts);
          response.end();
        });
    });
    server.listen(0, address);
    await once(server, "listening");
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("the archive server has no port");
    const archives = new ArchiveServer(server, `http://${address}:${bound.port}/litecoin.tar`);
    return archives;
  }

  digest(): string {
    const hash: Hash = createHash("sha256");
    return hash.update(this.archive).digest("hex");
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** The archive with one bit turned in its middle: a file's content, not the archive's structure. */
function turned(archive: Buffer): Buffer {
  const copy = Buffer.from(archive);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}

const data = "/var/lib/coinfleet/data/litecoind";

/** First start of a node with an empty volume, from an archive of a node's own data. */
export function describeRestore(fleetUnderTest: () => FleetUnderTest, file: (groups: Groups) => StackFile): void {
  describe("restoring an archive on an empty volume", () => {
    let fleet: FleetUnderTest;
    let archives: ArchiveServer;
    let height: number;
    let hash: string;
    const withRestore = (): StackFile =>
      file({
        restored: {
          coin: "litecoin",
          network: "regtest",
          sources: { litecoind: "debian" },
          blockEverySec: 5,
          restore: { url: archives.url, sha256: archives.digest(), format: "tar" },
        },
      });

    before(async () => {
      fleet = fleetUnderTest();
      archives = await ArchiveServer.start(fleet.outerAddress);
      height = (await fleet.untilAgent("litecoin-2", "synced", ({ isSynced }) => isSynced)).probe?.height ?? 0;
      hash = await blockHash("litecoin-2", height);
      const unit = await fleet.daemonUnit("litecoin-2");
      await fleet.onHost(
        "litecoin-2",
        `systemctl stop ${unit}; tar -C ${data} -cf - regtest | curl --fail --silent --upload-file - ${archives.url}; systemctl start ${unit}`,
      );
    });

    after(() => archives?.stop());

    it("fails at the gate for an archive that is not the pinned one, and shows the daemon nothing of it", async () => {
      archives.isTampered = true;
      await fleet.stack.write(withRestore());
      const { code, stdout, stderr } = await fleet.stack.up();
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /failed on restored-1[^]*restore +failed .*is not the pinned one/);
      const host = await fleet.stack.idOf("aws:ec2/instance:Instance", "restored-1-host");
      assert.equal(await fleet.onInstance(host, `ls -A ${data}`), "");
      assert.equal(await fleet.onInstance(host, "docker ps -aq --filter name=litecoind"), "");
    });

    it("goes on with the next update when the archive is corrected, from the archive's blocks", async () => {
      archives.isTampered = false;
      await fleet.up(withRestore());
      const { probe } = await fleet.untilAgent("restored-1", "synced", ({ isSynced }) => isSynced);
      assert.ok((probe?.height ?? 0) >= height, `${probe?.height} is below the archive's ${height}`);
      assert.equal(await blockHash("restored-1", height), hash);
      assert.match(await fleet.onHost("restored-1", "coinfleet-host status"), /restore +done +restored/);
    });

    it("is not needed again by a volume that comes back: removed with its group, kept, adopted, and its chain goes on", async () => {
      const names = { volumes: ["restored-1-data-volume-g1"], secrets: ["restored-secrets-rpc"] } as const;
      const types = { volumes: "aws:ebs/volume:Volume", secrets: "aws:secretsmanager/secret:Secret" } as const;
      const before = (await fleet.agent("restored-1")).probe?.height ?? 0;
      const [volume, secret] = [
        await fleet.stack.idOf(types.volumes, names.volumes[0]),
        await fleet.stack.idOf(types.secrets, names.secrets[0]),
      ];
      await fleet.up(withFleet(file({}), { retired: names }));
      await fleet.up(file({}));
      // Without the archive: what the node then has is what was on its volume.
      const again = file({ restored: { coin: "litecoin", network: "regtest", sources: { litecoind: "debian" } } });
      await fleet.up(withFleet(again, { adopt: { [names.volumes[0]]: volume, [names.secrets[0]]: secret } }));
      assert.equal(fleet.nodes["restored-1"]?.volumeId, volume);
      const { probe } = await fleet.untilAgent("restored-1", "an answer", (status) => status.probe !== undefined);
      assert.ok((probe?.height ?? 0) >= before, `${probe?.height} is below ${before}`);
      assert.equal(await blockHash("restored-1", height), hash);
    });

    async function blockHash(node: string, at: number): Promise<string> {
      const found = await fleet.onHost(node, `${rpcCall("getblockhash", at)} | jq -r .result`);
      assert.match(found, /^[0-9a-f]{64}$/);
      return found;
    }
  });
}
