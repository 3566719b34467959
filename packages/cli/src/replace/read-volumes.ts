import { z } from "zod";
import { CliError } from "../cli-error.ts";
import { runProgram } from "../doctor/run-program.ts";
import { inProject } from "../project.ts";

const resourceSchema = z.looseObject({
  urn: z.string(),
  id: z.string().optional(),
  /** It is replaced, and still there. */
  delete: z.boolean().optional(),
  created: z.iso.datetime({ offset: true }).optional(),
  outputs: z.looseObject({ volumeId: z.unknown() }).partial().optional(),
});

/** What `pulumi stack export` prints, as far as volumes go. */
export const exportSchema = z.looseObject({
  deployment: z.looseObject({ resources: z.array(resourceSchema).default([]) }),
});

/** What the engine has made of a node's volume. */
export interface NodeVolumes {
  /** Id of the volume of the name that was asked for. Absent: it is not made. */
  readonly volumeId: string | undefined;
  /** Since when the node has that volume, Unix milliseconds. Absent: it has another one, or none. */
  readonly attachedMs: number | undefined;
  /** Ids of the volumes that no node uses any more. */
  readonly retired: readonly string[];
}

/** Looks for a node's volume in the engine's state. @param volume its logical name */
export function findVolumes({ deployment }: z.infer<typeof exportSchema>, node: string, volume: string): NodeVolumes {
  const all = deployment.resources.filter((one) => one.delete !== true);
  const named = (type: string, name: string): (typeof all)[number] | undefined => all.find(({ urn }) => urn.endsWith(`${type}::${name}`));
  const volumeId = named("aws:ebs/volume:Volume", volume)?.id;
  const attachment = named("aws:ec2/volumeAttachment:VolumeAttachment", `${node}-attachment`);
  const isAttached = volumeId !== undefined && attachment?.outputs?.volumeId === volumeId;
  return {
    volumeId,
    attachedMs: isAttached && attachment.created !== undefined ? Date.parse(attachment.created) : undefined,
    retired: all.flatMap(({ urn, id }) => (/coinfleet:aws:Retired\$aws:ebs\/volume:Volume::/.test(urn) && id !== undefined ? [id] : [])),
  };
}

const exportLimitMs = 120_000;

/** Asks the engine. @throws {@link CliError} */
export async function readVolumes(environment: string, node: string, volume: string): Promise<NodeVolumes> {
  const call = ["stack", "export", "--stack", environment, "--cwd", inProject("")];
  const { code, output, error } = await runProgram("pulumi", call, exportLimitMs);
  if (code === 0) return findVolumes(exportSchema.parse(JSON.parse(output)), node, volume);
  throw new CliError("CommandFailed", {
    title: "pulumi cannot say what the stack has made.",
    where: `state of stack ${environment}`,
    got: error.trim(),
    fix: "Log in to the state that holds it: pulumi login.",
    state: "Nothing has been changed.",
  });
}
