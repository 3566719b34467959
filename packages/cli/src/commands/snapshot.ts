import type { Command } from "commander";
import type { GroupSnapshot } from "../drill/snapshots.ts";

interface SnapshotOptions {
  readonly environment: string;
  readonly region?: string;
  readonly unproven?: true;
  readonly json?: true;
}

async function snapshotsOf(group: string, { environment, region }: SnapshotOptions): Promise<readonly GroupSnapshot[]> {
  const { EC2Client } = await import("@aws-sdk/client-ec2");
  const { awsSettings } = await import("../aws-call.ts");
  const { findSnapshots } = await import("../drill/snapshots.ts");
  return findSnapshots(new EC2Client(awsSettings(region)), `${environment}/${group}`);
}

async function list(group: string, options: SnapshotOptions): Promise<void> {
  const { renderTable } = await import("../table.ts");
  const snapshots = await snapshotsOf(group, options);
  if (options.json === true) process.stdout.write(`${JSON.stringify(snapshots, undefined, 2)}\n`);
  else {
    const rows = snapshots.map(({ id, node, takenMs, provenAt, failed }) => [
      id,
      node,
      new Date(takenMs).toISOString(),
      provenAt !== undefined ? `proven at ${provenAt}` : failed !== undefined ? `FAILED at ${failed}` : "unproven",
    ]);
    process.stdout.write(
      rows.length === 0 ? `${group} has no snapshots.\n` : `${renderTable(["SNAPSHOT", "NODE", "TAKEN", "DRILL"], rows)}\n`,
    );
  }
}

async function pin(group: string, options: SnapshotOptions): Promise<void> {
  const { chooseSnapshot, pinSnapshot } = await import("../snapshot/pin-snapshot.ts");
  const { stackFileOf } = await import("../stack-file.ts");
  const pinned = { environment: options.environment, group, isUnprovenAllowed: options.unproven === true };
  const { id, takenMs, provenAt } = chooseSnapshot(await snapshotsOf(group, options), pinned);
  const isNew = await pinSnapshot(id, pinned);
  process.stdout.write(
    [
      `${stackFileOf(options.environment)}: volume.snapshot of ${group} ${isNew ? "is now" : "was already"} ${id}, taken at ${new Date(takenMs).toISOString()}, ${provenAt === undefined ? "UNPROVEN" : `proven at ${provenAt}`}.`,
      "New volumes start from it from the next `pulumi up` on; volumes that exist keep what they hold.",
      "It goes when `backup.keep` later ones have been taken, and then no new volume can start from it: pin again.",
      "",
    ].join("\n"),
  );
}

export function register(program: Command): void {
  const snapshot = program.command("snapshot").description("snapshots of a group's data volumes, and which of them new nodes start from");
  const common = (command: Command): Command =>
    command
      .argument("<group>", "for example litecoin")
      .requiredOption("-e, --environment <name>", "environment of the group")
      .option("--region <region>", "AWS region (default: AWS_REGION)");
  common(snapshot.command("list"))
    .description("snapshots, newest first, with how their drills ended")
    .option("--json", "print the same as JSON")
    .action(list);
  common(snapshot.command("pin"))
    .description("write the newest proven snapshot into the stack file")
    .option("--unproven", "take the newest one although no drill has proved it")
    .action(pin);
}
