/** What an author answers before anything is written, or the family answers for all of its coins. Undefined: still to be found out. */
export interface Answers {
  readonly id: string;
  readonly name: string;
  readonly symbol: string;
  /** Name of the client's binary. */
  readonly client: string;
  readonly release: string;
  readonly p2p: number;
  readonly rpc: number;
  readonly blockIntervalSec: number;
  readonly memoryMib: number;
  readonly url?: string | undefined;
  readonly genesis?: string | undefined;
  /** Name of the consensus client's binary, where one leads. */
  readonly consensus?: string | undefined;
}

/** How a coin of a family begins. */
export interface Family {
  /** What the clients of the family are, for the list of families. */
  readonly about: string;
  /** What is the same for all coins of the family, so that nobody is asked. */
  readonly fixed: Partial<Pick<Answers, "client" | "release" | "p2p" | "rpc" | "blockIntervalSec">>;
  /** What may be left open, and means something to the family. */
  readonly optional: readonly ("url" | "genesis" | "consensus")[];
  readonly sketch: (answers: Answers) => Sketch;
}

/** The parts of a new coin's file that differ by family, as TypeScript. */
export interface Sketch {
  /** Constants above the coin. @default - none */
  readonly above?: string;
  /** The call that gives the family's fields. */
  readonly family: string;
  readonly clients: string;
  /** Lines of the main network: ports, blocks and settled depth. */
  readonly main: readonly string[];
  /** The network for tests. */
  readonly private: { readonly name: string; readonly network: string };
  readonly snapshot: string;
  /** Further fields of the coin. @default - none */
  readonly more?: string;
  /** The family says itself whether its database survives a downgrade. @default false */
  readonly saysDowngrade?: boolean;
}

/** A value that is still to be found out. The conformance suite finds it by its first word. */
export const todo = (what: string): string => JSON.stringify(`TODO: ${what}`);
