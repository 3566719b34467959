/** A resource as a program wants it, before it exists: what the program's tests, the policy pack and the report all see. */
export interface PlannedResource {
  readonly type: string;
  readonly name: string;
  /** What is not known before something else exists is one of the engine's stand-ins: see {@link isUnknown}. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
  /** `undefined`: whoever looks cannot see it. The engine does not tell policy packs. */
  readonly retainOnDelete: boolean | undefined;
}
