import assert from "node:assert/strict";
import { HostRoot, type Outcome, skipUnlessRoot } from "./host-root.ts";

const secretArn = "arn:secret:rpc";
const config = {
  version: 1,
  node: "litecoin-1",
  secrets: { rpc: secretArn },
  daemons: [
    {
      name: "litecoind",
      client: "litecoind",
      stopTimeoutSec: 600,
      files: { "a.conf": "password={{secret:rpc}}\n" },
      arguments: [],
      command: [],
    },
    { name: "beacon", client: "beacon", stopTimeoutSec: 30, files: {}, arguments: [], command: [] },
  ],
  agent: { arguments: [], config: { node: "litecoin-1" } },
  firewall: { always: ["tcp . 9797"], gated: [] },
  leaveSec: 0,
};
const image = `registry.example/litecoind@sha256:${"ab".repeat(32)}`;

/** A metadata service that answers as the file says: an HTTP status for the token and one for the address, or "slow". */
const metadata = `ip link set lo up; ip addr add 169.254.169.254/32 dev lo
cat >/run/metadata.py <<'SERVER'
import http.server, time
class Metadata(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        if status == "slow":
            time.sleep(8); status = "200"
        self.send_response(int(status)); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_PUT(self): self.answer(open("/run/metadata").read().split()[0], b"token")
    def do_GET(self): self.answer(open("/run/metadata").read().split()[1], b"10.0.0.7")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("169.254.169.254", 80), Metadata).serve_forever()
SERVER
python3 /run/metadata.py >/dev/null 2>&1 & server=$!
trap 'kill $server' EXIT
sleep 1; nft -f /etc/coinfleet/firewall.nft
`;

/** Stands for docker: says what it is asked, and fails as the files in /run tell it to. */
const fakeDocker = `#!/bin/bash
echo "$*" >>/run/docker.log
case "$1 $2" in
  "image inspect") exit 1 ;;
  "stop "*) [ -e /run/stopped-at ] || touch /run/stopped-at ;;
  "wait "*) sleep "$(cat /run/lives 2>/dev/null || echo 0)"; echo 1 ;;
  "pull "*) [ ! -e /run/pull-fails ] || { cat /run/pull-fails >&2; exit 1; } ;;
  "inspect "*) if [[ $* == *Running* ]]; then cat /run/is-running; else cat /run/exit-code; fi ;;
esac
`;

