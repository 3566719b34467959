import { ProbeError, type NodeClient, type ProbeFailure } from "@coinfleet/sdk";
import { constantNode } from "./fake-node.ts";

/** A node that nothing good can be said of. A sync check must end with a {@link ProbeError}, never with a status. */
export interface HostileNode {
  readonly what: string;
  readonly node: NodeClient;
  /** The failure that it must be. @default - any */
  readonly failure?: ProbeFailure;
}

const rpc = (result: unknown): unknown => ({ jsonrpc: "2.0", id: 0, result });

const deep = (levels: number): unknown => {
  let value: unknown = "bottom";
  for (let level = 0; level < levels; level++) value = { value };
  return value;
};

/** Only a parser makes an own property of that name. */
const poisoned: unknown = JSON.parse('{"__proto__": {"blocks": 1, "result": {}}, "constructor": {"prototype": {}}}');

const answers: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  "an empty object": {},
  "an empty array": [],
  "an HTML page": "<html><body>502 Bad Gateway</body></html>",
  "a number": 42,
  true: true,
  "a number as text": "800000",
  "a huge text": "9".repeat(1_000_000),
  "a result that is null": rpc(null),
  "a result that is an empty object": rpc({}),
  "a result that is HTML": rpc("<!doctype html>"),
  "a height beyond 2^53": rpc({ height: 2 ** 53, blocks: 2 ** 53, headers: 2 ** 53, number: "0xffffffffffffffff" }),
  "a negative height": rpc({ height: -1, blocks: -1, headers: -1, number: "-0x1" }),
  "a height that is a fraction": rpc({ height: 1.5, blocks: 1.5, headers: 1.5 }),
  "a height as text": rpc({ height: "100", blocks: "100", headers: "100" }),
  "something very deep": deep(3000),
  "a poisoned prototype": poisoned,
};

const failures = ["refused", "timeout", "unauthorized", "malformed", "too-large"] as const;

/** Every hostile node of the conformance suite. */
export const hostileNodes: readonly HostileNode[] = [
  ...Object.entries(answers).map(([what, value]) => ({ what, node: constantNode(value) })),
  ...failures.map((failure) => ({
    what: `a connection that is ${failure}`,
    node: constantNode(new ProbeError(failure, failure)),
    failure,
  })),
  { what: "an RPC error without a known code", node: constantNode(new ProbeError("rpc-error", "internal error", -32_603)) },
  { what: "a method that it does not know", node: constantNode(new ProbeError("rpc-error", "Method not found", -32_601)) },
];
