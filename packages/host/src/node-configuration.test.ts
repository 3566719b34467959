import assert from "node:assert/strict";
import type { ResolvedGroup, ResolvedNode } from "@coinfleet/sdk";
import type { LogRoute } from "./log-route.ts";
import { maximumParameterBytes, nodeConfigurationProblem, renderNodeConfiguration, type NodeConfiguration } from "./node-configuration.ts";
import { exampleGroup, exampleNode } from "./testing/example-group.ts";

const cloudWatch: LogRoute = { kind: "cloudwatch", group: "/coinfleet/test/example" };
const gelf = (url: string): LogRoute => ({ kind: "gelf", url });

function render(group: ResolvedGroup = exampleGroup, node: ResolvedNode = exampleNode, logs = cloudWatch): NodeConfiguration {
  const text = renderNodeConfiguration({
    environment: "test",
    region: "eu-central-1",
    group,
    node,
    volumeId: "vol-0123456789abcdef0",
    secretArns: { rpc: "arn:aws:secretsmanager:eu-central-1:000000000000:secret:coinfleet/test/example/rpc-abcdef" },
    logs,
  });
  return JSON.parse(text) as NodeConfiguration;
}

/** The rules of the Docker benchmark that a container of ours must keep. Each problem in a few words. */
function problemsOf(parameters: readonly string[]): readonly string[] {
  const values = (name: string): readonly string[] =>
    parameters.flatMap((word, index) => (word === name ? [parameters[index + 1] ?? ""] : []));
  const has = (name: string, value: RegExp): boolean => values(name).some((one) => value.test(one));
  const rules: readonly (readonly [string, boolean])[] = [
    ["capabilities are not dropped", has("--cap-drop", /^ALL$/)],
    ["may gain privileges", has("--security-opt", /^no-new-privileges$/)],
    ["the root file system can be written", parameters.includes("--read-only")],
    ["runs as root", has("--user", /^[1-9]\d+:[1-9]\d+$/)],
    ["no limit of memory", has("--memory", /^\d+m$/)],
    ["may swap", has("--memory-swap", /^\d+m$/) && values("--memory")[0] === values("--memory-swap")[0]],
    ["no limit of CPU", values("--cpus").length === 1],
    ["no limit of processes", has("--pids-limit", /^\d+$/)],
    ["no limit of open files", values("--ulimit").some((one) => Number(/^nofile=(\d+):\1$/.exec(one)?.[1]) <= 20_000)],
    ["no stop timeout", has("--stop-timeout", /^\d+$/)],
    ["privileged", !parameters.some((word) => /^--(privileged|cap-add|device|pid|ipc|uts|userns)\b/.test(word))],
    ["sees the docker socket", !parameters.some((word) => word.includes("docker.sock"))],
    ["publishes on all addresses", values("--publish").every((one) => /^(\{\{private-ip\}\}|127\.0\.0\.1):/.test(one))],
    ["the log has no limit on the host's disk", has("--log-driver", /^journald$/) || has("--log-opt", /^cache-max-size=/)],
    ["a log that is away stops it", has("--log-opt", /^mode=non-blocking$/)],
  ];
  return rules.filter(([, holds]) => !holds).map(([problem]) => problem);
}

