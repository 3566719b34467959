import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A door with TLS before a plain API on loopback, as AWS's own is. */
export interface TlsFront {
  readonly endpoint: string;
  /** The certificate that it shows, for those who are to trust it. */
  readonly certificate: string;
  /** Ends when the API has answered the next request of this method for a path with this text in it. */
  seen(method: string, path: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startTlsFront(api: string): Promise<TlsFront> {
  const folder = await mkdtemp(join(tmpdir(), "coinfleet-tls-"));
  const [key, certificate] = ["key.pem", "certificate.pem"].map((name) => join(folder, name)) as [string, string];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  const who = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", ...kind, ...who, "-keyout", key, "-out", certificate], { stdio: "ignore" });
  let waiting: readonly { readonly is: (method: string, path: string) => boolean; readonly tell: () => void }[] = [];
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (asked, answer) => {
    const [method, path] = [asked.method ?? "", asked.url ?? ""];
    const headers = { ...asked.headers, "x-forwarded-proto": "https" };
    const passed = request(`${api}${path}`, { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
      for (const { is, tell } of waiting) if (is(method, path)) tell();
      waiting = waiting.filter(({ is }) => !is(method, path));
    });
    passed.once("error", () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    endpoint: `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    certificate,
    seen: (wanted, text) =>
      new Promise((tell) => {
        const is = (method: string, path: string): boolean => method === wanted && decodeURIComponent(path).includes(text);
        waiting = [...waiting, { is, tell }];
      }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
