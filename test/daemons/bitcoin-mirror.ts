import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { sha256OfText } from "@coinfleet/build";
import { makeSigner, makeTarGz, signDetached, startUpstream, withRanges, writeKeyring, type FakeUpstream } from "@coinfleet/build/testing";
import { isPending } from "@coinfleet/sdk";
import { coins } from "../../coins/index.ts";
import type { TestStack } from "../engine/support.ts";
import { bitcoind } from "./bitcoin-core.ts";

/**
 * A mirror of Bitcoin's download server, with an archive and signatures in the form of upstream's: a bitcoind that was compiled here, and keys that were
 * made here. The stack's copy of the plugin gets their digest and fingerprints; all the rest of it stays.
 */
export async function startBitcoinMirror(stack: TestStack): Promise<FakeUpstream> {
  const plugin = "coins/bitcoin/index.ts";
  const source = coins["bitcoin"]?.clients["bitcoind"]?.sources["upstream"];
  assert.ok(source?.kind === "signedArchive" && source.signature.kind === "sums");
  const { version, signature, binaries } = source;
  const digest = source.sha256[version]?.x86_64;
  assert.ok(digest && !isPending(digest));
  const fill = (text = ""): string => text.replaceAll("{version}", version).replaceAll("{machine}", "x86_64");

  const archive = await makeTarGz([[{ name: fill(binaries["bitcoind"]), mode: 0o755 }, await readFile(await bitcoind())]]);
  const sums = Buffer.from(`${sha256OfText(archive)}  ${basename(fill(source.url.x86_64))}\n`);
  const signers = await Promise.all(signature.signers.slice(0, signature.threshold).map(({ name }) => makeSigner(name)));
  await stack.edit(plugin, digest, sha256OfText(archive));
  for (const [index, { fingerprint }] of signers.entries())
    await stack.edit(plugin, signature.signers[index]?.fingerprint ?? "", fingerprint);
  await writeKeyring(stack.path("keyrings"), signers);

  const mirror = await startUpstream();
  const place = (url: string): string => fill(url).replace("https:/", "");
  mirror.serve(place(source.url.x86_64 ?? ""), withRanges(archive));
  mirror.serve(place(signature.sums), sums);
  mirror.serve(place(signature.signature), await signDetached(sums, signers));
  return mirror;
}
