import assert from "node:assert/strict";
import { HostRoot, skipUnlessRoot } from "./host-root.ts";

const config = {
  version: 1,
  node: "litecoin-1",
  databaseSurvivesDowngrade: false,
  daemons: [
    { name: "litecoind", client: "litecoind", stopTimeoutSec: 60, files: { "a.conf": "password=s3cret\n" }, arguments: [], command: [] },
  ],
  agent: { arguments: [], config: { node: "litecoin-1", selfHealing: { restartsPerDay: 3 } } },
  firewall: { always: ["tcp . 9797", "tcp . 19444"], gated: ["tcp . 19443"] },
};

/** A host at .1, a peer (and a metadata service) at .2 of one network; a container behind the bridge of the daemons. */
const network = `
ip link set lo up
ip link add outside type veth peer name inside
ip addr add 10.99.0.1/24 dev outside; ip link set outside up
unshare --net sleep 60 & peer=$!
unshare --net sleep 60 & container=$!
sleep 0.3
ip link set inside netns $peer
nsenter -t $peer -n sh -c 'ip link set lo up; ip addr add 10.99.0.2/24 dev inside; ip addr add 169.254.169.254/32 dev inside; ip link set inside up; ip route add 198.18.16.0/24 via 10.99.0.1'
ip route add 169.254.169.254/32 dev outside
ip link add coinfleet0 type bridge; ip addr add 198.18.16.1/24 dev coinfleet0; ip link set coinfleet0 up
ip link add bridged type veth peer name eth0 netns $container; ip link set bridged master coinfleet0 up
nsenter -t $container -n sh -c 'ip addr add 198.18.16.2/24 dev eth0; ip link set eth0 up; ip route add default via 198.18.16.1'
echo 1 > /proc/sys/net/ipv4/ip_forward
listen='import socketserver, sys; socketserver.ThreadingTCPServer.allow_reuse_address = True; socketserver.ThreadingTCPServer(("0.0.0.0", int(sys.argv[1])), socketserver.BaseRequestHandler).serve_forever()'
for port in 19443 19444 9797 22; do python3 -c "$listen" $port & done
nsenter -t $peer -n python3 -c "$listen" 80 &
sleep 1
try() { timeout 2 bash -c "echo > /dev/tcp/$1/$2" 2>/dev/null && echo open || echo closed; }
from_peer() { nsenter -t $peer -n bash -c "$(declare -f try); try 10.99.0.1 $1"; }
from_container() { nsenter -t $container -n bash -c "$(declare -f try); try $1 $2"; }
as() { setpriv --reuid "$1" --regid "$1" --clear-groups bash -c "$(declare -f try); try 169.254.169.254 80"; }
report_all() {
  echo "$1: rpc=$(from_peer 19443) p2p=$(from_peer 19444) agent=$(from_peer 9797) ssh=$(from_peer 22)" \\
    "root=$(as 0) agent-user=$(as 10002) daemon-user=$(as 10001) nobody=$(as 65534)" \\
    "container=$(from_container 169.254.169.254 80) container-out=$(from_container 10.99.0.2 80) local=$(try 127.0.0.1 19443)"
}
`;
const cleanUp = "kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; true";

