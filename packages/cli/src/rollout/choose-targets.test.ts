import assert from "node:assert/strict";
import { chooseTargets } from "./choose-targets.ts";

const urn = (type: string, name: string): string => `urn:pulumi:test::coinfleet::coinfleet:aws:Fleet$${type}::${name}`;
const group = (name: string): string => urn("coinfleet:aws:Group", name);
const node = (name: string): string => urn("coinfleet:aws:Node", name);
const parameter = (name: string): string => urn("aws:ssm/parameter:Parameter", name);
const gate = (name: string): string => urn("command:local:Command", `${name}-gate`);
const image = (name: string): string => urn("docker:index/registryImage:RegistryImage", name);

const step = (op: string, of: string, parent?: string, dependencies: readonly string[] = []) => ({
  op,
  urn: of,
  newState: { ...(parent === undefined ? {} : { parent }), dependencies: [...dependencies] },
});

/** Two groups whose releases change; `oak` has two nodes. */
const steps = [
  step("same", group("oak")),
  step("same", group("oak-1")),
  step("create", urn("coinfleet:aws:Image", "oakd")),
  step("create", image("oakd-push"), urn("coinfleet:aws:Image", "oakd")),
  step("create", image("elm-push")),
  ...["oak-1", "oak-2"].flatMap((name, index) => [
    step("same", node(name), group("oak")),
    step("update", parameter(name), node(name), [image("oakd-push"), ...(index === 0 ? [] : [gate("oak-1")])]),
    step("replace", gate(name), node(name), [parameter(name)]),
    step("create-replacement", gate(name), node(name), [parameter(name)]),
    step("delete-replaced", gate(name), node(name)),
  ]),
  step("same", node("oak-1-1"), group("oak-1")),
  step("update", parameter("oak-1-1"), node("oak-1-1"), [image("elm-push")]),
];

describe("chooseTargets", () => {
  it("takes a group's changes with what they need, and nothing of another group, however its name begins", () => {
    const { targets, lines, left } = chooseTargets(steps, "oak");
    assert.deepEqual(
      [...targets].sort(),
      [urn("coinfleet:aws:Image", "oakd"), image("oakd-push"), parameter("oak-1"), gate("oak-1"), parameter("oak-2"), gate("oak-2")].sort(),
    );
    assert.deepEqual(lines, [
      "create coinfleet:aws:Image oakd",
      "create docker:index/registryImage:RegistryImage oakd-push",
      "update aws:ssm/parameter:Parameter oak-1",
      "replace command:local:Command oak-1-gate",
      "update aws:ssm/parameter:Parameter oak-2",
      "replace command:local:Command oak-2-gate",
    ]);
    assert.equal(left, 0);
  });

  it("takes the first node alone, and says how much comes later", () => {
    const { lines, nodes, left } = chooseTargets(steps, "oak", "oak-1");
    assert.deepEqual(nodes, ["oak-1"]);
    assert.deepEqual(
      lines.filter((line) => line.includes("oak-2")),
      [],
    );
    assert.ok(lines.includes("replace command:local:Command oak-1-gate"));
    assert.equal(left, 2);
  });

  it("takes another node with what has to come before it, and says that it is of a sibling", () => {
    const { lines, nodes, left } = chooseTargets(steps, "oak", "oak-2");
    assert.deepEqual([...nodes].sort(), ["oak-1", "oak-2"]);
    assert.ok(lines.includes("replace command:local:Command oak-1-gate"));
    assert.equal(left, 0);
  });

  it("leaves what comes after all nodes of the group for later, when one is taken", () => {
    const plan = step("update", parameter("oak-drill"), group("oak"), [gate("oak-2")]);
    const { nodes, left } = chooseTargets([...steps, plan], "oak", "oak-1");
    assert.deepEqual([nodes, left], [["oak-1"], 3]);
  });

  it("takes along what the group lets go of, which is none of the engine's changes, and nothing of another group", () => {
    const retired = (name: string): string => urn("coinfleet:aws:Retired$aws:ebs/volume:Volume", name);
    const names = ["oak-1-data-volume-g1", "oak-1-1-data-volume-g1", "elm-1-data-volume-g1"];
    const { targets, lines } = chooseTargets([...steps, ...names.map((name) => step("same", retired(name)))], "oak", "oak-1");
    assert.deepEqual(
      targets.filter((one) => one.includes("Retired")),
      [retired("oak-1-data-volume-g1")],
    );
    assert.ok(lines.includes("keep aws:ebs/volume:Volume oak-1-data-volume-g1"), lines.join("\n"));
  });

  it("finds nothing where nothing changes", () =>
    assert.deepEqual(chooseTargets(steps, "elm"), { targets: [], lines: [], nodes: [], left: 0 }));
});
