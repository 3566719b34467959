import { policyDocument, type PolicyDocument } from "../policy-document.ts";

/** Who runs the pipeline, as its jobs' identity tokens say. */
export interface PipelineSpec {
  /** `https://gitlab.com` or a server of one's own, or `https://token.actions.githubusercontent.com`. */
  readonly issuer: string;
  /** `group/project`, or `owner/repository`. */
  readonly project: string;
  /** The one that is applied. It must be protected there. */
  readonly branch: string;
}

const githubIssuer = "https://token.actions.githubusercontent.com";

/** What a token is made out to: what .gitlab-ci.yml asks for, and what AWS's own GitHub action does. */
export function audienceOf({ issuer }: PipelineSpec): string {
  return issuer === githubIssuer ? "sts.amazonaws.com" : "coinfleet";
}

/** What a job of the pipeline is there for. */
export type PipelineRole = "preview" | "write" | "drill";

interface Subjects {
  readonly preview: readonly string[];
  readonly write: readonly string[];
}

/** Subjects of tokens. A fork has another project's path: it gets neither role. */
function subjectsOf({ issuer, project, branch }: PipelineSpec): Subjects {
  if (issuer === githubIssuer) {
    const onBranch = `repo:${project}:ref:refs/heads/${branch}`;
    return { preview: [`repo:${project}:pull_request`, onBranch], write: [onBranch, `repo:${project}:environment:production`] };
  }
  const onBranch = (name: string): string => `project_path:${project}:ref_type:branch:ref:${name}`;
  return { preview: [onBranch("*")], write: [onBranch(branch)] };
}

/** Which jobs may take a role of the pipeline. */
export function pipelineTrust(spec: PipelineSpec, role: PipelineRole, providerArn: string): PolicyDocument {
  const claims = new URL(spec.issuer).host + new URL(spec.issuer).pathname.replace(/\/$/, "");
  return policyDocument([
    {
      Sid: "JobsOfThisProject",
      Effect: "Allow",
      Principal: { Federated: providerArn },
      Action: ["sts:AssumeRoleWithWebIdentity"],
      Condition: {
        StringEquals: { [`${claims}:aud`]: audienceOf(spec) },
        StringLike: { [`${claims}:sub`]: subjectsOf(spec)[role === "preview" ? "preview" : "write"] },
      },
    },
  ]);
}