describe("the scripts of a host", function () {
  this.timeout(60_000);
  let host: HostRoot;

  before(skipUnlessRoot);

  beforeEach(() => {
    host = new HostRoot();
    host.write("run/coinfleet/config.json", JSON.stringify(config));
    host.write("run/coinfleet/release.json", JSON.stringify({ release: "r1", images: {}, versions: { litecoind: "0.21.2" } }));
    host.write("run/coinfleet/agent-image", "agent@sha256:00");
    host.write("run/coinfleet/agent/keep", "");
  });

  afterEach(() => {
    host.remove();
  });

  it("keeps others from RPC until the node is synced, and everybody but root and the agent from the metadata service", () => {
    const { output } = host.run(`${network}
report_all none
/usr/lib/coinfleet/firewall 2>/dev/null; report_all boot
/usr/lib/coinfleet/write-files; report_all configured
mkdir -p /run/coinfleet/requests; echo -n open > /run/coinfleet/requests/gate; /usr/lib/coinfleet/gate >/dev/null; report_all synced
nft list set inet coinfleet gate | grep -o 'timeout 1m'
echo -n closed > /run/coinfleet/requests/gate; /usr/lib/coinfleet/gate >/dev/null; report_all behind
${cleanUp}`);
    const line = (name: string): string => output.split("\n").find((one) => one.startsWith(`${name}: `)) ?? output;
    const metadata = "root=open agent-user=open daemon-user=closed nobody=closed container=closed container-out=open local=open";
    // The negative control: without the rules all of it is open.
    assert.equal(
      line("none"),
      "none: rpc=open p2p=open agent=open ssh=open root=open agent-user=open daemon-user=open nobody=open container=open container-out=open local=open",
    );
    assert.equal(line("boot"), `boot: rpc=closed p2p=closed agent=closed ssh=closed ${metadata}`);
    assert.equal(line("configured"), `configured: rpc=closed p2p=open agent=open ssh=closed ${metadata}`);
    assert.equal(line("synced"), `synced: rpc=open p2p=open agent=open ssh=closed ${metadata}`);
    assert.equal(line("behind"), `behind: rpc=closed p2p=open agent=open ssh=closed ${metadata}`);
    assert.match(output, /timeout 1m/);
  });

  it("does not open RPC for a request that is a link, or says anything else", () => {
    const { output } = host.run(`/usr/lib/coinfleet/firewall 2>/dev/null; mkdir -p /run/coinfleet/requests; cd /run/coinfleet/requests
for request in OPEN 'open; flush ruleset' 'opened'; do echo -n "$request" > gate; /usr/lib/coinfleet/gate; done
echo -n open > real; ln -sf real gate; /usr/lib/coinfleet/gate
rm gate; /usr/lib/coinfleet/gate
nft list set inet coinfleet gate`);
    assert.doesNotMatch(output, /elements/);
    assert.match(output, /set gate/);
  });

  it("writes files with secrets for their reader alone", () => {
    const { code, output } = host.run(
      `/usr/lib/coinfleet/firewall 2>/dev/null; /usr/lib/coinfleet/write-files && cd /run/coinfleet && stat -c '%n %a %u' daemons/litecoind/a.conf agent/config.json && cat daemons/litecoind/a.conf`,
    );
    assert.equal(code, 0, output);
    assert.match(output, /^daemons\/litecoind\/a.conf 600 10001$/m);
    assert.match(output, /^agent\/config.json 600 10002$/m);
    assert.match(output, /^password=s3cret$/m);
  });

  it("gives a data directory what its daemon wants to find there, and never the rights to reach further", () => {
    const dataFiles = { "config/a.conf": { link: "a.conf" }, "state/key.json": { first: "{}" } };
    host.write("run/coinfleet/config.json", JSON.stringify({ ...config, daemons: [{ ...config.daemons[0], dataFiles }] }));
    const place = "/usr/lib/coinfleet/data-files";
    const { code, output } = host.run(`install -d -m 0755 /var/lib/coinfleet/data; mount -t tmpfs tmpfs /var/lib/coinfleet/data
cd /var/lib/coinfleet/data && chmod 0755 . && install -d -m 0700 -o 10001 -g 10001 litecoind && ${place} || exit 1
echo changed > litecoind/state/key.json; rm litecoind/config/a.conf; ${place} || exit 1
readlink litecoind/config/a.conf; cat litecoind/state/key.json; stat -c '%n %a %u' litecoind/state/key.json
rm -r litecoind/config litecoind/state; ln -s /etc litecoind/state; ln -s /etc litecoind/config
! ${place} && ls /etc/key.json /etc/a.conf 2>&1`);
    assert.match(output, /^\/etc\/coinfleet\/a\.conf\nchanged\nlitecoind\/state\/key\.json 600 10001$/m, output);
    assert.match(output, /cannot access '\/etc\/key\.json'[^]*cannot access '\/etc\/a\.conf'/);
    assert.equal(code, 2, output);
    host.write("run/coinfleet/config.json", JSON.stringify(config));
  });

  function releaseCheck(wanted: string, last: string | undefined, survives = false): { code: number; output: string } {
    host.write("run/coinfleet/release.json", JSON.stringify({ release: "r", versions: { litecoind: wanted } }));
    host.write("run/coinfleet/config.json", JSON.stringify({ ...config, databaseSurvivesDowngrade: survives }));
    const marker =
      last === undefined ? "true" : `echo '{"versions":{"litecoind":"${last}"}}' > /var/lib/coinfleet/data/.coinfleet/release.json`;
    return host.run(`mkdir -p /var/lib/coinfleet/data; mount -t tmpfs tmpfs /var/lib/coinfleet/data; mkdir -p /var/lib/coinfleet/data/.coinfleet; ${marker}
/usr/lib/coinfleet/release-check r || exit 1; cat /var/lib/coinfleet/data/.coinfleet/release.json`);
  }

  const releases: readonly (readonly [wanted: string, last: string | undefined, allowed: boolean])[] = [
    ["0.21.2", undefined, true],
    ["0.21.2", "0.21.2", true],
    ["0.21.10", "0.21.9", true],
    ["0.21.9", "0.21.10", false],
    ["1.0.0", "1.0.0-rc2", true],
    ["1.0.0-rc2", "1.0.0", false],
    ["0.18.3-beta", "0.18.3-beta.rc3", true],
    ["0.18.3-beta.rc3", "0.18.3-beta", false],
  ];
  for (const [wanted, last, isAllowed] of releases) {
    it(`${isAllowed ? "starts" : "refuses"} ${wanted} on data that ${last ?? "nobody"} wrote`, () => {
      const { code, output } = releaseCheck(wanted, last);
      assert.equal(code, isAllowed ? 0 : 1, output);
      if (isAllowed) assert.equal((JSON.parse(output) as { versions: { litecoind: string } }).versions.litecoind, wanted);
      else assert.match(output, /is older than/);
    });
  }

  it("starts an older release where the coin's database survives it", () => {
    assert.equal(releaseCheck("0.21.9", "0.21.10", true).code, 0);
  });

  it("does not start a node without its volume", () => {
    const { code, output } = host.run("/usr/lib/coinfleet/release-check r1");
    assert.equal(code, 1);
    assert.match(output, /not mounted/);
  });

  /** Stands for docker: the container's program is the last words; `init` makes a file of the daemon's. */
  const fakeDocker = `#!/bin/bash
echo "$*" >>/run/docker.log
case "$*" in
  run*first) echo half >/var/lib/coinfleet/data/litecoind/half ;;
  run*second) [ ! -e /run/broken ] || { echo "no space" >&2; exit 1; }; echo whole >/var/lib/coinfleet/data/litecoind/oak.db ;;
esac
`;

  /** What the first start does on a volume that `before` has filled, twice. */
  function firstStart(before: string): { code: number; output: string } {
    const [daemon] = config.daemons;
    const firstStarting = {
      ...daemon,
      arguments: ["--detach", "--name", "litecoind"],
      firstStart: { creates: "oak.db", commands: [["first"], ["second"]] },
    };
    host.write("run/coinfleet/config.json", JSON.stringify({ ...config, daemons: [firstStarting] }));
    host.write("usr/local/bin/docker", fakeDocker, 0o755);
    return host.run(`data=/var/lib/coinfleet/data; mkdir -p $data/.coinfleet $data/litecoind; ${before}
/usr/lib/coinfleet/first-start litecoind image; code=$?; rm -f /run/broken; /usr/lib/coinfleet/first-start litecoind image || exit 1
echo "was $code: $(cd $data/litecoind && echo *)"; [ ! -e $data/.coinfleet/first-start.litecoind ]`);
  }

  it("makes an empty data directory ready once, before the daemon's first start", () => {
    const { code, output } = firstStart("true");
    assert.equal(code, 0, output);
    assert.match(output, /^was 0: half oak\.db$/m);
    const runs = host
      .read("run/docker.log")
      ?.split("\n")
      .filter((line) => line.startsWith("run"));
    assert.deepEqual(runs, ["run --rm --name litecoind image first", "run --rm --name litecoind image second"]);
  });

  it("begins a first start that was cut off again, on an empty directory", () => {
    const { code, output } = firstStart("touch /run/broken");
    assert.equal(code, 0, output);
    assert.match(output, /command 2 of 2: no space/);
    assert.match(output, /^was 1: half oak\.db$/m);
    assert.equal(host.read("run/docker.log")?.match(/run .* first/g)?.length, 2);
  });

  it("leaves data alone that somebody else has put there", () => {
    const { code, output } = firstStart("touch $data/litecoind/oak.db $data/litecoind/more");
    assert.equal(code, 0, output);
    assert.match(output, /^was 0: more oak\.db$/m);
    assert.equal(host.read("run/docker.log"), undefined);
  });

  it("refuses a data directory that holds something else", () => {
    const { code, output } = firstStart("touch $data/litecoind/other");
    assert.equal(code, 1);
    assert.match(output, /holds something else than oak\.db/);
    assert.equal(host.read("run/docker.log"), undefined);
  });

  it("restarts the node for the agent at most once in ten minutes and three times a day", () => {
    host.write("usr/local/bin/systemctl", '#!/bin/bash\necho "$*" >> /run/systemctl.log\n', 0o755);
    const ask =
      "mkdir -p /run/coinfleet/requests; echo 'stuck $(touch /tmp/evil)' > /run/coinfleet/requests/restart; /usr/lib/coinfleet/restart";
    const old = (seconds: number): string => `echo "$(($(date +%s) - ${seconds})) before" >> /var/lib/coinfleet/restarts`;
    host.run(`${ask}; ${ask}`);
    assert.equal(host.read("run/systemctl.log")?.split("\n").length, 2);
    assert.match(host.read("run/coinfleet/status/restart.json") ?? "", /refused: at most 3 a day/);
    host.run(`rm /var/lib/coinfleet/restarts; ${old(90_000)}; ${old(50_000)}; ${old(40_000)}; ${ask}`);
    assert.equal(host.read("run/systemctl.log")?.split("\n").length, 3, "the oldest is more than a day ago");
    host.run(`rm /var/lib/coinfleet/restarts; ${old(50_000)}; ${old(40_000)}; ${old(30_000)}; ${ask}`);
    assert.equal(host.read("run/systemctl.log")?.split("\n").length, 3);
  });

  it("waits for the boot when it is told to apply before its user data is there", () => {
    const boot = "rm -rf /run/coinfleet; mv /etc/coinfleet/node.env /run/later";
    host.write("usr/local/bin/systemctl", "#!/bin/bash\nexit 0\n", 0o755);
    host.write("run/parameters/_coinfleet_test_litecoin-1_config", JSON.stringify(config));
    const apply = "COINFLEET_PATIENCE_SEC=4 coinfleet-host apply 2>&1";
    assert.match(host.run(`${boot}; ${apply}`).output, /apply: failed: user data of the instance: gave up after 4 s/);
    // It goes on to the next thing that is missing, the parameter of the release, when the file arrives meanwhile.
    const { output } = host.run(`${boot}; (sleep 1; mv /run/later /etc/coinfleet/node.env) & ${apply}`);
    assert.match(output, /parameter release: An error occurred \(ParameterNotFound\)/);
  });

  it("restarts nothing where the stack file says so, whatever asks", () => {
    host.write("usr/local/bin/systemctl", '#!/bin/bash\necho "$*" >> /run/systemctl.log\n', 0o755);
    host.write("run/coinfleet/config.json", JSON.stringify({ ...config, agent: { config: { selfHealing: { restartsPerDay: 0 } } } }));
    host.run("mkdir -p /run/coinfleet/requests; echo stuck > /run/coinfleet/requests/restart; /usr/lib/coinfleet/restart");
    assert.equal(host.read("run/systemctl.log"), undefined);
    assert.match(host.read("run/coinfleet/status/restart.json") ?? "", /a restart was asked for \(stuck\) and refused: at most 0 a day/);
  });

  /** A docker whose restore says these lines and ends with this code. */
  function restoreSays(lines: readonly object[], code: number): void {
    host.write(
      "run/coinfleet/config.json",
      JSON.stringify({ ...config, restore: { daemon: "litecoind", arguments: ["--rm"], command: ["restore"] } }),
    );
    const text = lines.map((line) => `echo '${JSON.stringify(line)}'; sleep 0.2`).join("\n");
    host.write("usr/local/bin/docker", `#!/bin/bash\n[ "$1" = run ] || exit 0\n${text}\nexit ${code}\n`, 0o755);
  }

  it("says how far a restore is while it runs, to the operator and to the agent", () => {
    restoreSays(
      [{ message: "restoring", part: 2, parts: 3, percent: 41.5, mibPerSec: 88.1, remainingSec: 70 }, { message: "restored" }],
      0,
    );
    const { output } = host.run(`/usr/lib/coinfleet/restore & for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
cat /run/coinfleet/agent/restore.json 2>/dev/null && break; sleep 0.1; done
wait`);
    assert.match(output, /^restore: waiting: restoring the snapshot of litecoind: part 2 of 3, 41.5 %, 88.1 MiB\/s, 70 s left/m);
    assert.match(output, /^\{"message":"restoring".*\}$/m);
    assert.match(host.read("run/coinfleet/status/restore.json") ?? "", /"done"/);
    assert.equal(host.read("run/coinfleet/agent/restore.json"), undefined);
  });

  it("says why a restore that will not work failed, and what to do", () => {
    restoreSays([{ message: "the archive is not the pinned one" }], 1);
    assert.equal(host.run("/usr/lib/coinfleet/restore").code, 1);
    assert.match(host.read("run/coinfleet/status/restore.json") ?? "", /"failed"[^]*not the pinned one[^]*coinfleet-host apply/);
  });

  it("says for each step what it is, and what to do", () => {
    host.write("run/coinfleet/status/firewall.json", '{"step":"firewall","state":"done","why":"closed","fix":"","at":"t"}');
    host.write(
      "run/coinfleet/status/volume.json",
      '{"step":"volume","state":"failed","why":"neither blank nor ours","fix":"Look at it.","at":"t"}',
    );
    const { code, output } = host.run("coinfleet-host status");
    assert.equal(code, 1);
    assert.match(output, /^volume {5}failed {3}neither blank nor ours\n +→ Look at it\.$/m);
    assert.match(output, /^node {7}waiting {2}has not started$/m);
    assert.equal(host.run("rm /run/coinfleet/status/volume.json; coinfleet-host status").code, 3);
  });
});
