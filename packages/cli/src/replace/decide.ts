/** What the stack file and AWS say of a node's volume. */
export interface VolumeState {
  /** In the stack file. */
  readonly generation: number;
  /** The snapshot that the node's own line names. */
  readonly snapshot: string | undefined;
  /** Whether the node has a line of its own: it was replaced alone before, or is to be. */
  readonly isReplaced: boolean;
  /** Whether the volume of that generation is there. */
  readonly isMade: boolean;
  /** Whether the node has been synced with it. */
  readonly hasWorked: boolean;
}

/** What has to be written into the stack file, if anything. */
export type Decision =
  | { readonly kind: "goOn" }
  | {
      readonly kind: "write";
      readonly generation: number;
      /** Whether the volume of today is let go of. */
      readonly isRetiring: boolean;
    };

/**
 * A replacement that is not over goes on: a second run makes no third volume. Only another snapshot, by name, begins it anew.
 * @param named the snapshot that a person asks for
 */
export function decide({ generation, snapshot, isReplaced, isMade, hasWorked }: VolumeState, named: string | undefined): Decision {
  const isUnderWay = isReplaced && !hasWorked;
  if (isUnderWay && (named === undefined || named === snapshot)) return { kind: "goOn" };
  return isMade ? { kind: "write", generation: generation + 1, isRetiring: true } : { kind: "write", generation, isRetiring: false };
}
