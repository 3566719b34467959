/** Names of everything that can go wrong between an upstream release and an image. Permanent: runbooks and tests refer to them. */
export type BuildErrorName =
  | "ReleasePending"
  | "UnknownVersion"
  | "UnsupportedArchitecture"
  | "AddressRefused"
  | "DownloadFailed"
  | "DownloadTooLarge"
  | "DownloadTimeout"
  | "DigestMismatch"
  | "KeyUnavailable"
  | "SignatureMissing"
  | "SignatureInvalid"
  | "TooFewSigners"
  | "SumsMismatch"
  | "ArchiveRefused"
  | "BinaryMissing"
  | "ToolMissing"
  | "ToolFailed"
  | "SpecMismatch";

/** What an error says, in the order in which it is printed. */
export interface BuildErrorDetails {
  /** One sentence: what went wrong. */
  readonly title: string;
  /** The address, file or key path that it is about. */
  readonly where: string;
  readonly got?: string;
  readonly allowed?: string;
  /** What to do about it. */
  readonly fix: string;
  /** The state of the world after the failure. @default "Nothing has been built or written." */
  readonly state?: string;
  /** The same call may succeed later without any change. @default false */
  readonly isTransient?: boolean;
}

/** An error as a block of text: what, where, got, allowed, fix, and the state of the world. */
export function renderError(name: string, details: BuildErrorDetails): string {
  const lines = [`${name}: ${details.title}`, `  where    ${details.where}`];
  if (details.got !== undefined) lines.push(`  got      ${details.got}`);
  if (details.allowed !== undefined) lines.push(`  allowed  ${details.allowed}`);
  lines.push(`  fix      ${details.fix}`, `  state    ${details.state ?? "Nothing has been built or written."}`);
  return lines.join("\n");
}

/** A failed download, verification or build. The message is complete and fit for a terminal; `name` is fit for a test. */
export class BuildError extends Error {
  override readonly name: BuildErrorName;
  readonly details: BuildErrorDetails;
  constructor(name: BuildErrorName, details: BuildErrorDetails, options?: ErrorOptions) {
    super(renderError(name, details), options);
    this.name = name;
    this.details = details;
  }

  /** The same call may succeed later without any change. */
  get isTransient(): boolean {
    return this.details.isTransient ?? false;
  }
}

/** Text of anything that was thrown, with its causes: `fetch` hides the reason in `cause`. */
export function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const text =
    "code" in cause && typeof cause.code === "string" && !cause.message.includes(cause.code)
      ? `${cause.message} (${cause.code})`
      : cause.message;
  return cause.cause === undefined ? text : `${text}: ${describeCause(cause.cause)}`;
}
