import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { renderMachineImage } from "@coinfleet/host";
import type { Architecture, MachineImageSpec, ResolvedGroup } from "@coinfleet/sdk";
import { MachineImage } from "./machine-image.ts";
import type { Network } from "./network.ts";
import type { Place } from "./place.ts";

export interface MachineImagesArgs {
  readonly place: Place;
  readonly spec: MachineImageSpec;
  readonly network: Network;
  readonly keyArn: pulumi.Input<string>;
  /** Accounts that may launch what is built here. */
  readonly sharedWith: readonly string[];
  readonly groups: readonly ResolvedGroup[];
}

/** The AMI for each architecture that the environment runs: the stack file's, or one that is built. */
export class MachineImages extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:MachineImages";
  readonly ids: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: MachineImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super(MachineImages.type, name, {}, opts);
    const { place, spec, network, keyArn } = args;
    const architectures = [...new Set(args.groups.map((group) => group.architecture))];
    this.ids = Object.fromEntries(
      architectures.map((architecture) => {
        if ("ids" in spec) return [architecture, pulumi.output(idFor(spec.ids, architecture))];
        const { digest, files } = renderMachineImage({ ...spec, architecture });
        const built = new MachineImage(
          `machine-image-${architecture}`,
          { place, architecture, digest, files, subnetId: anySubnet(network), keyArn },
          { parent: this },
        );
        for (const account of args.sharedWith)
          new aws.ec2.AmiLaunchPermission(
            `${name}-${architecture}-${account}`,
            { imageId: built.imageId, accountId: account },
            { parent: this },
          );
        return [architecture, built.imageId];
      }),
    );
    this.registerOutputs({ ids: this.ids });
  }

  idOf(architecture: Architecture): pulumi.Output<string> {
    const id = this.ids[architecture];
    if (id === undefined) throw new Error(`no machine image for ${architecture}`);
    return id;
  }
}

function idFor(ids: Readonly<Partial<Record<Architecture, string>>>, architecture: Architecture): string {
  const id = ids[architecture];
  if (id === undefined) throw new Error(`the stack file was taken without an AMI for ${architecture}`);
  return id;
}

function anySubnet(network: Network): pulumi.Output<string> {
  const [subnet] = Object.values(network.subnetIds.public);
  if (subnet === undefined) throw new Error("an environment without a zone has no subnet");
  return subnet;
}
