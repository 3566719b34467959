import {
  AttachVolumeCommand,
  DetachVolumeCommand,
  EC2Client,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilInstanceStopped,
  waitUntilVolumeAvailable,
} from "@aws-sdk/client-ec2";
import type { FleetUnderTest } from "../fleet/fleet-under-test.ts";
import type { TipServer } from "../fleet/tip-server.ts";

/** What is done to one node. `cure` undoes it where a fault lasts; what then comes back does so by itself. */
export interface Fault {
  readonly name: string;
  cause(node: string): Promise<unknown> | void;
  /** @default - nothing to undo */
  cure?(node: string): Promise<unknown> | void;
  /** Longest time between the two, seconds. @default 0 */
  readonly lastsSec?: number;
}

const data = "/var/lib/coinfleet/data";
const ports = "{ 19444, 19443, 9797 }";
const table =
  "nft add table inet chaos; nft 'add chain inet chaos in { type filter hook prerouting priority -300; }'; nft 'add chain inet chaos out { type filter hook postrouting priority -300; }'";
const noTable = "nft delete table inet chaos";
const waiting = { maxWaitTime: 180, minDelay: 1, maxDelay: 2 };

/**
 * Runs an expression inside the running agent, by the debugger that Node opens on SIGUSR1, on the host's loopback. The clock of a host cannot be set here: it is
 * the machine's. In an agent that has been started again meanwhile, nothing has to be undone.
 */
const inAgent = (expression: string): string => {
  const evaluate = JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression } });
  const talk = `const [{ webSocketDebuggerUrl }] = await (await fetch("http://127.0.0.1:9229/json")).json();
    const socket = new WebSocket(webSocketDebuggerUrl);
    socket.onopen = () => socket.send(process.argv[1]);
    socket.onmessage = () => process.exit(0);
    setTimeout(() => process.exit(1), 5000)`;
  return `docker kill --signal USR1 coinfleet-agent; sleep 2; docker exec coinfleet-agent /usr/local/bin/node --input-type=module -e '${talk}' '${evaluate}'`;
};

/** The agent's wall clock, wrong by seconds either way; the clock that never jumps goes on. */
const jumpBy = (seconds: number): string =>
  inAgent(
    `{ const True = globalThis.trueDate ??= Date; const wrong = () => True.now() + ${seconds * 1000}; ` +
      "globalThis.Date = class extends True { constructor(...given) { super(...(given.length === 0 ? [wrong()] : given)); } static now() { return wrong(); } } }",
  );

/** All faults, on a fleet whose tip references are `tips`. `random` decides what a fault leaves open. */
export function faultsOf(fleet: FleetUnderTest, tips: readonly TipServer[], random: () => number): readonly Fault[] {
  const ec2 = new EC2Client(fleet.clientSettings);
  const api = new URL(fleet.variables["AWS_ENDPOINT_URL"] ?? "");
  const at = (script: string) => (node: string) => fleet.onHost(node, script);
  const idsOf = (node: string): { InstanceIds: string[]; VolumeId: string; InstanceId: string } => {
    const { instanceId = "", volumeId = "" } = fleet.nodes[node] ?? {};
    return { InstanceIds: [instanceId], InstanceId: instanceId, VolumeId: volumeId };
  };
  async function stop(node: string, Force: boolean): Promise<void> {
    const { InstanceIds } = idsOf(node);
    await ec2.send(new StopInstancesCommand({ InstanceIds, Force }));
    await waitUntilInstanceStopped({ client: ec2, ...waiting }, { InstanceIds });
  }
  async function start(node: string): Promise<void> {
    const { InstanceIds } = idsOf(node);
    await ec2.send(new StartInstancesCommand({ InstanceIds }));
    await waitUntilInstanceRunning({ client: ec2, ...waiting }, { InstanceIds });
  }
  /** Both ways, as if the network between were gone. */
  const dropping = (what: string): string =>
    `${table}; nft add rule inet chaos in ${what.replaceAll("SIDE", "s")} drop; nft add rule inet chaos out ${what.replaceAll("SIDE", "d")} drop`;
  const apart = `${table}; for side in in out; do for port in dport sport; do nft add rule inet chaos $side tcp $port '${ports}' RULE; done; done`;
  const link = `$(ip -4 route get ${fleet.outerAddress} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')`;
  return [
    { name: "daemon killed", cause: at("docker kill litecoind") },
    { name: "agent killed", cause: at("docker kill coinfleet-agent") },
    { name: "docker killed", cause: at("systemctl kill --signal=KILL docker.service") },
    { name: "host rebooted", cause: (node) => ec2.send(new RebootInstancesCommand({ InstanceIds: idsOf(node).InstanceIds })) },
    { name: "host stopped by force", cause: (node) => stop(node, true), cure: start, lastsSec: 20 },
    {
      name: "volume detached",
      cause: async (node) => {
        await stop(node, false);
        const { VolumeId } = idsOf(node);
        await ec2.send(new DetachVolumeCommand({ VolumeId }));
        await waitUntilVolumeAvailable({ client: ec2, ...waiting }, { VolumeIds: [VolumeId] });
        await start(node);
      },
      cure: (node) => {
        const { VolumeId, InstanceId } = idsOf(node);
        return ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: "/dev/sdf" }));
      },
      lastsSec: 30,
    },
    {
      name: "disk full",
      cause: at(`fallocate -l $(df --output=avail -B1 ${data} | tail -n 1) ${data}/litecoind/filler || true`),
      cure: at(`rm -f ${data}/litecoind/filler`),
      lastsSec: 60,
    },
    { name: "network cut", cause: at(apart.replace("RULE", "drop")), cure: at(noTable), lastsSec: 60 },
    { name: "network lossy", cause: at(apart.replace("RULE", "numgen random mod 10 '<' 3 drop")), cure: at(noTable), lastsSec: 60 },
    {
      // The first bytes of a TCP payload after a header with timestamps: between peers, the mark of a message. The kernel mends the checksum.
      name: "network corrupt",
      cause: at(apart.replace("RULE", "numgen random mod 10 '<' 2 @th,256,32 set 0x636f696e")),
      cure: at(noTable),
      lastsSec: 60,
    },
    {
      name: "network slow",
      cause: at(`tc qdisc add dev ${link} root tbf rate 64kbit burst 4kb latency 2s`),
      cure: at(`tc qdisc del dev ${link} root`),
      lastsSec: 60,
    },
    {
      name: "agent's clock jumps",
      cause: (node) => fleet.onHost(node, jumpBy(Math.round((random() - 0.5) * 7200))),
      cure: at(inAgent("globalThis.Date = globalThis.trueDate ?? Date")),
      lastsSec: 120,
    },
    {
      name: "AWS away",
      cause: at(dropping(`ip SIDEaddr ${api.hostname} tcp SIDEport ${api.port || "80"}`)),
      cure: at(noTable),
      lastsSec: 90,
    },
    { name: "metadata service away", cause: at(dropping("ip SIDEaddr 169.254.169.254")), cure: at(noTable), lastsSec: 90 },
    {
      name: "reference lies",
      cause: () => {
        for (const tip of tips.slice(0, 1)) tip.offset = 100;
      },
      cure: () => {
        for (const tip of tips) tip.offset = 0;
      },
      lastsSec: 30,
    },
  ];
}
