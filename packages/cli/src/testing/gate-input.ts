import type { GateInput } from "../gate-steps.ts";

/** What a gate of the first of a group's nodes is told, without the release. */
export const exampleGate: Omit<GateInput, "release"> = {
  environment: "test",
  region: "eu-central-1",
  group: "litecoin",
  node: "litecoin-1",
  instanceId: "i-1",
  applyDocument: "coinfleet-test-apply",
  drainDocument: "coinfleet-test-drain",
  statusDocument: "coinfleet-test-status",
  chainDocument: "coinfleet-test-chain",
  coordinationTable: "coinfleet-test-coordination",
  parameters: "/coinfleet/test/litecoin-1",
  stopTimeoutSec: 60,
  soakSec: 0,
  limitSec: 60,
  timeoutSec: 60,
};
