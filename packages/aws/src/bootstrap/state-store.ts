import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { arn, type Place } from "../place.ts";
import { policyDocument, type PolicyDocument } from "../policy-document.ts";
import { environmentTags } from "../tags.ts";

export interface StateStoreArgs {
  readonly place: Place;
}

/**
 * Where the environments' states are: a versioned bucket that no one outside the account can be given, and the key of their secrets. Cents a month.
 * A keeper: a lost state is a fleet that has to be imported by hand.
 */
export class StateStore extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:StateStore";
  /** For `pulumi login`. */
  readonly backendUrl: string;
  /** For `pulumi stack init --secrets-provider`. */
  readonly secretsProvider: string;
  readonly bucketArn: string;
  readonly keyArn: pulumi.Output<string>;

  constructor(name: string, args: StateStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super(StateStore.type, name, {}, opts);
    const { place } = args;
    const title = `coinfleet-state-${place.account}-${place.region}`;
    const tags = environmentTags(place, title);
    const keeper = { parent: this, protect: true, retainOnDelete: true };
    const key = new aws.kms.Key(
      `${name}-key`,
      {
        description: "States of Coinfleet's environments",
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        policy: JSON.stringify(stateKeyPolicy(place)),
        tags,
      },
      keeper,
    );
    new aws.kms.Alias(`${name}-key`, { name: "alias/coinfleet-state", targetKeyId: key.keyId }, { parent: this });
    const bucket = new aws.s3.Bucket(`${name}-bucket`, { bucket: title, tags }, keeper);
    this.bucketArn = `arn:aws:s3:::${title}`;
    new aws.s3.BucketVersioning(
      `${name}-versions`,
      { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
      { parent: this },
    );
    new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      {
        bucket: bucket.bucket,
        rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key.arn }, bucketKeyEnabled: true }],
      },
      { parent: this },
    );
    const closed = new aws.s3.BucketPublicAccessBlock(
      `${name}-closed`,
      { bucket: bucket.bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      { parent: this },
    );
    // S3 refuses two changes of a bucket's access at the same time.
    new aws.s3.BucketPolicy(
      `${name}-policy`,
      { bucket: bucket.bucket, policy: JSON.stringify(bucketPolicy(this.bucketArn)) },
      { parent: this, dependsOn: [closed] },
    );
    this.backendUrl = `s3://${title}?region=${place.region}`;
    this.secretsProvider = `awskms://alias/coinfleet-state?region=${place.region}`;
    this.keyArn = key.arn;
    this.registerOutputs({ backendUrl: this.backendUrl });
  }
}

/** The account decides by its own policies. */
function stateKeyPolicy(place: Place): PolicyDocument {
  const root = arn({ ...place, region: "" }, "iam", "root");
  return policyDocument([
    { Sid: "AccountByItsOwnPolicies", Effect: "Allow", Principal: { AWS: root }, Action: ["kms:*"], Resource: ["*"] },
  ]);
}

function bucketPolicy(bucketArn: string): PolicyDocument {
  return policyDocument([
    {
      Sid: "EncryptedConnectionsOnly",
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: ["s3:*"],
      Resource: [bucketArn, `${bucketArn}/*`],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ]);
}
