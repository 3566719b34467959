import * as pulumi from "@pulumi/pulumi";
import type { Architecture } from "@coinfleet/sdk";
import { coinfleetCommand } from "./coinfleet-command.ts";
import type { Place } from "./place.ts";

export interface MachineImageArgs {
  readonly place: Place;
  readonly architecture: Architecture;
  /** Where Packer's build instance runs. */
  readonly subnetId: pulumi.Input<string>;
  /** What the image is encrypted with. */
  readonly keyArn: pulumi.Input<string>;
  /** Digest of the files: the only thing that makes it be built again. */
  readonly digest: string;
  /** Packer template and provisioning scripts: path → text. */
  readonly files: Readonly<Record<string, string>>;
}

/** An AMI built by Packer, or found again by its digest. */
export class MachineImage extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:MachineImage";
  readonly imageId: pulumi.Output<string>;

  constructor(name: string, args: MachineImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super(MachineImage.type, name, {}, opts);
    const { place, architecture, subnetId, keyArn, digest, files } = args;
    const build = coinfleetCommand(
      `${name}-build`,
      {
        run: "ami build",
        when: "create",
        input: { digest, environment: place.environment, region: place.region, architecture, subnetId, keyArn, files, timeoutSec: 3600 },
        triggers: [digest],
      },
      { parent: this },
    );
    this.imageId = build.stdout;
    this.registerOutputs({ imageId: this.imageId });
  }
}
