/** A block that a node is sure of. */
export interface SettledBlock {
  readonly height: number;
  readonly hash: string;
}

/** Whose blocks they are. */
export interface SettledChain {
  readonly node: string;
  readonly settled: readonly SettledBlock[];
}

/** Whether a node has the chain of the others. `unknown`: no height that it and another one both name. */
export type Comparison =
  | { readonly kind: "same"; readonly block: SettledBlock; readonly nodes: readonly string[] }
  | { readonly kind: "different"; readonly block: SettledBlock; readonly node: string; readonly hash: string }
  | { readonly kind: "unknown" };

/** Compares at every settled height that both name: a block's hash speaks for all blocks before it. One difference is enough. */
export function compareChains(own: readonly SettledBlock[], others: readonly SettledChain[]): Comparison {
  const shared = own.flatMap((block) =>
    others.flatMap(({ node, settled }) =>
      settled.filter(({ height }) => height === block.height).map(({ hash }) => ({ block, node, hash })),
    ),
  );
  const different = shared.find(({ block, hash }) => hash !== block.hash);
  if (different !== undefined) return { kind: "different", ...different };
  const [newest] = shared.toSorted((a, b) => b.block.height - a.block.height);
  if (newest === undefined) return { kind: "unknown" };
  const nodes = shared.filter(({ block }) => block.height === newest.block.height).map(({ node }) => node);
  return { kind: "same", block: newest.block, nodes };
}
