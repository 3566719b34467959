/** Whether another try may work: as it is (`transient`), from the start of the part (`changed`: the server's file is another one), or not (`permanent`). */
export type RestoreFailure = "transient" | "changed" | "permanent";

/** Why a snapshot was not restored. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
  readonly kind: RestoreFailure;
  constructor(kind: RestoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
