/** How far a long step is. `total` is absent where nobody knows it. */
export interface Progress {
  /** What is being done, for example `download bitcoin-31.1.tar.gz`. */
  readonly what: string;
  readonly done?: number;
  readonly total?: number;
  readonly unit?: "B" | "s" | "steps";
}

/** Told about progress, often. The caller decides what to print. */
export type OnProgress = (progress: Progress) => void;

export const silent: OnProgress = () => undefined;
