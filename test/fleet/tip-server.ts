import { createServer, type Server } from "node:http";
import { once } from "node:events";

/** A public tip reference under the test's control: honest, lying by a number of blocks, or away. */
export class TipServer {
  readonly #server: Server;
  readonly url: string;
  height: (() => Promise<number>) | undefined;
  offset = 0;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** Listens on an address that the sandbox's hosts reach: the machine's end of the sandbox's link. */
  static async start(address: string): Promise<TipServer> {
    const server = createServer((_, response) => {
      const answer = tips.height;
      if (!answer) return void response.destroy();
      answer().then(
        (height) => response.end(String(height + tips.offset)),
        () => response.destroy(),
      );
    });
    server.listen(0, address);
    await once(server, "listening");
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("the tip server has no port");
    const tips = new TipServer(server, `http://${address}:${bound.port}/`);
    return tips;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
