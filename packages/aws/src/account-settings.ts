import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AccountSpec } from "@coinfleet/sdk";

export interface AccountSettingsArgs {
  readonly spec: AccountSpec;
}

/** Settings of the whole account and region. They stay when the environment goes: others may have come to rely on them. */
export class AccountSettings extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:AccountSettings";

  constructor(name: string, { spec }: AccountSettingsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(AccountSettings.type, name, {}, opts);
    const kept = { parent: this, retainOnDelete: true };
    if (spec.ebsEncryptionByDefault) new aws.ebs.EncryptionByDefault(`${name}-encryption`, { enabled: true }, kept);
    if (spec.blockPublicSnapshots) new aws.ebs.SnapshotBlockPublicAccess(`${name}-snapshots`, { state: "block-all-sharing" }, kept);
    if (spec.registryScanning !== "off")
      new aws.ecr.RegistryScanningConfiguration(
        `${name}-scanning`,
        {
          scanType: spec.registryScanning === "basic" ? "BASIC" : "ENHANCED",
          rules: [
            {
              scanFrequency: spec.registryScanning === "basic" ? "SCAN_ON_PUSH" : "CONTINUOUS_SCAN",
              repositoryFilters: [{ filter: "coinfleet/*", filterType: "WILDCARD" }],
            },
          ],
        },
        kept,
      );
    this.registerOutputs({});
  }
}
