import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** A public tip reference under the test's control: honest, lying by a number of blocks, or away. */
export class TipServer {
  readonly #server: Server;
  readonly url: string;
  #height: number | undefined;
  #isStopped = false;
  /** Added to the height. @default 0: honest */
  offset = 0;
  /** Ends every connection without an answer. @default false */
  isAway = false;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** Listens on an address that the sandbox's hosts reach: the machine's end of the sandbox's link. */
  static async start(address: string): Promise<TipServer> {
    const server = createServer((_, response) => tips.#answer(response));
    server.listen(0, address);
    await once(server, "listening");
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("the tip server has no port");
    const tips = new TipServer(server, `http://${address}:${bound.port}/`);
    return tips;
  }

  /** Takes the height from there from now on. Asked apart from the answers, which are at once: a slow machine must not look like a slow reference. */
  follow(height: () => Promise<number | undefined>): void {
    const look = async (): Promise<void> => {
      while (!this.#isStopped) {
        this.#height = (await height().catch(() => undefined)) ?? this.#height;
        await sleep(1000);
      }
    };
    void look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(response: ServerResponse): void {
    if (this.isAway || this.#height === undefined) response.destroy();
    else response.end(String(this.#height + this.offset));
  }
}
