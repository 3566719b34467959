import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { arn, type Place } from "./place.ts";
import { policyDocument, type PolicyDocument } from "./policy-document.ts";
import { environmentTags } from "./tags.ts";

export interface RegistryArgs {
  readonly place: Place;
  readonly keyArn: pulumi.Input<string>;
  /** Last part of the repository's name. */
  readonly repository: string;
  /** Accounts that may pull. */
  readonly sharedWith: readonly string[];
}

/** How many images a repository keeps: the running one, the one before, and some to go back to. */
const keptImages = 20;

/** A repository of the environment's: immutable tags, scanned, encrypted, old images expire. Images can be built again, so it is no keeper. */
export class Registry extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Registry";
  readonly url: pulumi.Output<string>;
  readonly repository: aws.ecr.Repository;

  constructor(name: string, args: RegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Registry.type, name, {}, opts);
    const path = repositoryName(args.place, args.repository);
    this.repository = new aws.ecr.Repository(
      `${name}-repository`,
      {
        name: path,
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: args.keyArn }],
        forceDelete: true,
        tags: environmentTags(args.place, path),
      },
      { parent: this },
    );
    new aws.ecr.LifecyclePolicy(
      `${name}-lifecycle`,
      { repository: this.repository.name, policy: JSON.stringify(lifecyclePolicy) },
      { parent: this },
    );
    if (args.sharedWith.length > 0)
      new aws.ecr.RepositoryPolicy(
        `${name}-readers`,
        { repository: this.repository.name, policy: JSON.stringify(readersPolicy(args.sharedWith)) },
        { parent: this },
      );
    this.url = this.repository.repositoryUrl;
    this.registerOutputs({ url: this.url });
  }
}

/** `coinfleet/<environment>/<repository>`. */
function repositoryName(place: Place, repository: string): string {
  return `coinfleet/${place.environment}/${repository}`;
}

/** ARN of a repository, for policies. */
export function repositoryArn(place: Place, repository: string): string {
  return arn(place, "ecr", `repository/${repositoryName(place, repository)}`);
}

/** Pulling, and what scans have found, for the accounts that images are promoted to. */
export function readersPolicy(accounts: readonly string[]): PolicyDocument {
  return policyDocument([
    {
      Sid: "PromotedTo",
      Effect: "Allow",
      Principal: { AWS: accounts.map((account) => `arn:aws:iam::${account}:root`) },
      Action: ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "ecr:DescribeImageScanFindings"],
    },
  ]);
}

const lifecyclePolicy = {
  rules: [
    {
      rulePriority: 1,
      description: "Untagged layers of broken pushes",
      selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 },
      action: { type: "expire" },
    },
    {
      rulePriority: 2,
      description: `The last ${keptImages} images`,
      selection: { tagStatus: "tagged", tagPatternList: ["*"], countType: "imageCountMoreThan", countNumber: keptImages },
      action: { type: "expire" },
    },
  ],
};
