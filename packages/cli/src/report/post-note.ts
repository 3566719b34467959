import { noteMarker } from "@coinfleet/report";
import { z } from "zod";
import { CliError } from "../cli-error.ts";
import { pipelineVariable, type Variables } from "../pipeline-variable.ts";

const notes = z.array(z.object({ id: z.number(), body: z.string().nullable() }));

/** One code host's way to list and write the notes of a merge request. */
interface Host {
  readonly list: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where a note that is there is replaced. */
  one(id: number): string;
  readonly update: "PUT" | "PATCH";
}

const pageSize = 100;

/**
 * Puts a note on the merge request that the pipeline runs for, in the place of the one that it put there before.
 * @throws CliError when a variable of the pipeline is missing, or the host refuses
 */
export async function postNote(host: string, body: string, variables: Variables): Promise<void> {
  const { list, headers, one, update } = hostOf(host, variables);
  for (let page = 1; ; page++) {
    const found = notes.parse(await call("GET", `${list}?per_page=${pageSize}&page=${page}`, headers));
    const before = found.find((note) => note.body?.includes(noteMarker) === true);
    if (before !== undefined) return void (await call(update, one(before.id), headers, body));
    if (found.length < pageSize) return void (await call("POST", list, headers, body));
  }
}

function hostOf(host: string, variables: Variables): Host {
  const need = (name: string): string =>
    pipelineVariable(variables, name, {
      where: `coinfleet report --post ${host}`,
      fix: `Run it in a pipeline of a merge request, with ${name} set.`,
      state: "No note was written.",
    });
  if (host === "gitlab") {
    const list = `${need("CI_API_V4_URL")}/projects/${need("CI_PROJECT_ID")}/merge_requests/${need("CI_MERGE_REQUEST_IID")}/notes`;
    return { list, headers: { "private-token": need("COINFLEET_NOTE_TOKEN") }, one: (id) => `${list}/${id}`, update: "PUT" };
  }
  if (host === "github") {
    const repository = `${need("GITHUB_API_URL")}/repos/${need("GITHUB_REPOSITORY")}/issues`;
    const headers = { authorization: `Bearer ${need("GITHUB_TOKEN")}`, accept: "application/vnd.github+json" };
    return {
      list: `${repository}/${need("PULL_REQUEST")}/comments`,
      headers,
      one: (id) => `${repository}/comments/${id}`,
      update: "PATCH",
    };
  }
  throw new CliError("InvalidInput", {
    title: "There is no such host of merge requests.",
    where: "coinfleet report --post",
    got: host,
    allowed: "gitlab, github",
    fix: "Name one of them.",
    state: "No note was written.",
  });
}

async function call(method: string, url: string, headers: Readonly<Record<string, string>>, body?: string): Promise<unknown> {
  const content = body === undefined ? {} : { body: JSON.stringify({ body }) };
  const answer = await fetch(url, {
    method,
    headers: { ...headers, "content-type": "application/json" },
    signal: AbortSignal.timeout(30_000),
    ...content,
  });
  if (answer.ok) return answer.json();
  throw new CliError("CommandFailed", {
    title: "The note could not be written.",
    where: `${method} ${new URL(url).pathname}`,
    got: `${answer.status} ${answer.statusText}`,
    fix: "Check that the token may write notes on merge requests of this project.",
    state: "The note was not written; the report itself is complete.",
  });
}
