import assert from "node:assert/strict";
import { skipUnlessRoot } from "./host-root.ts";
import { byId, content, sh, sizeMiB, VolumeHost, volumeId as id } from "./volume-host.ts";

/** Formats whatever does not mount: what host scripts of this kind usually do. The table must catch it. */
const naiveFormat = `#!/bin/bash
mkdir -p /tmp/probe
if mount "$1" /tmp/probe 2>/dev/null; then umount /tmp/probe; else mkfs.xfs -q -f -L coinfleet "$1"; fi
`;

/** What a device holds before the script sees it, and what the script must say. Its content must not change. */
interface Refusal {
  readonly name: string;
  readonly before: (device: string) => void;
  readonly says: RegExp;
}

const refusals: readonly Refusal[] = [
  { name: "an ext4 file system", before: (device) => sh(`mkfs.ext4 -q -L coinfleet ${device}`), says: /neither blank nor ours.*ext4/ },
  { name: "an xfs with a wrong label", before: (device) => sh(`mkfs.xfs -q -L other ${device}`), says: /neither blank nor ours.*xfs/ },
  {
    name: "a partition table",
    before: (device) => sh(`echo 'label: gpt\n,100M' | sfdisk --quiet ${device}`),
    says: /neither blank nor ours/,
  },
  {
    name: "an empty DOS partition table",
    before: (device) => sh(`echo 'label: dos' | sfdisk --quiet ${device}`),
    says: /neither blank nor ours.*dos/,
  },
  {
    name: "a LUKS header",
    // The magic, version and a UUID of LUKS1: all that a header needs to be one.
    before: (device) =>
      sh(
        `{ printf 'LUKS\\xba\\xbe\\x00\\x01'; printf 'aes'; head -c 1000 /dev/zero | tr '\\0' x; } | dd of=${device} conv=notrunc status=none`,
      ),
    says: /neither blank nor ours/,
  },
  {
    name: "an xfs of ours whose first MiB is damaged",
    before: (device) => sh(`mkfs.xfs -q -L coinfleet ${device}; dd if=/dev/zero of=${device} bs=1M count=1 conv=notrunc status=none`),
    says: /neither blank nor ours.*there is data/,
  },
  {
    name: "an ext4 whose first MiB is damaged",
    before: (device) => sh(`mkfs.ext4 -q ${device}; dd if=/dev/zero of=${device} bs=1M count=1 conv=notrunc status=none`),
    says: /neither blank nor ours.*there is data/,
  },
  {
    name: "one stray block in the middle",
    before: (device) => sh(`dd if=/dev/urandom of=${device} bs=64k seek=${(sizeMiB * 16) / 2} count=1 conv=notrunc status=none`),
    says: /neither blank nor ours.*there is data/,
  },
  {
    name: "one stray block behind what is read as a whole",
    before: (device) => sh(`dd if=/dev/urandom of=${device} bs=64k seek=${(sizeMiB * 16 * 900) / 1024} count=1 conv=notrunc status=none`),
    says: /neither blank nor ours.*there is data at byte/,
  },
  {
    name: "data at its very end only",
    before: (device) => sh(`dd if=/dev/urandom of=${device} bs=1M seek=${sizeMiB - 1} count=1 conv=notrunc status=none`),
    says: /neither blank nor ours.*there is data/,
  },
];

