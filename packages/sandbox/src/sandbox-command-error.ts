/** The command `sandbox` failed. The message is what it printed: what went wrong, what state that leaves, what to do. */
export class SandboxCommandError extends Error {
  override readonly name = "SandboxCommandError";
}
