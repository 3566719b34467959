import type { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import { rpcCall } from "../fleet/litecoin-rpc.ts";

/** What a host shows of its data. */
export interface DataFacts {
  /** UUID of the file system, and digest of what was written when it was made. */
  readonly volume: string;
  readonly height: number;
}

const data = "/var/lib/coinfleet/data";
/** Two blocks may be in flight, and two more come while everybody is asked. */
const allowedBlocksBehind = 4;
/** Two probes and the time in which they are believed. */
const believedSec = 45;

export const dataFacts = async (fleet: FleetUnderTest, node: string): Promise<DataFacts> => {
  const volume = await fleet.onHost(
    node,
    `blkid -s UUID -o value $(findmnt -no SOURCE --mountpoint ${data}); sha256sum <${data}/.coinfleet/volume.json`,
  );
  return { volume, height: Number(await fleet.onHost(node, `${rpcCall("getblockcount")} | jq -r .result`)) };
};

/** Hash of a block, by the node itself. */
export const blockHash = (fleet: FleetUnderTest, node: string, height: number): Promise<string> =>
  fleet.onHost(node, `${rpcCall("getblockhash", height)} | jq -r .result`);

/** Watches a group for nodes that say that they are healthy and are not. */
export class HonestyWatch {
  readonly #fleet: FleetUnderTest;
  readonly #nodes: readonly string[];
  readonly #wrongSince = new Map<string, number>();
  #best = 0;
  /** What was seen, for a person. */
  readonly violations: string[] = [];
  looks = 0;

  constructor(fleet: FleetUnderTest, nodes: readonly string[]) {
    this.#fleet = fleet;
    this.#nodes = nodes;
  }

  /** One look at each node: what its agent tells load balancers, against what its daemon has. */
  async look(): Promise<void> {
    const best = this.#best;
    for (const node of this.#nodes) {
      const script = `health=$(curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9797/healthz || true); height=$(${rpcCall("getblockcount")} | jq -r .result || true); echo "$health \${height:-none}"`;
      // A host that cannot be asked tells nobody that it is healthy.
      const said = await this.#fleet.onHost(node, script).catch(() => "000 none");
      const [health = "", height = ""] = said.split(" ");
      this.looks += 1;
      const own = /^\d+$/.test(height) ? Number(height) : undefined;
      if (own !== undefined) this.#best = Math.max(this.#best, own);
      const isWrong = health === "200" && (own === undefined || own < best - allowedBlocksBehind);
      if (!isWrong) this.#wrongSince.delete(node);
      else if (Date.now() - (this.#wrongSince.get(node) ?? this.#begin(node)) > believedSec * 1000)
        this.violations.push(`${node} says that it is healthy with height ${height}; the group had ${best}`);
    }
  }

  #begin(node: string): number {
    const now = Date.now();
    this.#wrongSince.set(node, now);
    return now;
  }
}
