import type { FleetUnderTest } from "./fleet-under-test.ts";

/** A request that was made, and whether it was answered. */
export interface Sample {
  /** When it was begun, Unix seconds. */
  readonly sec: number;
  readonly ok: boolean;
}

/** What is asked: an HTTP POST, on a new connection each time. */
export interface Asked {
  readonly host: string;
  readonly port: number;
  /** @default "{}" */
  readonly body?: string;
  /** User and password. @default none */
  readonly auth?: readonly [user: string, password: string];
  /** What the answer must contain. @default - any answer will do, a refusal too */
  readonly answer?: string;
  readonly everySec: number;
}

const log = "/run/request-samples";

const program = ({ host, port, body = "{}", auth, answer = "", everySec }: Asked): string => `
import base64, http.client, json, time
asked = json.loads(r'''${JSON.stringify({ host, port, body, auth, answer, everySec })}''')
headers = {}
if asked.get("auth"):
    headers["authorization"] = "Basic " + base64.b64encode(":".join(asked["auth"]).encode()).decode()
while True:
    begun = time.time()
    try:
        client = http.client.HTTPConnection(asked["host"], asked["port"], timeout=3)
        client.request("POST", "/", asked["body"], headers)
        ok = int(asked["answer"] in client.getresponse().read().decode())
    except (OSError, ValueError, http.client.HTTPException):
        ok = 0
    print(f"{begun:.1f} {ok}", flush=True)
    time.sleep(max(0, asked["everySec"] - (time.time() - begun)))
`;

/** A client on a node's host that asks again and again until it is stopped. */
export class RequestSampler {
  readonly #fleet: FleetUnderTest;
  readonly #node: string;

  private constructor(fleet: FleetUnderTest, node: string) {
    this.#fleet = fleet;
    this.#node = node;
  }

  static async start(fleet: FleetUnderTest, node: string, asked: Asked): Promise<RequestSampler> {
    const text = Buffer.from(program(asked)).toString("base64");
    const unit = `systemd-run --quiet --unit sampler --property StandardOutput=truncate:${log}`;
    await fleet.onHost(node, `echo ${text} | base64 --decode >/run/sampler.py; ${unit} python3 /run/sampler.py`);
    return new RequestSampler(fleet, node);
  }

  /** Ends it. @returns all that it asked */
  async stop(): Promise<readonly Sample[]> {
    const lines = (await this.#fleet.onHost(this.#node, `systemctl stop sampler; cat ${log}`)).split("\n");
    return lines.map((line) => line.split(" ").map(Number)).map(([sec = 0, ok]) => ({ sec, ok: ok === 1 }));
  }
}
