import { readFile, writeFile, mkdir } from "node:fs/promises";
import {
  makeSigner,
  makeTarGz,
  signDetached,
  startUpstream,
  withRanges,
  type FakeUpstream,
} from "../../packages/build/src/testing/index.ts";
import { sha256OfText } from "@coinfleet/build";
import type { TestStack } from "../engine/support.ts";
import { bitcoind } from "./bitcoin-core.ts";

/** What the plugin pins, and what takes its place in the test's copy of it. */
const plugin = "coins/bitcoin/index.ts";
const version = "31.1";
const pinned = {
  sha256: "b80d9c3e04da78fb6f0569685673418cf686fadba9042d926d13fb87ff503f9e",
  signers: [
    "E777299FC265DD04793070EB944D35F9AC3DB76A",
    "152812300785C96444D3334D17565732E08E5E41",
    "D1DBF2C4B96F2DEBF4C16654410108112E7EA81F",
  ],
} as const;

/**
 * Bitcoin's download server, with an archive and signatures in the form of upstream's: a bitcoind that was compiled here, and keys that were made here.
 * The stack's copy of the plugin gets their digest and fingerprints; all the rest of it stays.
 */
export async function startBitcoinUpstream(stack: TestStack): Promise<FakeUpstream> {
  const archive = await makeTarGz([[{ name: `bitcoin-${version}/bin/bitcoind`, mode: 0o755 }, await readFile(await bitcoind())]]);
  const name = `bitcoin-${version}-x86_64-linux-gnu.tar.gz`;
  const sums = Buffer.from(`${sha256OfText(archive)}  ${name}\n`);
  const signers = await Promise.all(["one", "two", "three"].map((signer) => makeSigner(signer)));
  await mkdir(stack.path("keyrings"), { recursive: true });
  await stack.edit(plugin, pinned.sha256, sha256OfText(archive));
  for (const [index, { fingerprint, publicKey }] of signers.entries()) {
    await stack.edit(plugin, pinned.signers[index] ?? "", fingerprint);
    await writeFile(stack.path(`keyrings/${fingerprint}.asc`), publicKey);
  }
  const upstream = await startUpstream();
  const folder = `/bitcoincore.org/bin/bitcoin-core-${version}`;
  upstream.serve(`${folder}/${name}`, withRanges(archive));
  upstream.serve(`${folder}/SHA256SUMS`, sums);
  upstream.serve(`${folder}/SHA256SUMS.asc`, await signDetached(sums, signers));
  return upstream;
}
