import { z } from "zod";
import { hexHash, hexHeight, readAnswer, requireNetwork, rpcAt } from "../answers.ts";
import { ProbeError, type NodeClient } from "../sync-status.ts";

/** Where a node answers Ethereum's JSON-RPC. */
export interface EvmEndpoint {
  /** Role of the port. */
  readonly port: string;
  /** Path on that port. @example "/ext/bc/C/rpc" */
  readonly path: string;
}

/** A block of an EVM chain: the best one, or one that was asked for. */
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
  return evmBlock(node, endpoint, "latest");
}

/** Hash of the block at a height. @throws {@link ProbeError} */
export async function evmBlockHash(node: NodeClient, endpoint: EvmEndpoint, height: number): Promise<string> {
  return (await evmBlockAt(node, endpoint, height)).tipHash;
}

/** The block at a height. @throws {@link ProbeError} `malformed` where there is none yet, or another one is given */
export async function evmBlockAt(node: NodeClient, endpoint: EvmEndpoint, height: number): Promise<EvmTip> {
  const found = await evmBlock(node, endpoint, `0x${height.toString(16)}`);
  if (found.height !== height) throw new ProbeError("malformed", `eth_getBlockByNumber: gave block ${found.height} for ${height}`);
  return found;
}

async function evmBlock(node: NodeClient, endpoint: EvmEndpoint, which: string): Promise<EvmTip> {
  const { number, hash, timestamp } = await evmCall(node, endpoint, block, "eth_getBlockByNumber", [which, false]);
  return { height: number, tipHash: hash, tipTimeSec: timestamp };
}
