import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Place } from "../place.ts";
import type { PolicyDocument } from "../policy-document.ts";
import { environmentTags } from "../tags.ts";
import { drillPolicy } from "./drill-policy.ts";
import { permissionsBoundary } from "./permissions-boundary.ts";
import { previewPolicy, writePolicy, type PipelineScope } from "./pipeline-policies.ts";
import { audienceOf, pipelineTrust, type PipelineRole, type PipelineSpec } from "./pipeline-trust.ts";
import { StateStore } from "./state-store.ts";

export interface BootstrapArgs {
  readonly place: Place;
  readonly pipeline: PipelineSpec;
  /** Environments of this account. */
  readonly environments: readonly string[];
}

const does: Readonly<Record<PipelineRole, string>> = { preview: "preview", write: "apply", drill: "drill the backups of" };

/** Where roles of the pipeline are, so that policies can name them all. */
const path = "/coinfleet-pipeline/";

/** What an account needs before its first environment: the states' store, and the roles by which a pipeline previews, applies and drills. Made by a person, once. */
export class Bootstrap extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Bootstrap";
  readonly state: StateStore;
  readonly previewRoleArn: pulumi.Output<string>;
  readonly writeRoleArn: pulumi.Output<string>;
  readonly drillRoleArn: pulumi.Output<string>;
  /** For `permissionsBoundary` of the account's stack files. */
  readonly boundaryArn: string;

  constructor(name: string, args: BootstrapArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Bootstrap.type, name, {}, opts);
    const { place } = args;
    this.state = new StateStore("state", { place }, { parent: this });
    this.boundaryArn = `arn:aws:iam::${place.account}:policy${path}coinfleet-boundary`;
    const boundary = new aws.iam.Policy(
      "pipeline-boundary",
      {
        name: "coinfleet-boundary",
        path,
        description: "The most that any role of Coinfleet's environments may do",
        policy: JSON.stringify(permissionsBoundary(place.account)),
        tags: environmentTags(place, "coinfleet-boundary"),
      },
      { parent: this, protect: true },
    );
    const provider = new aws.iam.OpenIdConnectProvider(
      "pipeline-identity",
      { url: args.pipeline.issuer, clientIdLists: [audienceOf(args.pipeline)], tags: environmentTags(place, "coinfleet-pipeline") },
      { parent: this },
    );
    const scope: PipelineScopeInput = {
      place,
      environments: args.environments,
      stateBucketArn: this.state.bucketArn,
      boundaryArn: this.boundaryArn,
    };
    const role = (kind: PipelineRole, policy: (scope: PipelineScope) => PolicyDocument): pulumi.Output<string> =>
      this.#role(kind, args, {
        trust: provider.arn.apply((providerArn) => JSON.stringify(pipelineTrust(args.pipeline, kind, providerArn))),
        policy: this.state.keyArn.apply((stateKeyArn) => JSON.stringify(policy({ ...scope, stateKeyArn }))),
        dependsOn: [boundary],
      });
    this.previewRoleArn = role("preview", previewPolicy);
    this.writeRoleArn = role("write", writePolicy);
    this.drillRoleArn = role("drill", drillPolicy);
    this.registerOutputs({ previewRoleArn: this.previewRoleArn, writeRoleArn: this.writeRoleArn, drillRoleArn: this.drillRoleArn });
  }

  #role(kind: PipelineRole, { place, pipeline }: BootstrapArgs, texts: RoleTexts): pulumi.Output<string> {
    const title = `coinfleet-${kind}`;
    const role = new aws.iam.Role(
      `pipeline-${kind}`,
      {
        name: title,
        path,
        description: `Jobs of ${pipeline.project} that ${does[kind]} Coinfleet's environments`,
        assumeRolePolicy: texts.trust,
        maxSessionDuration: 4 * 3600,
        tags: environmentTags(place, title),
      },
      { parent: this, dependsOn: [...texts.dependsOn] },
    );
    // A role's inline policies may have 10,240 characters, a managed one 6,144.
    new aws.iam.RolePolicy(`pipeline-${kind}-policy`, { role: role.id, policy: texts.policy }, { parent: this });
    return role.arn;
  }
}

type PipelineScopeInput = Omit<PipelineScope, "stateKeyArn">;

interface RoleTexts {
  readonly trust: pulumi.Output<string>;
  readonly policy: pulumi.Output<string>;
  readonly dependsOn: readonly pulumi.Resource[];
}
