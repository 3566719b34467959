import { once } from "node:events";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { gunzipSync, inflateSync } from "node:zlib";
import { z } from "zod";

/** What a GELF input must refuse to be without. @see https://go2docs.graylog.org/current/getting_in_log_data/gelf.html */
const message = z.looseObject({
  version: z.literal("1.1"),
  host: z.string().min(1),
  short_message: z.string().min(1),
  timestamp: z.number().positive().optional(),
  level: z.int().min(0).max(7).optional(),
});

/** One message of GELF 1.1. Its own fields begin with `_`. */
export type GelfMessage = z.infer<typeof message>;

/** GELF inputs as Graylog's: TCP, null-delimited, and UDP, chunked and compressed or not. Bad messages are kept apart. */
export class GelfServer {
  readonly messages: GelfMessage[] = [];
  readonly refused: string[] = [];
  readonly #tcp: Server;
  readonly #udp: UdpSocket;
  readonly #connections = new Set<Socket>();
  readonly #chunks = new Map<string, (Buffer | undefined)[]>();
  /** How many came in more than one datagram. */
  chunkedMessages = 0;

  private constructor() {
    this.#tcp = createServer((connection) => this.#receive(connection));
    this.#udp = createSocket("udp4", (datagram) => this.#datagram(datagram));
  }

  static async start(address: string, port: number): Promise<GelfServer> {
    const server = new GelfServer();
    server.#tcp.listen(port, address);
    server.#udp.bind(port, address);
    await Promise.all([once(server.#tcp, "listening"), once(server.#udp, "listening")]);
    return server;
  }

  /** Takes connections, and reads nothing from them any more: a process that hangs. What its kernel takes is lost with it. */
  hang(): void {
    this.#tcp.on("connection", (connection: Socket) => connection.pause());
    for (const connection of this.#connections) connection.pause();
  }

  /** Ends at once, as a killed process does. */
  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.resetAndDestroy();
    const closed = [once(this.#tcp, "close"), once(this.#udp, "close")];
    this.#tcp.close();
    this.#udp.close();
    await Promise.all(closed);
  }

  #receive(connection: Socket): void {
    this.#connections.add(connection);
    let rest = "";
    connection.setEncoding("utf8");
    connection.on("data", (part: string) => {
      const texts = (rest + part).split("\0");
      rest = texts.pop() ?? "";
      for (const text of texts) this.#take(text);
    });
    connection.on("error", () => undefined);
    connection.on("close", () => this.#connections.delete(connection));
  }

  #datagram(datagram: Buffer): void {
    if (datagram.readUInt16BE(0) !== 0x1e0f) return this.#take(unpacked(datagram));
    // Magic, an id of eight bytes, the number of the chunk, how many there are.
    const [id, index, count] = [datagram.subarray(2, 10).toString("hex"), datagram.readUInt8(10), datagram.readUInt8(11)];
    const chunks = this.#chunks.get(id) ?? Array.from<Buffer | undefined>({ length: count });
    this.#chunks.set(id, chunks);
    chunks[index] = datagram.subarray(12);
    const found = chunks.filter((chunk) => chunk !== undefined);
    if (found.length < count) return;
    this.#chunks.delete(id);
    this.chunkedMessages++;
    this.#take(unpacked(Buffer.concat(found)));
  }

  #take(text: string): void {
    try {
      this.messages.push(message.parse(JSON.parse(text)));
    } catch {
      this.refused.push(text);
    }
  }
}

function unpacked(packed: Buffer): string {
  const magic = packed.readUInt16BE(0);
  if (magic === 0x1f8b) return gunzipSync(packed).toString("utf8");
  return packed.readUInt8(0) === 0x78 ? inflateSync(packed).toString("utf8") : packed.toString("utf8");
}
