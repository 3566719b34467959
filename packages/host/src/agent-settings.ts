import type { AgentAccess, AgentConfig, ResolvedGroup, ResolvedNode } from "@coinfleet/sdk";

/** What {@link agentSettings} is given. */
export interface AgentSettingsInput {
  readonly environment: string;
  readonly region: string;
  readonly group: ResolvedGroup;
  readonly node: ResolvedNode;
}

/** The agent's settings with placeholders for secrets, which the host fills in. */
export function agentSettings(input: AgentSettingsInput): AgentConfig {
  const { environment, region, group, node } = input;
  return {
    version: 1,
    environment,
    group: group.name,
    node: node.name,
    index: node.index,
    coin: group.coin,
    networkName: group.networkName,
    region,
    options: group.options,
    access: [...group.access.map((access) => agentAccess(group, access)), ...(node.server === undefined ? [] : [node.server])],
    siblings: node.siblings,
    health: group.health,
    selfHealing: { restartsPerDay: group.selfHealing.restartsPerDay },
    ...(group.isPrivateNetwork && node.index === 1 && group.blockEverySec !== undefined ? { blockEverySec: group.blockEverySec } : {}),
  };
}

function agentAccess(group: ResolvedGroup, access: ResolvedGroup["access"][number]): AgentAccess {
  const port = group.ports[access.port];
  if (port === undefined)
    throw new Error(`coin ${group.coin}: access to the port "${access.port}", which network ${group.networkName} does not declare`);
  const scheme = access.protocol === "http" ? "http" : "https";
  return {
    port: access.port,
    url: `${scheme}://127.0.0.1:${port.port}`,
    ...(access.auth === undefined
      ? {}
      : { auth: { user: access.auth.user, password: `{{secret:${access.auth.secret}}}`, scheme: access.auth.scheme ?? "basic" } }),
  };
}
