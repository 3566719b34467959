export { Sandbox, startSandbox, type CommandResult, type StartSandboxOptions } from "./sandbox.ts";
export { SandboxCommandError } from "./sandbox-command-error.ts";
export { startApiAlone, type ApiAlone } from "./api-alone.ts";
