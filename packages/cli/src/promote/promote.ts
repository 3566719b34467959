import { planImage } from "@coinfleet/build";
import type { StackConfig } from "@coinfleet/config";
import { imagesOfGroup } from "@coinfleet/host";
import { Document, type YAMLMap } from "yaml";
import { z } from "zod";
import { CliError } from "../cli-error.ts";
import { editFleet } from "../stack-file-edit.ts";

/** What `up` of an environment has made that another one can use, as the program exports it. */
export const builtSchema = z.object({
  /** `<repository>-<tag>` → image by digest. */
  images: z.record(z.string(), z.string()),
  /** Architecture → AMI. */
  machineImages: z.partialRecord(z.enum(["x86_64", "arm64"]), z.string()),
});

export type Built = z.infer<typeof builtSchema>;

/** An environment: its stack file as the program reads it, and the file's path. */
export interface Environment {
  readonly config: StackConfig;
  readonly file: string;
}

export interface Promotion {
  /** The new text of the stack file that is promoted to. */
  readonly text: string;
  /** What has been written, a line each: key and value. */
  readonly written: readonly (readonly [key: string, value: string])[];
  /** Images that the environment runs and the other one has not built: it goes on to build them itself. */
  readonly ownImages: readonly string[];
}

/**
 * Writes what `from` has built into the stack file of `to`: images that `to` runs, by digest, and machine images by id. What `to` does not run any more is
 * taken out; everything else, comments too, stays as it is.
 * @throws {@link CliError} `NotPromotable` when `to` could not use it
 */
export function promote(
  { from, built, to, text, root }: { from: Environment; built: Built; to: Environment; text: string; root: string },
  what: { readonly images: boolean; readonly machineImages: boolean },
): Promotion {
  refuseUnshared(from, to);
  let edited = text;
  const written: (readonly [string, string])[] = [];
  const { spec, fleet } = to.config;
  const wanted = [...new Set(fleet.groups.flatMap((group) => imageKeys(group, spec.images.base, root)))].sort();
  const ownImages = wanted.filter((key) => built.images[key] === undefined && spec.images.promoted[key] === undefined);
  if (what.images) {
    const promoted = wanted.flatMap((key) => {
      const image = built.images[key] ?? spec.images.promoted[key];
      return image === undefined ? [] : [[key, image] as const];
    });
    written.push(...promoted.filter(([key, image]) => spec.images.promoted[key] !== image));
    edited = editFleet(edited, ["images"], asBlock({ promoted: Object.fromEntries(promoted) }));
  }
  if (what.machineImages) {
    const ids = machineImageIds(from, built, to);
    const known = Object.entries("ids" in spec.machineImage ? spec.machineImage.ids : {});
    for (const [architecture, id] of Object.entries(ids)) {
      if (!known.some(([one, old]) => one === architecture && old === id)) written.push([`machine image for ${architecture}`, id]);
    }
    edited = editFleet(edited, ["machineImage"], asBlock({ ids }, ["source", "sshUser", "instanceType"]));
  }
  return { text: edited, written, ownImages };
}

/** Sets names of a map, takes others out, and has it written an entry a line. */
const asBlock =
  (values: Readonly<Record<string, Readonly<Record<string, string>>>>, gone: readonly string[] = []) =>
  (map: YAMLMap): void => {
    for (const name of gone) map.delete(name);
    for (const [name, value] of Object.entries(values)) map.set(name, new Document(value).contents);
    map.flow = false;
  };

function imageKeys(group: StackConfig["fleet"]["groups"][number], base: string, root: string): string[] {
  const { clients, next, agent } = imagesOfGroup(group, base);
  return [...Object.values(clients), ...Object.values(next), agent].map(
    ({ repository, spec }) => `${repository}-${planImage(spec, root).tag}`,
  );
}

/** An id for each architecture that `to` has hosts of: the new one where there is one, else the one that stands there. */
function machineImageIds(from: Environment, built: Built, to: Environment): Record<string, string> {
  const { spec, fleet, place } = to.config;
  if (place.region !== from.config.place.region) {
    throw notPromotable("A machine image belongs to its region.", to, {
      got: `${place.region}, where ${from.file} says ${from.config.place.region}`,
      fix: "Promote images only (--images), or build machine images in this region.",
    });
  }
  const known: Built["machineImages"] = "ids" in spec.machineImage ? spec.machineImage.ids : {};
  const architectures = [...new Set(fleet.groups.map(({ architecture }) => architecture))].sort();
  return Object.fromEntries(
    architectures.map((architecture) => {
      const id = built.machineImages[architecture] ?? known[architecture];
      if (id === undefined) {
        throw notPromotable(`No machine image for ${architecture}.`, to, {
          got: `groups with ${architecture} hosts, and none in ${from.file}`,
          fix: `Give ${from.file} a group with ${architecture} hosts and run up, or promote images only (--images).`,
        });
      }
      return [architecture, id];
    }),
  );
}

function refuseUnshared(from: Environment, to: Environment): void {
  const { account } = to.config.place;
  if (account === from.config.place.account || from.config.spec.sharedWith.includes(account)) return;
  throw notPromotable("The other account may not use what is built there.", to, {
    got: `account ${account}, which ${from.file} does not share with`,
    fix: `Add sharedWith: ["${account}"] to coinfleet:fleet of ${from.file} and run up there.`,
  });
}

function notPromotable(title: string, { file }: Environment, { got, fix }: { got: string; fix: string }): CliError {
  return new CliError("NotPromotable", { title, where: file, got, fix, state: "Nothing has been changed." });
}
