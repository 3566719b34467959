import { CliError } from "../cli-error.ts";
import { pipelineVariable, type Variables } from "../pipeline-variable.ts";
import { GitHubPullRequests } from "./github-pull-requests.ts";
import { GitLabMergeRequests } from "./gitlab-merge-requests.ts";
import type { MergeRequests } from "./merge-requests.ts";

const where = "coinfleet releases --propose";
const state = "Nothing has been proposed.";

/**
 * Merge requests of the host whose pipeline this is: GitLab's, else GitHub's, by the variables that each gives its jobs. Both want `COINFLEET_RELEASE_TOKEN`: GitHub starts no
 * workflow for what a job's own `GITHUB_TOKEN` opens, so that nothing would check it.
 * @throws CliError `InvalidInput` in a pipeline of neither, or where a variable is missing
 */
export function mergeRequestsOf(variables: Variables): MergeRequests {
  const host = ["CI_API_V4_URL", "GITHUB_REPOSITORY"].find((name) => (variables[name] ?? "") !== "");
  const need = (name: string): string => pipelineVariable(variables, name, { where, fix: `Set ${name} in the pipeline.`, state });
  if (host === "CI_API_V4_URL")
    return new GitLabMergeRequests({
      api: need("CI_API_V4_URL"),
      id: need("CI_PROJECT_ID"),
      target: need("CI_DEFAULT_BRANCH"),
      token: need("COINFLEET_RELEASE_TOKEN"),
    });
  if (host === "GITHUB_REPOSITORY")
    return new GitHubPullRequests({
      api: need("GITHUB_API_URL"),
      repository: need("GITHUB_REPOSITORY"),
      // A schedule runs on the default branch alone.
      target: need("GITHUB_REF_NAME"),
      token: need("COINFLEET_RELEASE_TOKEN"),
    });
  throw new CliError("InvalidInput", {
    title: "There is nothing to propose to.",
    where,
    got: "neither CI_API_V4_URL nor GITHUB_REPOSITORY",
    fix: "Run it in a pipeline of GitLab or of GitHub.",
    state,
  });
}
