import { BuildError, renderError } from "@coinfleet/build/build-error";
import type { BuildErrorDetails } from "@coinfleet/build/build-error";

/** Names of what can go wrong in a command, besides building. Permanent. */
export type CliErrorName =
  | "InvalidInput"
  | "AwsRefused"
  | "AwsUnreachable"
  | "NoCredentials"
  | "NodeNotFound"
  | "CommandFailed"
  | "GateTimeout"
  | "GateForked"
  | "ImageVulnerable"
  | "ImageMissing"
  | "RolledBack"
  | "HeldOutOfService"
  | "DetachTimeout"
  | "NotPromotable"
  | "OtherRelease"
  | "SiblingChangesFirst"
  | "NotReplaceable"
  | "NodeHeld"
  | "RestartTimeout"
  | "SiblingNotHealthy"
  | "GroupBusy"
  | "AlarmNotFound"
  | "NoDrills"
  | "NoSnapshot"
  | "DrillUnderWay"
  | "DrillFailed"
  | "CopyNotInTime"
  | "CopyFailed"
  | "ToolUnavailable";

/** A failed command. The message is complete: what, where, got, allowed, fix, and the state of the world. */
export class CliError extends Error {
  override readonly name: CliErrorName;
  constructor(name: CliErrorName, details: BuildErrorDetails & { readonly state: string }, options?: ErrorOptions) {
    super(renderError(name, details), options);
    this.name = name;
  }
}

/** An error that was written for a person: shown without a stack trace. */
export const isExplained = (error: unknown): error is CliError | BuildError => error instanceof CliError || error instanceof BuildError;
