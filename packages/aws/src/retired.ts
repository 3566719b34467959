import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RetiredSpec } from "@coinfleet/sdk";

export interface RetiredArgs {
  readonly spec: RetiredSpec;
  /** Where a volume is said to be until the engine has put in what it knows. */
  readonly zone: string;
}

/** Volumes and secrets that no node uses any more: as they are, known to the engine by their old names, and free to be let go. AWS keeps them then. */
export class Retired extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Retired";

  constructor(name: string, { spec, zone }: RetiredArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Retired.type, name, {}, opts);
    if (spec.volumes.length + spec.secrets.length > 0) {
      const refuse = refuseNew();
      const keeper = (parents: string, type: string, logical: string): pulumi.CustomResourceOptions => ({
        parent: this,
        // Under its former parents. It was made there, and is not made here.
        aliases: [`urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${parents}$${type}::${logical}`],
        protect: false,
        retainOnDelete: true,
        ignoreChanges: ["*"],
        hooks: { beforeCreate: [refuse] },
      });
      const ofGroup = "coinfleet:aws:Fleet$coinfleet:aws:Group";
      for (const volume of spec.volumes) {
        const parents = `${ofGroup}$coinfleet:aws:Node$coinfleet:aws:DataVolume`;
        // With a size, so that one which never was comes as far as the guard, whose reason is better than the provider's.
        new aws.ebs.Volume(volume, { availabilityZone: zone, size: 1 }, keeper(parents, "aws:ebs/volume:Volume", volume));
      }
      for (const secret of spec.secrets)
        new aws.secretsmanager.Secret(
          secret,
          {},
          keeper(`${ofGroup}$coinfleet:aws:GroupSecrets`, "aws:secretsmanager/secret:Secret", secret),
        );
    }
    this.registerOutputs({});
  }
}

/** A name that the engine does not know would be made anew: an empty volume under an old name. */
function refuseNew(): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    "retired-guard",
    (args) => {
      throw new Error(
        `RetiredUnknown: "${args.name}" stands under \`retired\` in the stack file, but this stack has never had it. ` +
          "Correct the name (pulumi stack --show-urns lists them), or remove the line. Nothing has been made.",
      );
    },
    { onDryRun: true },
  );
}
