import type { Daemon, DaemonContext } from "../coin.ts";
import { networkPort } from "../network-port.ts";
import type { TomlSections } from "./tendermint.ts";

/** A key that everybody can make: its seed is one byte, 32 times. It guards nothing. */
interface PublicKey {
  readonly public: string;
  readonly private: string;
  /** First 20 bytes of the public key's SHA-256, hex: address of a validator, id of a node. */
  readonly id: string;
}

const validator: PublicKey = {
  public: "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
  private: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQGKiOPddAnxlf1S2y08ul1yymcJvx2UEhvzdIgBtA9vXA==",
  id: "34750f98bd59fcfc946da45aaabe933be154a4b5",
};

const firstNode: PublicKey = {
  public: "gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=",
  private: "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgKBOXcOqH0XX1ajVGbDTH7My42KkbTuN6Jd9g9bj8mzlA==",
  id: "6a3803d5f059902a1c6dafbc9ba4729212f7caac",
};

const publicHalf = (key: PublicKey): unknown => ({ type: "tendermint/PubKeyEd25519", value: key.public });
const privateHalf = (key: PublicKey): unknown => ({ type: "tendermint/PrivKeyEd25519", value: key.private });
const json = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** Files and settings of a network of CometBFT's own example application: the first node is the only validator, the others follow it. */
export function kvstoreFiles(
  { network, index, siblings, filesPath }: DaemonContext<unknown>,
  chainId: string,
): { readonly settings: TomlSections } & Required<Pick<Daemon, "files" | "dataFiles">> {
  const address = validator.id.toUpperCase();
  const genesis = {
    // In the past on every machine: the client waits for it.
    genesis_time: "2026-01-01T00:00:00Z",
    chain_id: chainId,
    validators: [{ address, pub_key: publicHalf(validator), power: "10", name: "" }],
    app_hash: "",
  };
  const [first] = siblings;
  const settings: TomlSections = {
    "": {
      proxy_app: "persistent_kvstore",
      genesis_file: `${filesPath}/genesis.json`,
      ...(index === 1 ? { node_key_file: `${filesPath}/node-key.json`, priv_validator_key_file: `${filesPath}/validator.json` } : {}),
    },
    p2p: {
      addr_book_strict: false,
      persistent_peers: index === 1 || first === undefined ? "" : `${firstNode.id}@${first}:${networkPort(network, "p2p")}`,
    },
    consensus: { timeout_commit: `${network.blockIntervalSec}s` },
  };
  if (index !== 1) return { settings, files: { "genesis.json": json(genesis) }, dataFiles: {} };
  return {
    settings,
    files: {
      "genesis.json": json(genesis),
      "node-key.json": json({ priv_key: privateHalf(firstNode) }),
      "validator.json": json({ address, pub_key: publicHalf(validator), priv_key: privateHalf(validator) }),
    },
    // The client keeps here what it has signed, and does not start without the file when it has a key.
    dataFiles: { "data/priv_validator_state.json": { first: json({ height: "0", round: 0, step: 0 }) } },
  };
}
