import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseStackFile } from "@coinfleet/config";
import { coins } from "../../../../coins/index.ts";
import { inProject } from "../project.ts";
import { stackFileOf } from "../stack-file.ts";
import { promote, type Built, type Environment } from "./promote.ts";

const root = inProject("");
const nothing: Built = { images: {}, machineImages: {} };
const both = { images: true, machineImages: true };
const image = (letter: string): string =>
  `222222222222.dkr.ecr.eu-central-1.amazonaws.com/coinfleet/staging/image@sha256:${letter.repeat(64)}`;

function environment(name: string, text = readFileSync(inProject(stackFileOf(name)), "utf8")): Environment & { readonly text: string } {
  const reading = parseStackFile(text, coins, { environment: name, file: stackFileOf(name) }, new Date("2026-11-01"));
  assert.ok("config" in reading, "text" in reading ? reading.text : "");
  return { config: reading.config, file: stackFileOf(name), text };
}

describe("promote", function () {
  this.timeout(60_000);
  const from = environment("staging");
  const to = environment("production");
  const run = (built: Built, what = both, target = to): ReturnType<typeof promote> =>
    promote({ from, built, to: target, text: target.text, root }, what);
  const wanted = run(nothing, { images: true, machineImages: false }).ownImages;
  const litecoin = wanted.find((key) => key.startsWith("litecoin-litecoind-")) ?? assert.fail("production runs no litecoin");
  const bitcoin = wanted.find((key) => key.startsWith("bitcoin-bitcoind-")) ?? assert.fail("production runs no bitcoin");

  it("writes what the environment runs and nothing else, and says what it goes on to build", () => {
    const { text, written, ownImages } = run({
      images: { [litecoin]: image("a"), "litecoin-litecoind-0.1-old": image("b") },
      machineImages: {},
    });
    assert.deepEqual(environment("production", text).config.spec.images.promoted, { [litecoin]: image("a") });
    assert.deepEqual(written, [[litecoin, image("a")]]);
    assert.deepEqual(
      ownImages,
      wanted.filter((key) => key !== litecoin),
    );
  });

  it("leaves every other line and every comment of the file alone", () => {
    const { text } = run({ images: { [litecoin]: image("a") }, machineImages: { x86_64: "ami-0000000000000000a" } });
    const [before, after] = [to.text.split("\n"), text.split("\n")];
    const changed = before.filter((line) => !after.includes(line));
    assert.equal(changed.length, 2, changed.join("\n"));
    assert.ok(
      changed.every((line) => /^ {4}(images|machineImage): /.test(line)),
      changed.join("\n"),
    );
  });

  it("keeps what an earlier promotion has written while the environment runs it, and takes out the rest", () => {
    const earlier = environment("production", run({ images: { [litecoin]: image("a"), [bitcoin]: image("b") }, machineImages: {} }).text);
    const stale = environment("production", earlier.text.replace(bitcoin, "bitcoin-bitcoind-0.1-old"));
    const { text, written } = run({ images: { [bitcoin]: image("c") }, machineImages: {} }, both, stale);
    assert.deepEqual(environment("production", text).config.spec.images.promoted, { [bitcoin]: image("c"), [litecoin]: image("a") });
    assert.deepEqual(written, [[bitcoin, image("c")]]);
    assert.deepEqual(run({ images: { [bitcoin]: image("c") }, machineImages: {} }, both, environment("production", text)).written, []);
  });

  it("writes machine images by id, in the place of what one was built from", () => {
    const built = { images: {}, machineImages: { x86_64: "ami-0000000000000000a" } };
    const made = run(built);
    assert.deepEqual(made.written, [["machine image for x86_64", "ami-0000000000000000a"]]);
    const { spec } = environment("production", made.text).config;
    // The one that is not offered stays.
    assert.deepEqual(spec.machineImage, {
      ids: { x86_64: "ami-0000000000000000a", arm64: "ami-00000000000000064" },
      distribution: "amazon-linux-2023",
    });
    const builder = environment("staging");
    const { text } = promote({ from: builder, built, to: builder, text: builder.text, root }, { images: false, machineImages: true });
    assert.deepEqual(environment("staging", text).config.spec.machineImage, {
      ids: built.machineImages,
      distribution: "amazon-linux-2023",
    });
  });

  it("refuses what the other account may not use, and machine images of another region", () => {
    const alone = environment("staging", from.text.replace(/^ +sharedWith:.*\n/m, ""));
    assert.throws(
      () => promote({ from: alone, built: nothing, to, text: to.text, root }, both),
      /NotPromotable: .*\n(.*\n)*.*sharedWith: \["333333333333"\]/,
    );
    const abroad = environment(
      "production",
      to.text
        .replace("aws:region: eu-central-1", "aws:region: eu-west-1")
        .replaceAll("[eu-central-1a, eu-central-1b, eu-central-1c]", "[eu-west-1a, eu-west-1b, eu-west-1c]")
        .replace("copyTo: { region: eu-west-1,", "copyTo: { region: eu-central-1,"),
    );
    assert.throws(() => run(nothing, both, abroad), /NotPromotable: A machine image belongs to its region/);
    assert.deepEqual(run(nothing, { images: true, machineImages: false }, abroad).written, []);
  });
});
