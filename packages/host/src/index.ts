export { agentNodeOptions, renderAgentImageContext, type AgentImageContextOptions } from "./agent-image-context.ts";
export { agentArguments, daemonArguments, restoreArguments, type ContainerContext } from "./docker-run.ts";
export { renderDocuments, renderGrower, type CommandDocuments } from "./documents.ts";
export { agentUser, daemonUser, dockerNetwork, hostPaths, volumeLabel } from "./host-paths.ts";
export { imagesOfGroup, platforms, type ImageSpec, type NamedImageSpec } from "./image-spec.ts";
export { renderImageContext, type ImageContext, type ImageContextOptions } from "./image-context.ts";
export { logArguments, type LogRoute } from "./log-route.ts";
export type { Distribution, PinnedPackage } from "./machine-image/provision.ts";
export { renderMachineImage, type MachineImage, type MachineImageOptions } from "./machine-image/render-machine-image.ts";
export {
  maximumParameterBytes,
  nodeConfigurationProblem,
  renderNodeConfiguration,
  type DaemonConfiguration,
  type NodeConfiguration,
  type NodeConfigurationInput,
} from "./node-configuration.ts";
export { hostPermissions, type HostPermissionsInput, type PolicyStatement } from "./permissions.ts";
export { renderReleaseParameter, type ReleaseParameter } from "./release-parameter.ts";
export { renderUserData, type UserDataOptions } from "./user-data.ts";
