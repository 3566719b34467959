import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { noteMarker } from "@coinfleet/report";
import { postNote } from "./post-note.ts";

interface Note {
  readonly id: number;
  body: string;
}

describe("a note on a merge request", () => {
  let server: Server;
  let notes: Note[] = [];
  let said: string[] = [];
  let variables: Record<string, string> = {};

  before(async () => {
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const url = new URL(request.url ?? "/", "http://host");
        said.push(`${request.method} ${url.pathname}`);
        if (request.headers["private-token"] !== "token") return response.writeHead(401).end("{}");
        const send = (value: unknown): void => void response.setHeader("content-type", "application/json").end(JSON.stringify(value));
        if (request.method === "GET") {
          const page = Number(url.searchParams.get("page")) - 1;
          return send(notes.slice(page * 100, page * 100 + 100));
        }
        const written = (JSON.parse(body) as { body: string }).body;
        const id = Number(url.pathname.split("/").at(-1));
        const before = notes.find((note) => note.id === id);
        if (request.method === "PUT" && before !== undefined) before.body = written;
        else notes.push({ id: notes.length + 1, body: written });
        send({});
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    variables = {
      CI_API_V4_URL: `http://127.0.0.1:${port}/api/v4`,
      CI_PROJECT_ID: "7",
      CI_MERGE_REQUEST_IID: "3",
      COINFLEET_NOTE_TOKEN: "token",
    };
  });
  after(() => server.close());
  beforeEach(() => {
    notes = [];
    said = [];
  });

  it("is written the first time and replaced in place on each push", async () => {
    await postNote("gitlab", `${noteMarker}\nfirst`, variables);
    await postNote("gitlab", `${noteMarker}\nsecond`, variables);
    assert.deepEqual(
      notes.map(({ body }) => body),
      [`${noteMarker}\nsecond`],
    );
    assert.equal(said.at(-1), "PUT /api/v4/projects/7/merge_requests/3/notes/1");
  });

  it("is found behind a hundred others, and leaves them alone", async () => {
    notes = Array.from({ length: 150 }, (_, index) => ({ id: index + 1, body: index === 120 ? `${noteMarker}\nold` : `remark ${index}` }));
    await postNote("gitlab", `${noteMarker}\nnew`, variables);
    assert.equal(notes.length, 150);
    assert.equal(notes[120]?.body, `${noteMarker}\nnew`);
  });

  it("fails with what is missing, or with what the host says", async () => {
    await assert.rejects(postNote("gitlab", "x", { ...variables, COINFLEET_NOTE_TOKEN: "" }), /no COINFLEET_NOTE_TOKEN/);
    await assert.rejects(postNote("gitlab", "x", { ...variables, COINFLEET_NOTE_TOKEN: "wrong" }), /401/);
    await assert.rejects(postNote("svn", "x", variables), /gitlab, github/);
  });
});