describe("a boot that does not go well", function () {
  this.timeout(120_000);
  let host: HostRoot;

  before(skipUnlessRoot);

  beforeEach(() => {
    host = new HostRoot();
    host.write("run/metadata", "200 200");
    host.write("run/parameters/_coinfleet_test_litecoin-1_config", JSON.stringify(config));
    host.write(
      "run/parameters/_coinfleet_test_litecoin-1_release",
      JSON.stringify({ release: "r1", images: { litecoind: image }, versions: {} }),
    );
    host.write("run/parameters/_coinfleet_test_litecoin-1_agent", "agent@sha256:00");
    host.write(`run/parameters/${secretArn}`, "s3cret");
    host.write("usr/local/bin/docker", fakeDocker, 0o755);
  });

  afterEach(() => {
    host.remove();
  });

  function configure(meanwhile = "true", patienceSec = "3"): Outcome {
    const script = `${metadata} ${meanwhile} & COINFLEET_PATIENCE_SEC=${patienceSec} /usr/lib/coinfleet/configure 2>&1; code=$?; exit $code`;
    return host.run(script);
  }

  const status = (step: string): { readonly state: string; readonly why: string; readonly fix: string } =>
    JSON.parse(host.read(`run/coinfleet/status/${step}.json`) ?? "{}") as never;

  it("is configured, ten times with the same result, when everything is there", () => {
    const facts =
      "cd /run/coinfleet; sha256sum config.json release.json node.wanted agent.wanted daemons/*/* agent/config.json; stat -c '%n %a %u' $(find . -type f | sort) | grep -v status";
    const { code, output } = host.run(
      `${metadata} for boot in {1..10}; do /usr/lib/coinfleet/configure || exit 1; echo "facts: $({ ${facts}; } | sha256sum)"; done`,
    );
    assert.equal(code, 0, output);
    const results = output.split("\n").filter((line) => line.startsWith("facts: "));
    assert.deepEqual([results.length, new Set(results).size], [10, 1]);
    assert.equal(status("configure").state, "done");
  });

  for (const [name, answers, says] of [
    ["refuses a token (401)", "401 200", /own address.*401/],
    ["knows no address (404)", "200 404", /own address.*404/],
    ["is slow", "slow 200", /own address.*(timed out|timeout)/i],
  ] as const) {
    it(`waits for a metadata service that ${name}, says so, and goes on when it answers`, () => {
      host.write("run/metadata", answers);
      const { code } = configure();
      assert.equal(code, 1);
      assert.equal(status("configure").state, "failed");
      assert.match(status("configure").why, says);
      assert.match(status("configure").fix, /coinfleet-host apply/);
      assert.equal(host.read("run/coinfleet/config.json"), undefined, "nothing half done");
      const file = "/run/coinfleet/status/configure.json";
      host.run(`rm ${file}`);
      const { code: later, output } = configure(
        `{ until grep -qs waiting ${file}; do sleep 0.2; done; echo 200 200 >/run/metadata; }`,
        "60",
      );
      assert.equal(later, 0, output);
      assert.match(output, /configure: waiting: own address/);
      assert.match(host.read("run/coinfleet/daemons/litecoind/a.conf") ?? "", /^password=s3cret$/m);
    });
  }

  it("says which secret is missing, writes none of the files, and names no secret that it has", () => {
    host.write(
      "run/parameters/_coinfleet_test_litecoin-1_config",
      JSON.stringify({ ...config, secrets: { rpc: secretArn, wallet: "arn:none" } }),
    );
    const { code, output } = configure();
    assert.equal(code, 1);
    assert.match(status("configure").why, /secret wallet: .*ResourceNotFoundException/);
    assert.doesNotMatch(output, /s3cret/);
    assert.equal(host.read("run/coinfleet/daemons/litecoind/a.conf"), undefined);
  });

  it("says what of the configuration nothing fills", () => {
    host.write("run/parameters/_coinfleet_test_litecoin-1_config", JSON.stringify({ ...config, secrets: {} }));
    assert.equal(configure().code, 1);
    assert.match(status("configure").why, /placeholders that nothing fills: {{secret:rpc}}/);
  });

  for (const [name, error] of [
    ["fails", "Error response from daemon: Get https://registry.example/v2/: dial tcp: i/o timeout"],
    ["gives an image of another digest", "Error response from daemon: manifest verification failed for digest sha256:abab"],
  ] as const) {
    it(`waits when the pull ${name}, and says why`, () => {
      host.write("run/pull-fails", error);
      const { code } = host.run(`/usr/lib/coinfleet/pull node ${image}`);
      assert.equal(code, 1);
      assert.equal(status("node").state, "failed");
      assert.ok(status("node").why.includes(error), status("node").why);
      const later = host.run(`(sleep 2; rm /run/pull-fails) & COINFLEET_PATIENCE_SEC=30 /usr/lib/coinfleet/pull node ${image}`);
      assert.equal(later.code, 0, later.output);
    });
  }

  it("pulls nothing that is not named by its digest", () => {
    assert.equal(host.run("/usr/lib/coinfleet/pull node registry.example/litecoind:latest").code, 1);
    assert.match(status("node").why, /not named by its digest/);
    assert.doesNotMatch(host.read("run/docker.log") ?? "", /pull/);
  });

  it("calls it a failure when a daemon ends for the third time within a minute of its start, until the next apply", () => {
    const images = { litecoind: image, beacon: image };
    host.write("run/coinfleet/config.json", JSON.stringify({ ...config, databaseSurvivesDowngrade: true }));
    host.write("run/coinfleet/release.json", JSON.stringify({ release: "r1", images, versions: {} }));
    host.write("run/coinfleet/agent/starts", "0");
    host.write("run/coinfleet/node.wanted", "digest");
    for (const name of ["mountpoint", "systemd-notify"]) host.write(`usr/local/bin/${name}`, "#!/bin/sh\n", 0o755);
    const ends = (): string => {
      const { code, output } = host.run("mkdir -p /var/lib/coinfleet/data/.coinfleet; /usr/lib/coinfleet/node r1 2>&1");
      assert.equal(code, 1, output);
      return status("node").state;
    };
    assert.deepEqual([ends(), ends(), ends()], ["waiting", "waiting", "failed"]);
    assert.match(status("node").why, /ended with code 1, within a minute of its start and 3 times in a row/);
    // As the manager does when they have ended by themselves, and when it is told to stop them.
    host.run("EXIT_CODE=exited /usr/lib/coinfleet/node-stop");
    assert.equal(status("node").state, "failed");
    host.run("/usr/lib/coinfleet/node-stop");
    assert.deepEqual([status("node").state, status("node").why], ["waiting", "stopped"]);
    host.run("rm /run/coinfleet/node.short");
    assert.equal(ends(), "waiting");
  });

  it("gives each daemon its whole stop time, the last one first, and says which one needed longer", () => {
    host.write("run/coinfleet/config.json", JSON.stringify(config));
    host.write("run/exit-code", "137");
    const { output } = host.run("/usr/lib/coinfleet/node-stop 2>&1");
    const stops = (host.read("run/docker.log") ?? "").split("\n").filter((line) => line.startsWith("stop"));
    assert.deepEqual(stops, ["stop --time 30 beacon", "stop --time 600 litecoind"]);
    assert.match(output, /litecoind did not stop within 600 s and was killed/);
    host.write("run/exit-code", "0");
    assert.doesNotMatch(host.run("/usr/lib/coinfleet/node-stop 2>&1").output, /killed/);
  });

  describe("when the node of a load balancer stops", () => {
    /** Seconds from the word that it leaves to the first stop; undefined where nothing was said. */
    function stopAfter(gate: string, isRunning: string): number | undefined {
      host.write("run/coinfleet/config.json", JSON.stringify({ ...config, leaveSec: 2 }));
      host.write("run/coinfleet/agent/starts", "1");
      host.write("run/coinfleet/gate", `${gate}\n`);
      host.write("run/is-running", isRunning);
      host.write("run/exit-code", "0");
      assert.equal(host.run("/usr/lib/coinfleet/node-stop 2>&1").code, 0);
      const { output } = host.run("stat --format=%.Y /run/coinfleet/agent/leaving /run/stopped-at 2>/dev/null");
      const [leaving, stopped] = output.trim().split("\n").map(Number);
      return stopped === undefined || leaving === undefined ? undefined : stopped - leaving;
    }

    it("says so first, for as long as the balancer takes to notice", () => {
      const seconds = stopAfter("open", "true") ?? 0;
      assert.ok(seconds >= 2 && seconds < 20, `${seconds} s`);
    });

    it("waits for nobody where nothing is served, or a daemon has died", () => {
      assert.equal(stopAfter("closed", "true"), undefined);
      assert.equal(stopAfter("open", "false"), undefined);
    });
  });
});
