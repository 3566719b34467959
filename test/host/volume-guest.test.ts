import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Guest, type GuestDisk } from "./guest.ts";
import { skipUnlessRoot } from "./host-root.ts";
import { sh, sizeMiB, VolumeHost, volumeId as id } from "./volume-host.ts";

const otherId = "vol-0fffffffffffffff0";
const data = "/var/lib/coinfleet/data";
const chain = `${data}/litecoind/block`;
const writeChain = `dd if=/dev/urandom of=${chain} bs=1M count=16 status=none; sync -f ${data}; sha256sum ${chain}`;

/**
 * What no loop device shows, in a virtual machine: NVMe disks that know their serial, that change their numbers, that fail and that come late, and a
 * power cut that takes all of the machine's memory. The disks have no cache of their own, as EBS has none that forgets.
 */
describe("the volume script in a virtual machine", function () {
  this.timeout(30 * 60_000);
  let host: VolumeHost;
  let guest: Guest | undefined;

  before(function () {
    if (process.env["COINFLEET_TEST_FULL"] !== "1" || process.arch !== "x64") this.skip();
    skipUnlessRoot.call(this);
  });

  beforeEach(() => {
    host = new VolumeHost();
  });

  afterEach(async () => {
    await guest?.cutPower();
    host.remove();
  });

  /** A disk of a volume: blank, or with what `make` puts on the image `$disk`. */
  function disk(volume: string, make = "", more: Omit<GuestDisk, "file" | "id"> = {}): GuestDisk {
    sh(`disk=${host.directory}/${volume}; truncate -s ${sizeMiB}M $disk; ${make}`);
    return { file: volume, id: volume, ...more };
  }

  const foreign = (): GuestDisk => disk(otherId, "mkfs.ext4 -q $disk");
  const content = ({ file }: GuestDisk): string => sh(`sha256sum < ${join(host.directory, file)}`);
  const isBlank = ({ file }: GuestDisk): boolean => readFileSync(join(host.directory, file)).equals(Buffer.alloc(sizeMiB * 2 ** 20));
  const hasSuperblock = ({ file }: GuestDisk): boolean => sh(`head -c 4 ${join(host.directory, file)} | tr -d '\\0'`) === "XFSB";

  async function boot(...disks: readonly GuestDisk[]): Promise<Guest> {
    await guest?.cutPower();
    guest = await Guest.boot(host, ...disks);
    return guest;
  }

  const digestIn = (output: string): string => /^([0-9a-f]{64}) /m.exec(output)?.[1] ?? assert.fail(output);

  /** Refused for this reason, and everything on the disk as it was. */
  async function checkRefusal(on: Guest, target: GuestDisk, says: RegExp, mkfsCount = 0): Promise<void> {
    const before = content(target);
    host.configure({ volume: { id: target.id, mayFormat: true } });
    await on.refresh();
    const { code, output } = await on.volume();
    const { state, why } = await on.status();
    assert.deepEqual([code, state], [1, "failed"], output);
    assert.match(why, says);
    assert.equal(host.mkfsCount(), mkfsCount);
    assert.equal(content(target), before);
  }

  /** The same check, of a script that formats the first disk that nobody has mounted. */
  async function checkThatNaiveFails(on: Guest, check: () => Promise<void>): Promise<void> {
    host.becomeNaive();
    await on.refresh();
    await assert.rejects(check, assert.AssertionError);
  }

  it("finds the volume by its serial when the disks have other numbers after a reboot", async () => {
    const [own, other] = [disk(id), foreign()];
    const before = content(other);
    const first = await boot(own, other);
    const { code, output } = await first.volume(`${writeChain}; /usr/lib/coinfleet/volume-stop`);
    assert.equal(code, 0, output);
    const names = [await first.nameOf(id)];

    const second = await boot(other, own);
    names.push(await second.nameOf(id));
    assert.deepEqual(names, ["nvme0n1", "nvme1n1"]);
    const check = async (): Promise<void> => {
      const again = await second.volume(`sha256sum ${chain}; /usr/lib/coinfleet/volume-stop`);
      assert.equal(again.code, 0, again.output);
      assert.equal(digestIn(again.output), digestIn(output));
      assert.deepEqual([host.mkfsCount(), content(other)], [1, before]);
    };
    await check();
    await checkThatNaiveFails(second, check);
  });

  it("brings back what was on the disk at each of three power cuts while the node writes", async () => {
    const own = disk(id);
    let digest: string | undefined;
    for (let cut = 0; cut <= 3; cut++) {
      const on = await boot(own);
      const { code, output } = await on.volume(`sha256sum ${chain} || true; dmesg | grep 'XFS.*recovery' || true`);
      assert.equal(code, 0, output);
      if (digest !== undefined) {
        assert.equal(digestIn(output), digest);
        assert.match(output, /Ending recovery/, "the cut has left something to recover from");
      }
      if (cut === 3) break;
      digest = digestIn((await on.run(writeChain)).output);
      await on.run(`(while :; do dd if=/dev/urandom of=${data}/litecoind/more bs=64k count=64 oflag=append conv=notrunc status=none; done) >/dev/null 2>&1 &
        until [ "$(stat -c %s ${data}/litecoind/more)" -gt 4194304 ]; do sleep 0.1; done`);
    }
    assert.deepEqual([host.mkfsCount(), host.record().state], [1, "formatted"]);
  });

  it("ends with one file system on a blank disk after power cuts in mkfs, and never begins on what one has left", async () => {
    // So slow that the cut falls where it shall.
    const slow = { writtenBytesPerSec: 16 * 1024 };
    const start = async (on: Guest, target: GuestDisk): Promise<void> => {
      const count = host.mkfsCount();
      host.configure({ volume: { id: target.id, mayFormat: true } });
      await on.refresh();
      await on.run("/usr/lib/coinfleet/volume >/dev/null 2>&1 &");
      await on.until(() => host.mkfsCount() > count);
    };
    const own = disk(id);
    for (let cut = 1; cut <= 2; cut++) {
      const on = await boot({ ...own, ...slow });
      await start(on, own);
      await on.cutPower();
      assert.deepEqual([host.mkfsCount(), host.record().state, isBlank(own)], [cut, "formatting", true]);
    }

    const half = disk(otherId);
    const third = await boot(own, { ...half, ...slow });
    const { code, output } = await third.volume(`${writeChain}; /usr/lib/coinfleet/volume-stop`);
    assert.equal(code, 0, output);
    await start(third, half);
    await third.until(() => hasSuperblock(half));
    await third.cutPower();

    const last = await boot(own, half);
    await checkRefusal(last, half, /neither blank nor ours|cannot be mounted/, 4);
    host.configure();
    await last.refresh();
    assert.equal(digestIn((await last.volume(`sha256sum ${chain}`)).output), digestIn(output));
    assert.equal(host.mkfsCount(), 4);
  });

  it("formats no disk that cannot be read, wholly or in one place", async () => {
    const unread = disk(id, "mkfs.xfs -q -L coinfleet $disk", { faults: [{ iotype: "read" }] });
    const damaged = disk(otherId, "", { faults: [{ iotype: "read", sector: 100 * 2048 }] });
    const on = await boot(unread, damaged);
    await checkRefusal(on, damaged, /neither blank nor ours.*cannot be read in its first 256 MiB/);
    const check = (): Promise<void> => checkRefusal(on, unread, /neither blank nor ours.*cannot be read/);
    await check();
    await checkThatNaiveFails(on, check);
  });

  it("says why when a disk takes no writes, and leaves what is on it", async () => {
    const faults = [{ iotype: "write" }] as const;
    const [own, blank] = [disk(id, "mkfs.xfs -q -L coinfleet $disk", { faults }), disk(otherId, "", { faults })];
    const on = await boot(own, blank);
    await checkRefusal(on, own, /cannot be mounted/);
    await checkRefusal(on, blank, /mkfs.xfs: /, 1);
    assert.ok(isBlank(blank));
  });

  it("waits for a volume, and takes it when it is attached to the running host", async () => {
    const [own, other] = [disk(id, "", { isAbsent: true }), foreign()];
    const before = content(other);
    const on = await boot(own, other);
    const settles = (states: string): Promise<unknown> =>
      on.run(`until grep -Eqs '"state": "(${states})"' /run/coinfleet/status/volume.json; do sleep 1; done`);
    await on.run("/usr/lib/coinfleet/volume >/run/volume.log 2>&1 &");
    await settles("waiting");
    assert.match((await on.status()).why, /vol-0123456789abcdef0 is not attached/);
    await on.plug(id);
    await settles("done|failed");
    const { output } = await on.run(`cat /run/volume.log; findmnt -no SOURCE ${data}; cat /sys/block/nvme1n1/device/serial`);
    assert.match(output, /volume: waiting: [^]*\nvolume: done: [^]*\n\/dev\/nvme1n1\nvol0123456789abcdef0\s*$/);
    assert.deepEqual([host.mkfsCount(), content(other)], [1, before]);
  });

  it("leaves other volumes alone, with data and blank, while its own is missing", async () => {
    const others = [foreign(), disk("vol-0aaaaaaaaaaaaaaaa")];
    const before = others.map(content);
    const on = await boot(...others);
    const check = async (): Promise<void> => {
      const { code, output } = await on.volume();
      assert.deepEqual(others.map(content), before, output);
      const { state, why } = await on.status();
      assert.deepEqual([code, state, host.mkfsCount()], [75, "waiting", 0], output);
      assert.match(why, /not attached/);
    };
    await check();
    await checkThatNaiveFails(on, check);
  });
});
