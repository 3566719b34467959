import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { renderMachineImage } from "@coinfleet/host";
import { containerProblems } from "@coinfleet/policy";
import type { FleetUnderTest } from "./fleet-under-test.ts";
import { rpcPassword } from "./litecoin-rpc.ts";

const node = "litecoin-1";
const daemon = "litecoind";
const configuration = "/run/coinfleet/config.json";

/** Says "open" or "closed" from where it runs. */
const connect = (address: string, port: number): string =>
  `timeout 4 bash -c "</dev/tcp/${address}/${port}" 2>/dev/null && echo open || echo closed`;

/** The sockets that a container sees, but for a daemon's own in its data directory. A mounted one looks like a file to `find`. */
const sockets = (container: string): string => `pid=$(docker inspect --format '{{.State.Pid}}' ${container}); root=/proc/$pid/root
  for target in $(awk '{ print $5 }' /proc/$pid/mountinfo); do if [ -S $root$target ]; then echo $target; fi; done
  find $root/ '(' -path $root/proc -o -path $root/sys -o -path $root/data ')' -prune -o -type s -print 2>/dev/null || true`;

/** What a daemon that is taken over could reach, tried from inside, and what is left of secrets. Does not prove what AWS's own metadata service does. */
export function describeHardening(fleetUnderTest: () => FleetUnderTest): void {
  describe("a daemon that is taken over", () => {
    let fleet: FleetUnderTest;
    before(() => void (fleet = fleetUnderTest()));
    const onHost = (script: string): Promise<string> => fleet.onHost(node, script);
    const inside = (script: string, container = daemon): Promise<string> => onHost(`docker exec ${container} bash -c '${script}'`);
    /** A container as careless as the arguments, of the daemon's own image. */
    const careless = async (parameters: string, script: string): Promise<string> =>
      onHost(`docker run --rm ${parameters} --entrypoint bash $(docker inspect --format '{{.Config.Image}}' ${daemon}) -c '${script}'`);

    it("runs by arguments that keep every rule, and so does what runs beside it", async () => {
      for (const each of Object.keys(fleet.nodes))
        assert.deepEqual(containerProblems(JSON.parse(await fleet.onHost(each, `cat ${configuration}`))), []);
      const spoiled = (await onHost(`cat ${configuration}`)).replaceAll('"--read-only"', '"--privileged"');
      assert.ok(containerProblems(JSON.parse(spoiled)).includes(`${daemon} has --privileged`));
    });

    it("was started by scripts and units that are the repository's, by root alone", async () => {
      const { files } = renderMachineImage({
        distribution: "debian",
        architecture: "x86_64",
        source: { name: "any", owner: "any" },
        sshUser: "debian",
        instanceType: "any",
      });
      const paths = Object.keys(files).flatMap((path) => /^provision\/root(\/(?:usr|etc\/systemd)\/.*)$/.exec(path)?.[1] ?? []);
      const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
      const rendered = paths.map((path) => `${digest(files[`provision/root${path}`] ?? "")}  ${path}`);
      assert.ok(rendered.length > 30);
      assert.deepEqual((await onHost(`sha256sum ${paths.join(" ")}`)).split("\n"), rendered);
      assert.equal(await onHost(`find ${paths.join(" ")} '(' ! -uid 0 -o -perm /022 ')' -print`), "");
      const commands = await onHost("systemctl cat 'coinfleet*' 'node@*' | grep -h ^Exec");
      assert.deepEqual(carelessCommands(commands), []);
      // The negative control: systemd's own score finds nothing wrong with this one.
      assert.deepEqual(carelessCommands(`${commands}\nExecStart=/usr/bin/docker run --privileged x`), [
        "/usr/bin/docker run --privileged x",
      ]);
    });

    it("reaches its peers, and neither the metadata service nor docker", async () => {
      assert.equal(await inside(connect("node2.litecoin.internal", 19444)), "open");
      for (const [address, port] of [
        ["169.254.169.254", 80],
        ["198.18.0.1", 2375],
        ["198.18.16.1", 2375],
        ["198.18.16.1", 2376],
      ] as const)
        assert.equal(await inside(connect(address, port)), "closed", `${address}:${port}`);
      for (const container of [daemon, "coinfleet-agent"]) assert.equal(await onHost(sockets(container)), "", container);
      // The same attempts where they must succeed: on the host, and in a container that breaks the rules.
      assert.equal(await onHost(connect("169.254.169.254", 80)), "open");
      assert.equal(await careless("--network host --user 0", connect("169.254.169.254", 80)), "open");
      assert.equal(await careless("--network host --user 10001", connect("169.254.169.254", 80)), "closed");
      await careless("--detach --name careless --volume /var/run/docker.sock:/docker.sock", "sleep 600");
      assert.equal(await onHost(sockets("careless")), "/docker.sock");
      await onHost("docker kill careless");
    });

    it("finds no secret on any disk of the host: they are on tmpfs, for their readers alone", async () => {
      const secret = await onHost(rpcPassword);
      assert.match(secret, /^[0-9a-f]{64}$/);
      assert.equal(await onHost("stat --file-system --format %T /run/coinfleet"), "tmpfs");
      const readable = await onHost(`grep -rlF ${secret} /run | xargs stat --format '%a %u %n' | sort`);
      for (const line of readable.split("\n")) assert.match(line, /^600 (0|10001|10002) /, line);
      // Files, the raw volume (what was deleted is still on it), and the journal, which packs its lines.
      const search = (text: string): Promise<string> =>
        onHost(`sync; { find / /var/lib/docker -xdev -type f -print0 | xargs -0 grep -lF ${text} || true; } 2>/dev/null | sort -u
          device=$(findmnt -no SOURCE --mountpoint /var/lib/coinfleet/data); blockdev --flushbufs $device
          if grep -qaF ${text} $device; then echo volume; fi
          if journalctl --all --quiet --output=cat | grep -qaF ${text}; then echo journal; fi`);
      assert.equal(await search(secret), "");
      const spilt = randomBytes(32).toString("hex");
      const spill = `echo ${spilt} | tee /var/lib/coinfleet/data/found >/var/lib/docker/found; echo ${spilt} | systemd-cat; sleep 1; sync`;
      await onHost(`${spill}; rm /var/lib/coinfleet/data/found`);
      const found = (await search(spilt)).split("\n");
      for (const place of ["/var/lib/docker/found", "volume", "journal"]) assert.ok(found.includes(place), `${place}: ${found.join(", ")}`);
      await onHost("rm /var/lib/docker/found");
    });
  });
}

/** What units start besides the host's scripts, which take a container's arguments from the configuration alone. */
function carelessCommands(lines: string): readonly string[] {
  const allowed = /^-?(\/usr\/lib\/coinfleet\/[a-z-]+( %i)?|\/usr\/bin\/docker stop( --time 10)? coinfleet-(agent|restore))$/;
  return lines.split("\n").flatMap((line) => {
    const command = line.replace(/^Exec\w+=/, "");
    return allowed.test(command) ? [] : [command];
  });
}
