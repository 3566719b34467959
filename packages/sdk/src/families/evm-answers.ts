import { z } from "zod";
import { hexHash, hexHeight, readAnswer, requireNetwork, rpcAt } from "../answers.ts";
import type { NodeClient } from "../sync-status.ts";

/** Where a node answers Ethereum's JSON-RPC. */
export interface EvmEndpoint {
  /** Role of the port. */
  readonly port: string;
  /** Path on that port. @example "/ext/bc/C/rpc" */
  readonly path: string;
}

/** The best block of an EVM chain. */
export interface EvmTip {
  readonly height: number;
  readonly tipHash: string;
  readonly tipTimeSec: number;
}

const block = z.object({ number: hexHeight, hash: hexHash, timestamp: hexHeight });

/** Calls a method of Ethereum's JSON-RPC and reads its answer. @throws {@link ProbeError} */
export async function evmCall<T>(
  node: NodeClient,
  endpoint: EvmEndpoint,
  shape: z.ZodType<T>,
  method: string,
  params: readonly unknown[] = [],
): Promise<T> {
  return readAnswer(shape, await rpcAt(node, { ...endpoint, method, params }), method);
}

/** The best block, of a chain that has been checked to be the right one. @throws {@link ProbeError} */
export async function evmTip(node: NodeClient, endpoint: EvmEndpoint, chainId: number): Promise<EvmTip> {
  requireNetwork("chain id", await evmCall(node, endpoint, hexHeight, "eth_chainId"), chainId);
  const latest = await evmCall(node, endpoint, block, "eth_getBlockByNumber", ["latest", false]);
  return { height: latest.number, tipHash: latest.hash, tipTimeSec: latest.timestamp };
}

/** Hash of the block at a height. @throws {@link ProbeError} */
export async function evmBlockHash(node: NodeClient, endpoint: EvmEndpoint, height: number): Promise<string> {
  return (await evmCall(node, endpoint, block, "eth_getBlockByNumber", [`0x${height.toString(16)}`, false])).hash;
}
