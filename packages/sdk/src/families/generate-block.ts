import { z } from "zod";
import { hash, readAnswer } from "../answers.ts";
import type { SyncContext } from "../coin.ts";
import { ProbeError, type NodeClient } from "../sync-status.ts";
import { requirePrivate } from "./require-private.ts";

/** `generate 1`: a block that pays the address in the client's configuration. @throws {@link ProbeError} */
export async function generateBlock(node: NodeClient, { network }: SyncContext<unknown>): Promise<void> {
  requirePrivate(network);
  const hashes = readAnswer(z.array(hash), await node.jsonRpc("rpc", "generate", [1]), "generate");
  if (hashes.length !== 1) throw new ProbeError("malformed", "generate: made no block");
}
