/** A resource as a program wants it, before it exists: what both the program's tests and a policy pack see. */
export interface PlannedResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
}

/** A rule of docs/operations.md. What is missing is a violation, never a default. */
export interface SecurityRule {
  /** Permanent: exceptions name it. */
  readonly id: string;
  /** Types that it looks at. */
  readonly types: readonly string[];
  /** What is wrong, one line each. */
  check(resource: PlannedResource): readonly string[];
}

/** A resource that breaks a rule. */
export interface Violation {
  readonly rule: string;
  readonly resource: string;
  readonly what: string;
}
