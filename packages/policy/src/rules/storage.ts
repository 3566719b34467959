import { must, mustBe, type ResourceRule } from "../rule.ts";
import { isText } from "../values.ts";

/** `undefined` where whoever looks cannot see it. */
const retained = (value: unknown): boolean => value !== false;

/** Volumes and how they are attached. */
export const storageRules: readonly ResourceRule[] = [
  {
    id: "volume-is-a-keeper",
    severity: "critical",
    asks: "Data volumes are encrypted with the environment's key, protected, and kept when the program lets go of them.",
    reason: "An initial sync takes days to weeks; keys of some coins are nowhere else.",
    standard: ["FSBP EC2.3", "Coinfleet: keepers"],
    types: ["aws:ebs/volume:Volume"],
    check: ({ inputs, protect, retainOnDelete }) => [
      ...mustBe(inputs["encrypted"], true, "it is not encrypted"),
      ...must(inputs["kmsKeyId"], isText, "it is not encrypted with our key"),
      ...mustBe(protect, true, "it is not protected"),
      ...must(retainOnDelete, retained, "it is not retained"),
    ],
  },
  {
    id: "attachment-not-forced",
    severity: "critical",
    asks: "A volume is never taken from a running host, and never by force.",
    reason: "A database that is cut off in the middle of a write may not open again.",
    standard: ["Coinfleet: one replacement path"],
    types: ["aws:ec2/volumeAttachment:VolumeAttachment"],
    check: ({ inputs }) => [
      ...must(inputs["forceDetach"], (force) => force !== true, "it may be detached by force"),
      ...mustBe(inputs["stopInstanceBeforeDetaching"], true, "a running instance may lose its volume"),
    ],
  },
  {
    id: "snapshot-private",
    severity: "critical",
    asks: "Snapshots are shared with nobody.",
    reason: "A shared snapshot is a copy of all data, and it cannot be called back.",
    standard: ["FSBP EC2.1"],
    types: ["aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission"],
    check: () => [{ what: "another account may make a volume of it" }],
  },
  {
    id: "bucket-private",
    severity: "critical",
    asks: "Buckets block every kind of public access.",
    reason: "Snapshots and states would be in the open.",
    standard: ["FSBP S3.8", "CIS AWS 3.0 2.1.4"],
    types: ["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"],
    check: ({ inputs }) =>
      ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].flatMap((key) =>
        mustBe(inputs[key], true, `${key} is off`),
      ),
  },
  {
    id: "backup-copies-encrypted",
    severity: "high",
    asks: "Snapshot policies are enabled, and their copies in other regions are encrypted.",
    reason: "A backup that is switched off is found out on the day it is needed; an unencrypted copy undoes the volume's encryption.",
    standard: ["Security Hub EC2.28", "Coinfleet: cross-region copies"],
    types: ["aws:dlm/lifecyclePolicy:LifecyclePolicy"],
    check: ({ inputs }) => [
      ...must(inputs["state"], (state) => state === undefined || state === "ENABLED", "it is switched off"),
      ...must(
        inputs["policyDetails"],
        (details) => !/"encrypted":false/.test(JSON.stringify(details ?? {})),
        "a copy in another region is not encrypted",
      ),
    ],
  },
];
