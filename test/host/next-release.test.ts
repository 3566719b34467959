import assert from "node:assert/strict";
import { HostRoot, skipUnlessRoot } from "./host-root.ts";

const config = {
  version: 1,
  node: "cosmos-1",
  databaseSurvivesDowngrade: false,
  daemons: [{ name: "gaiad", client: "gaiad", stopTimeoutSec: 60, files: {}, arguments: [], command: [] }],
  firewall: { always: [], gated: [] },
};
const image = (letter: string): string => `registry.example/gaiad@sha256:${letter.repeat(64)}`;
const old = { release: "27", images: { gaiad: image("a") }, versions: { gaiad: "27.0.0" } };
const following = { release: "28", images: { gaiad: image("b") }, versions: { gaiad: "28.0.0" } };
const file = "gaiad/data/upgrade-info.json";
const marker = "/var/lib/coinfleet/data/.coinfleet/release.json";

/** Stands for the service manager: the units that run are lines of a file. */
const fakeSystemctl = `#!/bin/bash
echo "$*" >>/run/systemctl.log
touch /run/units
case $1 in
  list-units) sed 's/$/ loaded active running/' /run/units ;;
  is-active) grep -qxF "\${!#}" /run/units ;;
  stop) sed -i "/^$2\\$/d" /run/units ;;
  start) grep -qxF "$3" /run/units || echo "$3" >>/run/units ;;
esac
`;

/** Stands for docker: has no image before it is pulled, and keeps the containers that are made of them. */
const fakeDocker = `#!/bin/bash
echo "$*" >>/run/docker.log
case "$1 $2" in
  "image inspect") grep -qxF "pull --quiet $3" /run/docker.log ;;
  "inspect "*) cat "/run/container.\${!#}" 2>/dev/null || exit 1 ;;
  "create "*) echo "\${*: -2:1}" >"/run/container.$3" ;;
esac
`;

/** The agent's answer to the question for its status: what the file says. */
const agent = `ip link set lo up
cat >/run/agent.py <<'SERVER'
import http.server
class Agent(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open("/run/agent-status", "rb").read()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", 9797), Agent).serve_forever()
SERVER
python3 /run/agent.py >/dev/null 2>&1 & server=$!
trap 'kill $server' EXIT
sleep 1
`;

