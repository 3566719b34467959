import { todo, type Answers, type Family } from "./families.ts";

/** Memory, MiB, up to which an instance type serves: a fifth is left for the host. */
const instanceTypes = [
  [3_200, "t3.medium"],
  [6_500, "m7i.large"],
  [13_000, "m7i.xlarge"],
  [26_000, "r7i.xlarge"],
  [52_000, "r7i.2xlarge"],
] as const;

const instanceType = (memoryMiB: number): string => instanceTypes.find(([most]) => memoryMiB <= most)?.[1] ?? "r7i.4xlarge";

/** The `index.ts` of a new coin, as far as it can be written yet. */
export function renderCoin(answers: Answers, family: Family): string {
  const { id, name, symbol, client, release, p2p, rpc, blockIntervalSec, memoryMib } = answers;
  const url =
    answers.url === undefined
      ? todo("address of the archive, with {version} and {machine} or {goarch} in it")
      : JSON.stringify(answers.url);
  return `import { archives, ${family.call}, defineCoin, noSnapshot, oneClient, peersAndRpc } from "@coinfleet/sdk";
import { pendingDigests, privateNetwork, signedArchive, signedBy, unmeasured } from "@coinfleet/sdk";

export default defineCoin({
  id: "${id}",
  name: ${JSON.stringify(name)},
  symbol: "${symbol}",
  ...${family.call}({${family.fields(answers)}
  }),
  clients: oneClient("${client}", {
    upstream: signedArchive({
      url: archives(${url}),
      sha256: { "${release}": pendingDigests("nobody has verified them yet: npm run coin -- bump ${id} ${release}") },
      signature: signedBy({ name: ${todo("who signs the releases")}, fingerprint: ${todo("the signer's full fingerprint, from two independent places")} }),
      binaries: { ${JSON.stringify(client)}: ${todo("path of the binary in the archive")} },
    }),
  }),
  networks: {
    mainnet: {
      kind: "main",
      ports: peersAndRpc(${p2p}, ${rpc}),
      blockIntervalSec: ${blockIntervalSec},
      blockArrival: "work",
      data: unmeasured(${todo("how large the data is, how fast it grows, and who says so")}),
      memoryMiB: ${memoryMib},
      instanceType: "${instanceType(memoryMib)}",
      tips: [],
      minimumTips: 2,
      settledDepth: 6, // TODO: the depth at which exchanges take a block for settled
    },
    ${family.privateNetwork}: privateNetwork({ ports: peersAndRpc(${p2p + 10_000}, ${rpc + 10_000}), memoryMiB: 512 }),
  },
  snapshot: noSnapshot(["mainnet", "${family.privateNetwork}"], ${todo("why there is none, or where an empty volume gets its data")}),
  databaseSurvivesDowngrade: false,
  upgrades: [],
});
`;
}

/** The `package.json` of a coin. */
export function renderPackage(id: string): string {
  const content = {
    name: `@coinfleet/coin-${id}`,
    version: "0.1.0",
    private: true,
    type: "module",
    exports: "./index.ts",
    dependencies: { "@coinfleet/sdk": "0.1.0" },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
