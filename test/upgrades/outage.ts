import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands before an AWS service and, while it is on, answers as one that is out of order. */
export class Outage {
  isOn = false;
  /** Calls that it has refused. */
  refused = 0;
  readonly #server: Server;

  private constructor(target: string) {
    this.#server = createServer((incoming, outgoing) => {
      if (this.isOn) {
        this.refused += 1;
        outgoing.writeHead(503, { "content-type": "application/x-amz-json-1.1" });
        outgoing.end(JSON.stringify({ __type: "ServiceUnavailable", message: "out of order" }));
        return;
      }
      const { method, url, headers } = incoming;
      const forwarded = request(new URL(url ?? "/", target), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      forwarded.once("error", () => outgoing.destroy());
      incoming.pipe(forwarded);
    });
  }

  /** `target`: URL of the service. */
  static async start(target: string): Promise<Outage> {
    const outage = new Outage(target);
    outage.#server.listen(0, "127.0.0.1");
    await once(outage.#server, "listening");
    return outage;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