describe("the volume script on real block devices", function () {
  this.timeout(60_000);
  let host: VolumeHost;

  before(skipUnlessRoot);

  beforeEach(() => {
    host = new VolumeHost();
  });

  afterEach(() => {
    host.remove();
  });

  it("makes a file system on a blank device once, and the same result on ten further boots", () => {
    const device = host.device("disk", sizeMiB);
    const first = host.volume(
      device,
      "echo chain > /var/lib/coinfleet/data/litecoind/block; stat -c %u:%a /var/lib/coinfleet/data/litecoind",
    );
    assert.equal(first.code, 0, first.output);
    assert.match(first.output, /10001:700/);
    assert.equal(host.record().state, "formatted");
    for (let boot = 0; boot < 10; boot++) {
      const again = host.volume(device, "cat /var/lib/coinfleet/data/litecoind/block");
      assert.equal(again.code, 0, again.output);
      assert.match(again.output, /chain/);
    }
    assert.equal(host.mkfsCount(), 1);
    assert.equal(host.status().state, "done");
    assert.match(sh(`blkid -p ${device}`), /LABEL="coinfleet".*TYPE="xfs"/);
  });

  it("does nothing the second time within one boot", () => {
    const device = host.device("disk", sizeMiB);
    const twice = host.volume(device, "/usr/lib/coinfleet/volume && findmnt -nro TARGET /var/lib/coinfleet/data");
    assert.equal(twice.code, 0, twice.output);
    assert.equal(twice.output.match(/^\/var\/lib\/coinfleet\/data$/gm)?.length, 1);
    assert.equal(host.mkfsCount(), 1);
  });

  for (const { name, before, says } of refusals) {
    it(`refuses a device with ${name}, and leaves it as it is`, () => {
      const device = host.device("disk", sizeMiB);
      before(device);
      checkRefusal(device, says);
    });

    it(`the same table catches a naive script on ${name}`, () => {
      const device = host.device("disk", sizeMiB);
      before(device);
      host.write("usr/lib/coinfleet/volume-format", naiveFormat, 0o755);
      assert.throws(() => {
        checkRefusal(device, says);
      }, assert.AssertionError);
    });
  }

  function checkRefusal(device: string, says: RegExp): void {
    const before = content(device);
    const { code, output } = host.volume(device);
    assert.equal(code, 1, output);
    assert.equal(host.mkfsCount(), 0);
    assert.equal(host.status().state, "failed");
    assert.match(host.status().why, says);
    assert.match(host.status().fix, /not been touched/);
    assert.equal(content(device), before);
  }

  it("refuses another file system of our label on the volume it knows", () => {
    const device = host.device("disk", sizeMiB);
    assert.equal(host.volume(device).code, 0);
    sh(`mkfs.xfs -q -f -L coinfleet ${device}`);
    const { code } = host.volume(device);
    assert.equal(code, 1);
    assert.match(host.status().why, /not the one that was there/);
  });

  it("never formats a volume again that had a file system and now reads as blank", () => {
    const device = host.device("disk", sizeMiB);
    assert.equal(host.volume(device).code, 0);
    sh(`blkdiscard -z ${device}`);
    const { code } = host.volume(device);
    assert.equal(code, 1);
    assert.match(host.status().why, /had a file system since .* now reads as blank/);
    assert.equal(host.mkfsCount(), 1);
  });

  it("does not format a blank volume that was made from a snapshot", () => {
    host.configure({ volume: { id, mayFormat: false } });
    assert.equal(host.volume(host.device("disk", sizeMiB)).code, 1);
    assert.match(host.status().why, /made from a snapshot/);
    assert.equal(host.mkfsCount(), 0);
  });

  it("takes over a volume from a snapshot: our label, another id, no record", () => {
    const device = host.device("disk", sizeMiB);
    assert.equal(host.volume(device, "echo chain > /var/lib/coinfleet/data/litecoind/block").code, 0);
    host.write(
      "run/parameters/_coinfleet_test_litecoin-1_volume",
      JSON.stringify({ id: "vol-0fffffffffffffff0", state: "formatted", uuid: "other" }),
    );
    const { code, output } = host.volume(device, "cat /var/lib/coinfleet/data/litecoind/block");
    assert.equal(code, 0, output);
    assert.match(output, /chain/);
    assert.equal(host.mkfsCount(), 1);
  });

  it("refuses the volume of another coin, and one with data but without our marker", () => {
    const device = host.device("disk", sizeMiB);
    assert.equal(host.volume(device).code, 0);
    host.configure({ coin: "dogecoin" });
    assert.equal(host.volume(device).code, 1);
    assert.match(host.status().why, /holds the chain of .*litecoin/);
    host.configure();
    assert.equal(host.volume(device, "rm -r /var/lib/coinfleet/data/.coinfleet; touch /var/lib/coinfleet/data/x").code, 0);
    assert.equal(host.volume(device).code, 1);
    assert.match(host.status().why, /not our marker/);
  });

  it("waits for a volume that is not attached, and does not touch another one", () => {
    const other = host.device("other", sizeMiB);
    const before = content(other);
    const { code } = host.run("/usr/lib/coinfleet/volume", { "nvme-Amazon_Elastic_Block_Store_vol0aaaaaaaaaaaaaaaa": other });
    assert.equal(code, 75);
    assert.equal(host.status().state, "waiting");
    assert.match(host.status().why, /vol-0123456789abcdef0 is not attached/);
    assert.equal(content(other), before);
    assert.equal(host.mkfsCount(), 0);
  });

  it("takes a volume that arrives late", () => {
    const device = host.device("disk", sizeMiB);
    const { code, output } = host.run(
      `(sleep 3; ln -s ${device} /dev/disk/by-id/${byId}) & /usr/lib/coinfleet/volume`,
      {},
      { COINFLEET_PATIENCE_SEC: "20" },
    );
    assert.equal(code, 0, output);
    assert.match(output, /volume: waiting:.*\n(.*\n)*volume: done/);
  });

  it("refuses two devices that both say they are the volume", () => {
    const links = { [byId]: host.device("disk", sizeMiB), [`${byId}_1`]: host.device("twin", sizeMiB) };
    assert.equal(host.run("/usr/lib/coinfleet/volume", links).code, 1);
    assert.match(host.status().why, /several devices/);
    assert.equal(host.mkfsCount(), 0);
  });

  it("finds the volume under another device name after a reboot", () => {
    const first = host.device("disk", sizeMiB);
    assert.equal(host.volume(first, "echo chain > /var/lib/coinfleet/data/litecoind/block").code, 0);
    sh(`losetup -d ${first}`);
    host.device("decoy", sizeMiB);
    const { code, output } = host.volume(host.device("disk", sizeMiB), "cat /var/lib/coinfleet/data/litecoind/block");
    assert.equal(code, 0, output);
    assert.match(output, /chain/);
  });

  it("grows the file system of a grown volume, twice, at boot and while mounted", () => {
    const device = host.device("disk", sizeMiB);
    const size = "findmnt -nrbo SIZE /var/lib/coinfleet/data";
    const sizes = (text: string): readonly number[] =>
      text
        .split("\n")
        .filter((line) => /^\d+$/.test(line))
        .map(Number);
    const [before = 0] = sizes(host.volume(device, `echo chain > /var/lib/coinfleet/data/litecoind/block; ${size}`).output);
    sh(`truncate -s 512M ${host.directory}/disk; losetup -c ${device}`);
    const { code, output } = host.volume(
      device,
      `${size}; truncate -s 640M /mnt/disk; losetup -c ${device}; /usr/lib/coinfleet/volume && ${size}; cat /var/lib/coinfleet/data/litecoind/block`,
    );
    assert.equal(code, 0, output);
    const [atBoot = 0, mounted = 0, ...more] = sizes(output);
    assert.deepEqual(more, []);
    assert.ok(before > 0 && atBoot > before + 100 * 2 ** 20, output);
    assert.ok(mounted > atBoot + 100 * 2 ** 20, output);
    assert.match(output, /chain/);
  });

  it("lets the file system follow its volume while the daemon writes, says so once, and does nothing where nothing is mounted", () => {
    const device = host.device("disk", sizeMiB);
    const unmounted = host.run("/usr/lib/coinfleet/volume-grow");
    assert.deepEqual([unmounted.code, unmounted.output], [0, ""]);
    const grow = "/usr/lib/coinfleet/volume-grow; echo size $(findmnt -nrbo SIZE /var/lib/coinfleet/data)";
    const write = "(while :; do echo block; sleep 0.01; done >> /var/lib/coinfleet/data/litecoind/chain) & writer=$!; sleep 0.2";
    const { code, output } = host.volume(
      device,
      `${write}; ${grow}; truncate -s 640M /mnt/disk; losetup -c ${device}; ${grow}; ${grow}; kill $writer; grep -vc '^block$' /var/lib/coinfleet/data/litecoind/chain`,
    );
    assert.equal(code, 1, output);
    const [before = 0, after = 0, again = 0] = [...output.matchAll(/^size (\d+)$/gm)].map(([, size]) => Number(size));
    assert.ok(before > 0 && after > before + 200 * 2 ** 20, output);
    assert.equal(again, after);
    assert.equal(output.match(/grow: done: the file system has grown to/g)?.length, 1, output);
    assert.match(output, /^0$/m);
  });

  it("mounts a full disk: the daemon's problem is not made worse", () => {
    const device = host.device("disk", sizeMiB);
    host.volume(device, "dd if=/dev/zero of=/var/lib/coinfleet/data/litecoind/fill bs=1M status=none");
    const { code, output } = host.volume(device);
    assert.equal(code, 0, output);
    assert.match(host.status().why, /100%|99%|98%|97%/);
  });

  it("refuses a volume that is read-only, and leaves it as it is", () => {
    const device = host.device("disk", sizeMiB);
    assert.equal(host.volume(device, "echo chain > /var/lib/coinfleet/data/litecoind/block").code, 0);
    const before = content(device);
    sh(`blockdev --setro ${device}`);
    const { code, output } = host.volume(device);
    // It outlives the loop device, whose number the next test gets.
    sh(`blockdev --setrw ${device}`);
    assert.equal(code, 1, output);
    assert.match(host.status().why, /mounted read-only|cannot be mounted/);
    assert.equal(content(device), before);
    assert.equal(host.mkfsCount(), 1);
  });

  // A loop device over a file that was cut off answers with real I/O errors: this kernel has no device mapper.
  const cutOff = (atMiB: number): void => void sh(`truncate -s ${atMiB}M ${host.directory}/disk`);

  it("never formats a blank device that cannot be read to its end", () => {
    const device = host.device("disk", sizeMiB);
    cutOff(64);
    assert.throws(() => sh(`dd if=${device} of=/dev/null bs=1M skip=100 count=1 status=none`), /Input\/output error/);
    assert.equal(host.volume(device).code, 1);
    assert.match(host.status().why, /cannot be read in its first 256 MiB/);
    assert.equal(host.mkfsCount(), 0);
  });

  it("never formats the volume that it knows when the device has I/O errors, whatever else it says", () => {
    const device = host.device("disk", sizeMiB);
    const first = host.volume(device, "echo chain > /var/lib/coinfleet/data/litecoind/block");
    assert.equal(first.code, 0, first.output);
    for (const atMiB of [200, 1, 0]) {
      cutOff(atMiB);
      const { code, output } = host.volume(device);
      if (code !== 0) assert.equal(host.status().state, "failed", output);
      assert.equal(host.mkfsCount(), 1);
    }
    assert.equal(host.status().state, "failed");
  });

  it("does not decide anything while the parameter store is away", () => {
    host.write("run/parameters-down", "");
    const device = host.device("disk", sizeMiB);
    assert.equal(host.volume(device).code, 1);
    assert.equal(host.mkfsCount(), 0);
    assert.match(host.status().why, /Could not connect/);
  });
});
