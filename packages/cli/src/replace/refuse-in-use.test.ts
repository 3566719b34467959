import assert from "node:assert/strict";
import { startFakeAws, type FakeAws } from "../testing/fake-aws.ts";
import { fakeCaller, fakeFleet, fakeMetrics } from "../testing/fake-fleet.ts";
import { refuseInUse } from "./refuse-in-use.ts";

describe("a node that is about to lose its volume", () => {
  let aws: FakeAws;
  let said: string[];

  /** Which nodes are synced, and who holds litecoin-2. */
  function given(synced: readonly string[], holder?: string): void {
    fakeMetrics(aws, (node, metric) => (metric === "BlocksBehind" ? 9 : Number(metric !== "Synced" || synced.includes(node))));
    const item = { Scope: { S: "hold/litecoin" }, Entry: { S: "litecoin-2" }, Reason: { S: "I look at its disk" }, Since: { N: "1" } };
    aws.on("Query", () => ({ json: { Items: holder === undefined ? [] : [{ ...item, By: { S: holder } }] } }));
  }

  beforeEach(async () => {
    aws = await startFakeAws();
    said = [];
    fakeFleet(aws, 2);
    fakeCaller(aws, "alice");
  });
  afterEach(() => aws.close());

  async function holderOf(node: string, isForced = false): Promise<string | undefined> {
    const leaving = { environment: "test", region: "eu-central-1", group: "litecoin", node, isForced };
    return (await refuseInUse({ ...leaving, say: (text) => void said.push(text) }))?.by;
  }

  it("may be one that is not synced, whatever its siblings are, and one that is while they are too", async () => {
    for (const synced of [["litecoin-1"], [], ["litecoin-1", "litecoin-2"]]) {
      given(synced);
      assert.equal(await holderOf("litecoin-2"), undefined);
    }
    assert.deepEqual(said, []);
  });

  it("is not the one that serves while a sibling does not, unless that is meant", async () => {
    given(["litecoin-1"]);
    await assert.rejects(
      holderOf("litecoin-1"),
      /SiblingNotHealthy: litecoin-1 is synced[^]*litecoin-2 is [^]*--force[^]*Nothing has been changed/,
    );
    assert.equal(await holderOf("litecoin-1", true), undefined);
    assert.match(said.join(), /SiblingNotHealthy[^]*Goes on all the same/);
  });

  it("may be held by who replaces it, and by nobody else, unless that is meant", async () => {
    given(["litecoin-1"], "alice");
    assert.equal(await holderOf("litecoin-2"), "alice");
    given(["litecoin-1"], "bob");
    await assert.rejects(holderOf("litecoin-2"), /NodeHeld: bob holds the node[^]*I look at its disk[^]*coinfleet release litecoin-2/);
    assert.equal(await holderOf("litecoin-2", true), "bob");
  });
});
