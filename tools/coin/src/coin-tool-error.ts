import { BuildError, renderError, type BuildErrorDetails } from "@coinfleet/build/build-error";

/** Names of what can go wrong here, besides fetching and verifying. Permanent. */
export type CoinToolErrorName = "InvalidInput" | "UnknownName" | "NotBumpable" | "NotEditable" | "CoinExists";

/** A refused command. The message is complete: what, where, got, allowed, fix, and the state of the world. */
export class CoinToolError extends Error {
  override readonly name: CoinToolErrorName;
  constructor(name: CoinToolErrorName, details: BuildErrorDetails, options?: ErrorOptions) {
    super(renderError(name, { state: "Nothing has been written.", ...details }), options);
    this.name = name;
  }
}

/** An error that was written for a person: shown without a stack trace. */
export const isExplained = (error: unknown): error is CoinToolError | BuildError =>
  error instanceof CoinToolError || error instanceof BuildError;
