import { isDeepStrictEqual } from "node:util";
import { at, isText } from "@coinfleet/policy";
import { momentText, type ResolvedClient, type ResolvedGroup, type ResolvedNext } from "@coinfleet/sdk";
import type { Change } from "./engine-events.ts";
import { comesBack, gatesOf, inTurn, nodes, say, stopTime, told, updatedOf, type Said } from "./group-changes.ts";
import { count, list } from "./subject.ts";

/** What a group's nodes run from now on, and what they will take by themselves. */
export function releases(of: readonly Change[], all: readonly Change[], group: ResolvedGroup | undefined): readonly Said[] {
  const released = updatedOf(of, "release");
  const [gate] = gatesOf(of);
  if (released.length === 0) return [];
  const before = gate === undefined ? undefined : told(gate, "old", "release");
  const announced = announcement(at(before, "next"), nameOf(before), group, nodes(released).length);
  const stays = group !== undefined && nameOf(before) === group.release && !isRebuilt(group, all);
  return stays && announced.length > 0 ? announced : [...rollout(of, released, before, group), ...announced];
}

/** Id of the release that a gate was told; programs before the gate could take one back told it nothing else. */
const nameOf = (told: unknown): unknown => (isText(told) ? told : at(told, "release"));

function rollout(of: readonly Change[], released: readonly Change[], before: unknown, group: ResolvedGroup | undefined): readonly Said[] {
  const survives = group?.databaseSurvivesDowngrade === true;
  const old = nameOf(before);
  const mayRun = group !== undefined && at(before, "next", "release") === group.release;
  return say(
    survives ? "safe" : "care",
    "release",
    `${isText(old) ? old : "the running release"} → ${group?.release ?? "another release"} on ${count(nodes(released).length, "node")}${inTurn(released)}; ` +
      (mayRun ? "those that have taken it by themselves go on running; the others: " : "") +
      `each stops ${stopTime(of)}${comesBack(of)}; ` +
      (survives
        ? "its database survives a downgrade"
        : "its database does **not** survive a downgrade: the way back is a snapshot from before"),
  );
}

/** The image of the release that runs is made anew: a base image or a build has changed. */
function isRebuilt({ coin, clients }: ResolvedGroup, all: readonly Change[]): boolean {
  const tags = clients.map(
    ({ name, version, sourceName }) => `${coin}-${name}-${`${version}-${sourceName}`.replace(/[^A-Za-z0-9_.-]/g, "_")}-`,
  );
  return all.some(({ type: of, name, op }) => of === "coinfleet:aws:Image" && op === "create" && tags.some((tag) => name.startsWith(tag)));
}

/** The release that the nodes take by themselves: new, at another moment, or called off. `before`, `release`: what the gate was told of both. */
function announcement(before: unknown, release: unknown, group: ResolvedGroup | undefined, number: number): readonly Said[] {
  const next = group?.next;
  const [old, oldAt] = [at(before, "release"), at(before, "at")];
  if (group === undefined || (next?.release === old && isDeepStrictEqual(next?.at, oldAt))) return [];
  if (next === undefined) {
    // What was announced is what the stack file says now.
    if (old === group.release) return [];
    const text = `${textOf(old)} ${textOfMoment(oldAt)} is called off; a node that has taken it by itself does not go back`;
    return say(release === group.release ? "safe" : "care", "release", text);
  }
  const instead = isText(old) ? `, in place of ${old} ${textOfMoment(oldAt)}` : "";
  const where = `on ${count(number, "node")}${number > 1 ? " at once" : ""}, by ${number > 1 ? "themselves" : "itself"}`;
  return say("care", "release", `${change(group.clients, next)} ${momentText(next.at)} ${where}${instead}; both images are there before`);
}

function change(clients: readonly ResolvedClient[], next: ResolvedNext): string {
  const version = (name: string): string | undefined => clients.find((client) => client.name === name)?.version;
  const moved = next.clients.filter((client) => client.version !== version(client.name));
  return list(moved.map((client) => `${client.name} ${version(client.name) ?? "?"} → ${client.version}`));
}

const textOf = (release: unknown): string => (isText(release) ? release : "the announced release");

function textOfMoment(moment: unknown): string {
  const [time, height] = [at(moment, "time"), at(moment, "height")];
  return isText(time) ? momentText({ time }) : momentText({ height: Number(height) });
}