describe("the configuration of a node", () => {
  it("keeps the container rules for every container", () => {
    const group: ResolvedGroup = {
      ...exampleGroup,
      snapshot: { kind: "archive", url: "https://example.com/s.tar.zst", sha256: "00", format: "tar.zst", daemon: "exampled" },
    };
    for (const logs of [cloudWatch, gelf("tcp://graylog.internal:12201"), gelf("udp://graylog.internal:12201")]) {
      const { daemons, agent, restore } = render(group, exampleNode, logs);
      for (const parameters of [...daemons.map((one) => one.arguments), agent.arguments, restore?.arguments ?? []]) {
        assert.deepEqual(problemsOf(parameters), [], parameters.join(" "));
      }
      assert.ok(!daemons.some((one) => one.arguments.includes("host")), "no daemon is on the host's network");
    }
  });

  it("lets a daemon load libraries from /tmp where its coin says that it unpacks some, and no other", () => {
    const [first, ...others] = exampleNode.daemons;
    assert.ok(first !== undefined);
    const node = { ...exampleNode, daemons: [{ ...first, unpacksLibraries: true }, ...others] };
    const tmp = render(exampleGroup, node).daemons.map(({ arguments: words }) => words.find((word) => word.startsWith("/tmp:")) ?? "");
    assert.deepEqual(
      tmp.map((word) => word.split(",")[0]),
      ["/tmp:rw", "/tmp:rw"],
    );
    assert.deepEqual(
      tmp.map((word) => word.split(",")[1]),
      ["exec", "noexec"],
    );
  });

  it("is checked by rules that find a careless container", () => {
    assert.deepEqual(
      problemsOf(["--privileged", "--publish", "9332:9332", "--mount", "type=bind,source=/var/run/docker.sock,target=/s"]).length,
      15,
    );
  });

  it("publishes a public port on the host's address, an internal one too, and a local one on the loopback interface only", () => {
    const [exampled, beacon] = render().daemons;
    const published = (parameters: readonly string[] | undefined): readonly string[] =>
      parameters?.filter((_, index) => parameters[index - 1] === "--publish") ?? [];
    assert.deepEqual(published(exampled?.arguments), [
      "{{private-ip}}:9333:9333/tcp",
      "127.0.0.1:9333:9333/tcp",
      "{{private-ip}}:9332:9332/tcp",
      "127.0.0.1:9332:9332/tcp",
      "127.0.0.1:8551:8551/tcp",
      "{{private-ip}}:9400:9400/tcp",
      "127.0.0.1:9400:9400/tcp",
    ]);
    assert.deepEqual(published(beacon?.arguments), ["{{private-ip}}:9000:9000/udp"]);
  });

  it("gives a daemon the limits that its client insists on, and the data directory of another one where it shares that", () => {
    const limits = { openFiles: 1_000_000, lockedMemoryBytes: 65_536 };
    const [first, second] = exampleNode.daemons.map((daemon, index) =>
      index === 0 ? { ...daemon, limits } : { ...daemon, dataOf: "exampled" },
    );
    assert.ok(first !== undefined && second !== undefined);
    const [greedy, sharing] = render(exampleGroup, { ...exampleNode, daemons: [first, second] }).daemons;
    const ulimits = greedy?.arguments.filter((_, index) => greedy.arguments[index - 1] === "--ulimit");
    assert.deepEqual(ulimits, ["nofile=1000000:1000000", "memlock=65536:65536"]);
    assert.ok(
      sharing?.arguments.some((word) => /source=\S+\/exampled,target=\/data$/.test(word)),
      sharing?.arguments.join(" "),
    );
  });

  it("sends logs to CloudWatch, over UDP by docker itself, or over TCP through the host's journal with the words of alarm", () => {
    const logged = (logs: LogRoute): readonly string[] =>
      render(exampleGroup, exampleNode, logs).daemons[0]?.arguments.filter((_, index, all) => all[index - 1]?.startsWith("--log")) ?? [];
    const common = ["mode=non-blocking", "max-buffer-size=4m"];
    const cache = ["cache-max-size=10m", "cache-max-file=3"];
    const stream = "awslogs-stream=example-1/exampled";
    assert.deepEqual(logged(cloudWatch), [
      "awslogs",
      "awslogs-region=eu-central-1",
      "awslogs-group=/coinfleet/test/example",
      stream,
      ...cache,
      ...common,
    ]);
    const labels = "labels=coinfleet.node,coinfleet.daemon";
    const udp = gelf("udp://graylog.internal:12201");
    assert.deepEqual(logged(udp), [
      "gelf",
      "gelf-address=udp://graylog.internal:12201",
      "tag=example-1/exampled",
      labels,
      ...cache,
      ...common,
    ]);
    assert.deepEqual(logged(gelf("tcp://graylog.internal:12201")), ["journald", "tag=example-1/exampled", ...common]);
    assert.deepEqual([render().logs, render(exampleGroup, exampleNode, udp).logs], [undefined, undefined]);
    const own = { title: "It has stopped", terms: ["FATAL"], severity: "page" } as const;
    const { logs } = render({ ...exampleGroup, logAlarm: own }, exampleNode, gelf("tcp://graylog.internal:12201"));
    assert.deepEqual([logs?.host, logs?.port, logs?.alarms["log-of-coin"]], ["graylog.internal", 12201, ["FATAL"]]);
    assert.ok(logs?.alarms["log-out-of-memory"]?.includes("std::bad_alloc"));
  });

  it("gates RPC, and leaves peers, metrics and the agent open", () => {
    assert.deepEqual(render().firewall, { always: ["tcp . 9797", "tcp . 9333", "tcp . 9400", "udp . 9000"], gated: ["tcp . 9332"] });
  });

  it("holds placeholders where secrets go", () => {
    const { daemons, agent } = render();
    assert.equal(daemons[0]?.files["example.conf"], "rpcpassword={{secret:rpc}}\n");
    assert.deepEqual(agent.config.access, [
      { port: "rpc", url: "http://127.0.0.1:9332", auth: { user: "coinfleet", password: "{{secret:rpc}}", scheme: "basic" } },
    ]);
  });

  it("tells the agent of the node that serves its own, beside the ports of its own", () => {
    const server = { port: "server", url: "http://node1.oak.internal:8545" };
    const { access } = render(exampleGroup, { ...exampleNode, server }).agent.config;
    assert.deepEqual([access.length, access[1]], [2, server]);
  });

  it("lets only the first node of a private network make blocks", () => {
    assert.equal(render().agent.config.blockEverySec, 10);
    assert.equal(render(exampleGroup, { ...exampleNode, index: 2 }).agent.config.blockEverySec, undefined);
    assert.equal(render({ ...exampleGroup, isPrivateNetwork: false }).agent.config.blockEverySec, undefined);
  });

  it("may not format a volume that was made from a snapshot", () => {
    assert.equal(render().volume.mayFormat, true);
    assert.equal(render(exampleGroup, { ...exampleNode, volume: { ...exampleNode.volume, snapshotId: "snap-1" } }).volume.mayFormat, false);
  });

  it("restores no archive where the data holds keys", () => {
    const group: ResolvedGroup = {
      ...exampleGroup,
      snapshot: { kind: "archive", url: "https://example.com/s.tar", sha256: "00", format: "tar", daemon: "exampled" },
    };
    assert.equal(render(group).restore?.daemon, "exampled");
    assert.equal(render({ ...group, holdsKeys: true }).restore, undefined);
  });

  it("fails when it is larger than a parameter, and says so before there is a volume", () => {
    const node = {
      ...exampleNode,
      daemons: exampleNode.daemons.map((one) => ({ ...one, files: { "big.conf": "x".repeat(maximumParameterBytes) } })),
    };
    assert.throws(() => render(exampleGroup, node), /an SSM parameter holds 8192/);
    const input = { environment: "test", region: "eu-central-1", group: exampleGroup, logs: cloudWatch };
    assert.match(nodeConfigurationProblem({ ...input, node }) ?? "", /The configuration of example-1 has \d+ bytes/);
    assert.equal(nodeConfigurationProblem({ ...input, node: exampleNode }), undefined);
  });
});
