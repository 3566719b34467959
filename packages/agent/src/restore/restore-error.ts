/** Why a snapshot was not restored. `transient`: the next try may work. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
  readonly kind: "transient" | "permanent";
  constructor(kind: "transient" | "permanent", message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
