export { Fleet, type FleetArgs, type FleetNode } from "./fleet.ts";
export type { Place } from "./place.ts";
export { ingressRules, type Ingress } from "./group-security.ts";
export { hostPolicy, trustPolicy } from "./host-role.ts";
export { keyPolicy } from "./key-policy.ts";
export { topicPolicy } from "./alerts.ts";
export { fleetDashboard, groupDashboard } from "./dashboard-body.ts";
export type { PolicyDocument, Statement } from "./policy-document.ts";
export type { AgentDigest } from "./images.ts";
