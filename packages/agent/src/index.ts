export { boundedRequest, RequestError, type BoundedRequest, type BoundedResponse } from "./bounded-request.ts";
export { HttpNodeClient, type CallLimits } from "./http-node-client.ts";
export { restore, type RestoreOptions, type RestoreOutcome } from "./restore/restore.ts";
export { RestoreError } from "./restore/restore-error.ts";
export { checkpoints, findFork } from "./settled-blocks.ts";
export { toSamples, type Samples, type SamplesInput } from "./samples.ts";
export { judge, maximumHoldSec, type Memory, type Observation, type Tip, type Verdict } from "./verdict.ts";
export { RestartLeave, type RestartLeaveOptions } from "./restart-leave.ts";
