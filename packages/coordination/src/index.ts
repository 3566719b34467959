export { Coordination, type Action, type ActionKind, type CoordinationOptions, type Hold, type Holder } from "./coordination.ts";
export { withGroupLock, type GroupLockOptions } from "./with-group-lock.ts";
