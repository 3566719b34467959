/** How a change is judged. `blocked` is never merged; `care` wants a person's eyes. */
export type Level = "safe" | "care" | "blocked";

/** What a note can be about, in the order in which it is told. */
export const topics = ["keepers", "hosts", "release", "policy", "alarms", "access", "other"] as const;

export type Topic = (typeof topics)[number];

/** One sentence of the report. */
export interface Note {
  readonly level: Level;
  readonly topic: Topic;
  /** Group of nodes; `undefined`: the environment as a whole. */
  readonly group: string | undefined;
  /** Markdown, one line. */
  readonly text: string;
}

const order: readonly Level[] = ["safe", "care", "blocked"];

/** The worst of some levels. Nothing is safe. */
export function worst(levels: readonly Level[]): Level {
  return levels.reduce((one, other) => (order.indexOf(other) > order.indexOf(one) ? other : one), "safe" as const);
}