const inSeconds = (seconds: number): string => `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;

describe("a node that waits for its next release", function () {
  this.timeout(60_000);
  let host: HostRoot;

  before(skipUnlessRoot);

  beforeEach(() => {
    host = new HostRoot();
    host.write("run/coinfleet/config.json", JSON.stringify(config));
    host.write("run/units", "node@27.service\n");
    host.write("usr/local/bin/systemctl", fakeSystemctl, 0o755);
    host.write("usr/local/bin/docker", fakeDocker, 0o755);
    // As the volume's step leaves it.
    host.run("install -d -m 0755 /var/lib/coinfleet/data/.coinfleet; install -d -m 0700 -o 10001 -g 10001 /var/lib/coinfleet/data/gaiad");
  });

  afterEach(() => {
    host.remove();
  });

  const announce = (at: object): void => {
    host.write("run/coinfleet/release-parameter.json", JSON.stringify({ ...old, next: { ...following, at } }));
  };

  /** Makes the file of the client's, as the client would, and looks whether the next release is due. */
  const written = (text: string): string =>
    `setpriv --reuid=10001 --regid=10001 --clear-groups bash -c 'mkdir -p /var/lib/coinfleet/data/gaiad/data; ${text}'`;
  const names = (height: unknown): string =>
    written(`echo '"'"'${JSON.stringify({ name: "v28", time: "0001-01-01T00:00:00Z", height })}'"'"' >/var/lib/coinfleet/data/${file}`);
  const look = "/usr/lib/coinfleet/choose-release && /usr/lib/coinfleet/next 2>&1";

  /** What runs after a command line, and what is chosen. */
  function after(command: string): readonly [running: string, chosen: string | undefined] {
    const { code, output } = host.run(command);
    assert.equal(code, 0, output);
    const chosen: unknown = JSON.parse(host.read("run/coinfleet/release.json") ?? "{}");
    return [(host.read("run/units") ?? "").trim(), (chosen as { release?: string }).release];
  }

  const before27 = ["node@27.service", "27"] as const;
  const since28 = ["node@28.service", "28"] as const;

  it("has the images of both before, and says so", () => {
    announce({ height: 900, file });
    assert.deepEqual(after(`${look}; ${look}`), before27);
    const asked = (host.read("run/docker.log") ?? "").split("\n");
    assert.equal(asked.filter((line) => line === `pull --quiet ${image("b")}`).length, 1);
    assert.equal(asked.filter((line) => line.startsWith("create ")).length, 1, "a container keeps the image from being let go of");
    const { output } = host.run("coinfleet-host status");
    assert.match(output, /^next {7}done {5}release 28 takes over at height 900; its images are here$/m);
  });

  it("takes it when its client says that the chain waits for it, and not for an earlier upgrade", () => {
    announce({ height: 900, file });
    assert.deepEqual(after(`${names(899)}; ${look}`), before27);
    assert.deepEqual(after(`${names(900)}; ${look}`), since28);
    assert.deepEqual(
      (host.read("run/systemctl.log") ?? "").split("\n").filter((line) => /^(stop|start)/.test(line)),
      ["stop node@27.service", "start --no-block node@28.service"],
    );
  });

  it("believes no file that is no height, or not the client's", () => {
    announce({ height: 900, file });
    const path = `/var/lib/coinfleet/data/${file}`;
    assert.deepEqual(after(`${names("1e9")}; ${look}`), before27);
    assert.deepEqual(after(`${names([901])}; ${look}`), before27);
    assert.deepEqual(after(`rm ${path}; ${written(`mkfifo ${path}`)}; ${look}`), before27);
    host.write("run/secret", JSON.stringify({ height: 900 }), 0o600);
    assert.deepEqual(after(`rm ${path}; ${written(`ln -s /run/secret ${path}`)}; ${look}`), before27);
  });

  it("takes it when its height is there, where the client writes nothing, and keeps it while the agent knows no height", () => {
    announce({ height: 900 });
    host.write("run/agent-status", JSON.stringify({ probe: { height: 899 } }));
    assert.deepEqual(after(`${agent}${look}`), before27);
    host.write("run/agent-status", JSON.stringify({ state: "starting" }));
    assert.deepEqual(after(`${agent}${look}`), before27);
    host.write("run/agent-status", JSON.stringify({ probe: { height: 900 } }));
    assert.deepEqual(after(`${agent}${look}`), since28);
    assert.deepEqual(after(look), since28);
  });

  it("takes it when its time is there, and not before", () => {
    announce({ time: inSeconds(3600) });
    assert.deepEqual(after(look), before27);
    announce({ time: inSeconds(-1) });
    assert.deepEqual(after(look), since28);
  });

  it("starts with it after a reboot, and never goes back: the data says what has written it", () => {
    announce({ height: 900, file });
    host.run(`echo '${JSON.stringify(following)}' >${marker}`);
    const boot = "rm -rf /run/units /run/coinfleet/release.json /run/coinfleet/next*; /usr/lib/coinfleet/switch";
    assert.deepEqual(after(boot), since28);
    announce({ height: 950, file });
    assert.deepEqual(after(boot), since28);
  });

  it("runs the old one after a reboot before it is due", () => {
    announce({ height: 900, file });
    host.run(`echo '${JSON.stringify(old)}' >${marker}`);
    assert.deepEqual(after("rm /run/units; /usr/lib/coinfleet/switch"), before27);
  });

  it("is not started again when the stack file follows it, nor when a next release is announced or called off", () => {
    const wanted = (parameter: object): string => {
      host.write("run/coinfleet/release-parameter.json", JSON.stringify(parameter));
      assert.equal(host.run("/usr/lib/coinfleet/choose-release").code, 0);
      return host.read("run/coinfleet/node.wanted") ?? "";
    };
    assert.equal(wanted(old), wanted({ ...old, next: { ...following, at: { height: 900, file } } }));
    assert.equal(wanted({ ...old, next: { ...following, at: { time: inSeconds(-1) } } }), wanted(following));
    assert.notEqual(wanted(old), wanted(following));
  });

  it("stays stopped when somebody has stopped it, and leaves an apply alone", () => {
    announce({ time: inSeconds(-1) });
    assert.deepEqual(
      after(`/usr/lib/coinfleet/choose-release; flock /run/coinfleet/apply.lock /usr/lib/coinfleet/next 2>&1`)[0],
      "node@27.service",
    );
    assert.deepEqual(after(`: >/run/units; ${look}`)[0], "");
  });

  it("starts what it has checked, whatever is chosen meanwhile", () => {
    host.write("run/coinfleet/release.json", JSON.stringify(old));
    host.write("run/coinfleet/node.wanted", "digest");
    host.write("run/coinfleet/agent/starts", "0");
    for (const name of ["mountpoint", "systemd-notify"]) host.write(`usr/local/bin/${name}`, "#!/bin/sh\n", 0o755);
    // The pull takes its time; then another release is the chosen one.
    host.write(
      "usr/local/bin/docker",
      `#!/bin/bash
echo "$*" >>/run/docker.log
[ "$1 $2" != "image inspect" ] || echo '${JSON.stringify(following)}' >/run/coinfleet/release.json
`,
      0o755,
    );
    host.run("/usr/lib/coinfleet/node 27 2>&1");
    const runs = (host.read("run/docker.log") ?? "").split("\n").filter((line) => line.startsWith("run "));
    assert.deepEqual(runs, [`run ${image("a")}`]);
  });
});
