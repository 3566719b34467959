import assert from "node:assert/strict";
import { assess } from "./assess.ts";
import { noteMarker, renderNote } from "./render-note.ts";
import { touchedStacks } from "./touched.ts";

const step = (name: string, inputs: object, op = "update", more: object = {}): string =>
  JSON.stringify({
    resourcePreEvent: {
      metadata: {
        op,
        urn: `urn:pulumi:p::coinfleet::aws:ssm/parameter:Parameter::${name}`,
        type: "aws:ssm/parameter:Parameter",
        old: op === "create" ? null : { type: "aws:ssm/parameter:Parameter", urn: name, inputs: { value: "before" } },
        new: { type: "aws:ssm/parameter:Parameter", urn: name, inputs },
        diffs: Object.keys(inputs),
        ...more,
      },
    },
  });
const end = JSON.stringify({ summaryEvent: { resourceChanges: {} } });
const noteOf = (...environments: readonly (readonly string[])[]): string =>
  renderNote(
    environments.map((events, index) =>
      assess({ environment: `environment-${index}`, events: [...events, end].join("\n"), config: undefined, prices: undefined }),
    ),
    undefined,
  );

describe("the note on a merge request", () => {
  it("starts with the line by which it is found again, and a verdict for each environment", () => {
    const note = noteOf([], [step("setting", { value: "after" })]);
    assert.ok(note.startsWith(`${noteMarker}\n`));
    assert.match(note, /- \*\*environment-0: no change\*\*\n- \*\*environment-1: needs care\*\*/);
  });

  it("says so when no environment is touched, in the place of what an earlier push did", () => {
    assert.equal(noteOf(), `${noteMarker}\n## What this change does\n\n- no environment is made of what changes\n`);
  });

  it("says what is not known to be harmless, and folds the engine's diff below", () => {
    const note = noteOf([step("setting", { value: "after" })]);
    assert.match(note, /Parameter `setting`: value before → after/);
    assert.match(
      note,
      /<details>\n<summary>1 resource, as the engine lists them<\/summary>[^]*~ Parameter setting \{value: before → after\}/,
    );
  });

  it("shows no secret of the engine's, and nothing that looks like one", () => {
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "hush-hush" };
    const token = ["glpat", "h7Kq2Zp9Xw4Lm8Rt3Vn6"].join("-");
    const note = noteOf([step("one", { value: secret }), step("two", { value: token })]);
    assert.equal(/hush-hush|h7Kq2Zp9/.test(note), false);
    assert.match(note, /\[secret\]/);
    assert.match(note, /hidden: it looks like a credential/);
  });

  it("repeats hard forks that a release is too old for, and what is excused, even where nothing changes", () => {
    const excused = {
      policyEvent: {
        policyName: "exceptions",
        enforcementLevel: "advisory",
        message:
          "Rules that this stack is excused from for a while.\nvolume-has-backup: a-1: none. Excepted until 2027-01-01 by ops: Small.",
      },
    };
    const { warnings, exceptions, ...rest } = assess({
      environment: "test",
      events: [JSON.stringify(excused), end].join("\n"),
      config: undefined,
      prices: undefined,
    });
    const fork = "coinfleet:fleet.nodes.acorn: acornd 1.0.0 is too old. The fork Leaf on 2027-03-01 needs 2.0.0.";
    const note = renderNote([{ ...rest, exceptions, warnings: [...warnings, fork] }], undefined);
    assert.match(note, /\*\*test: no change\*\*/);
    assert.ok(note.includes(fork), note);
    assert.match(note, /\*\*Exceptions in force\*\*\n\n- volume-has-backup: a-1: none\. Excepted until 2027-01-01 by ops: Small\./);
  });

  it("stays within what GitHub takes for a hundred coins that all change, and says that it is cut", () => {
    const coins = Array.from({ length: 100 }, (_, coin) =>
      Array.from({ length: 50 }, (_, index) => step(`coin${coin}-thing-${index}`, { value: `after-${coin}-${"x".repeat(50)}` })),
    );
    const note = noteOf(coins.flat(), coins.flat(), coins.flat());
    assert.ok(note.length <= 61_000, String(note.length));
    assert.match(note, /more are not shown|The note is cut here/);
    assert.equal((note.match(/<details>/g) ?? []).length, (note.match(/<\/details>/g) ?? []).length);
  });
});

describe("the stacks that a change can touch", () => {
  const stacks = [
    { stack: "production", coins: ["bitcoin", "monero"] },
    { stack: "sandbox", coins: ["monero"] },
  ];
  const touched = (...files: readonly string[]): readonly string[] => touchedStacks(files, stacks);

  it("are those that run a coin, when only the coin changes", () => {
    assert.deepEqual(touched("coins/bitcoin/index.ts"), ["production"]);
    assert.deepEqual(touched("coins/monero/index.ts"), ["production", "sandbox"]);
    const bigLast = [...stacks, { stack: "zoo", coins: ["monero", "bitcoin", "dash"] }];
    assert.deepEqual(touchedStacks(["coins/monero/index.ts"], bigLast), ["zoo", "production", "sandbox"], "the biggest first");
  });
  it("are the stack itself, when its file changes", () => assert.deepEqual(touched("stacks/Pulumi.sandbox.yaml"), ["sandbox"]));
  it("are all, when the program changes in any way that is not known to be beside it", () => {
    for (const file of ["packages/host/src/units.ts", "index.ts", "package-lock.json", "coins/index.ts", "something-new"]) {
      assert.deepEqual(touched(file), ["production", "sandbox"], file);
    }
  });
  it("are none, for documentation and tests", () => {
    assert.deepEqual(touched("docs/runbook.md", "coins/monero/index.test.ts", "test/engine/support.ts"), []);
  });
});
