import assert from "node:assert/strict";
import { alarms, metricNamespace, metrics, type ResolvedGroup } from "@coinfleet/sdk";
import { fleetDashboard, groupDashboard } from "./dashboard-body.ts";

const place = { environment: "test", account: "000000000000", region: "eu-central-1" };

const group = {
  name: "acorn",
  coinName: "Acorn",
  networkName: "mainnet",
  health: { minimumTips: 2, maxBlocksBehind: 3, maxTipAgeSec: 100, minimumPeers: 1 },
  nodes: [{ name: "acorn-1" }, { name: "acorn-2" }],
} as unknown as ResolvedGroup;

/** As many alarms as an exchange has. */
const large = { ...group, nodes: Array.from({ length: 60 }, (_, index) => ({ name: `acorn-${index + 1}` })) } as unknown as ResolvedGroup;

interface Body {
  readonly widgets: readonly {
    readonly type: string;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly properties: { readonly alarms?: readonly string[]; readonly metrics?: readonly (readonly unknown[])[] };
  }[];
}

/** Alarms that a node with these health figures has. */
const ofNode = alarms.filter(({ threshold }) => threshold(group.health) !== undefined).length;

describe("dashboards", () => {
  for (const [what, text] of [
    ["of the fleet", fleetDashboard(place, [group])],
    ["of a group", groupDashboard(place, group)],
  ] as const) {
    const { widgets } = JSON.parse(text) as Body;

    it(`${what} draw only metrics that an agent publishes, of every node`, () => {
      const lines = widgets.flatMap((widget) => widget.properties.metrics ?? []);
      assert.ok(lines.length > 0);
      for (const [namespace, name, , environment, , node] of lines) {
        assert.equal(namespace, metricNamespace);
        assert.ok(String(name) in metrics, String(name));
        assert.equal(environment, "test");
        assert.match(String(node), /^acorn-[12]$/);
      }
    });

    it(`${what} list every alarm of every node`, () => {
      const listed = widgets.flatMap((widget) => widget.properties.alarms ?? []);
      assert.equal(listed.length, 2 * ofNode);
      assert.ok(listed.includes("arn:aws:cloudwatch:eu-central-1:000000000000:alarm:coinfleet-test-acorn-1-node-down"));
    });
  }

  for (const [what, text] of [
    ["of the fleet", fleetDashboard(place, [large])],
    ["of a group", groupDashboard(place, large)],
  ] as const)
    it(`${what} lose no alarm and lie nowhere on each other, however many there are`, () => {
      const { widgets } = JSON.parse(text) as Body;
      const listed = widgets.flatMap((widget) => widget.properties.alarms ?? []);
      assert.equal(new Set(listed).size, 60 * ofNode);
      for (const { properties } of widgets) assert.ok((properties.alarms ?? []).length <= 100 && (properties.metrics ?? []).length <= 500);
      for (const [index, one] of widgets.entries())
        for (const other of widgets.slice(index + 1))
          assert.ok(
            one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y,
            JSON.stringify([one, other]),
          );
    });
});
