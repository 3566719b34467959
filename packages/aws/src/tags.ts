import type { ResolvedGroup, ResolvedNode } from "@coinfleet/sdk";
import type { Place } from "./place.ts";

/** Tags of what belongs to one environment. `Name` is for people; nothing reads it. */
export function environmentTags(place: Place, name: string): Record<string, string> {
  return { Name: name, "coinfleet:environment": place.environment };
}

/** Tags of what belongs to one group. */
export function groupTags(place: Place, group: ResolvedGroup, name: string): Record<string, string> {
  return { ...environmentTags(place, name), "coinfleet:group": group.name, "coinfleet:coin": group.coin };
}

/** Tags of what belongs to one node. Policies and the host find its things by them. */
export function nodeTags(place: Place, group: ResolvedGroup, node: ResolvedNode, name: string): Record<string, string> {
  return { ...groupTags(place, group, name), "coinfleet:node": node.name };
}
