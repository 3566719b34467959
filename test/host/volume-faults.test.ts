import assert from "node:assert/strict";
import { skipUnlessRoot } from "./host-root.ts";
import { byId, content, sh, sizeMiB, VolumeHost } from "./volume-host.ts";

const data = "/var/lib/coinfleet/data";
const chain = `${data}/litecoind/block`;

/** Power cuts are the file system's own: it stops at once, and what is in memory never reaches the device. Does not prove what a drive's cache does. */
describe("the volume script after faults", function () {
  this.timeout(120_000);
  let host: VolumeHost;

  before(skipUnlessRoot);

  beforeEach(() => {
    host = new VolumeHost();
  });

  afterEach(() => {
    host.remove();
  });

  it("brings everything back that was on the disk when the power was cut during a write", () => {
    const device = host.device("disk", sizeMiB);
    const writing = `dd if=/dev/urandom of=${chain} bs=1M count=16 status=none; sync -f ${data}; sha256sum ${chain}
      (while :; do dd if=/dev/urandom of=${data}/litecoind/more bs=64k count=64 oflag=append conv=notrunc status=none; done) & writer=$!
      sleep 1; xfs_io -x -c shutdown ${data}; kill $writer; wait $writer 2>/dev/null; touch ${data}/after 2>&1; umount ${data}`;
    for (let cut = 0; cut < 3; cut++) {
      const before = host.volume(device, writing);
      assert.match(before.output, /Input\/output error/, "the file system has stopped");
      const digest = /^([0-9a-f]{64}) /m.exec(before.output)?.[1] ?? assert.fail(before.output);
      const { code, output } = host.volume(device, `sha256sum ${chain}`);
      assert.equal(code, 0, output);
      assert.ok(output.includes(digest), output);
    }
    assert.equal(host.mkfsCount(), 1);
    assert.equal(host.status().state, "done");
  });

  it("says so, and does not begin again, when the power was cut while the file system was made", () => {
    host.write(
      "usr/local/bin/mkfs.xfs",
      "#!/bin/bash\necho cut >>/run/mkfs.log\nprintf half | dd of=${!#} bs=1M seek=2 conv=notrunc status=none\nkill -9 $PPID\n",
      0o755,
    );
    const device = host.device("disk", sizeMiB);
    assert.notEqual(host.volume(device).code, 0);
    assert.equal(host.record().state, "formatting");
    const before = content(device);
    assert.equal(host.volume(device).code, 1);
    assert.match(host.status().why, /neither blank nor ours.*there is data/);
    assert.match(host.status().fix, /new generation/);
    assert.deepEqual([host.mkfsCount(), content(device)], [1, before]);
  });

  it("makes the file system when the power was cut before the first byte of it", () => {
    host.write("usr/local/bin/mkfs.xfs", "#!/bin/bash\nkill -9 $PPID\n", 0o755);
    const device = host.device("disk", sizeMiB);
    assert.notEqual(host.volume(device).code, 0);
    host.write("usr/local/bin/mkfs.xfs", '#!/bin/bash\necho "$*" >>/run/mkfs.log\nexec /usr/sbin/mkfs.xfs "$@"\n', 0o755);
    const { code, output } = host.volume(device);
    assert.equal(code, 0, output);
    assert.deepEqual([host.mkfsCount(), host.record().state], [1, "formatted"]);
  });

  it("refuses a file system that the kernel has made read-only, or has stopped, under the node's feet", () => {
    const device = host.device("disk", sizeMiB);
    const readOnly = host.volume(device, `echo chain >${chain}; mount -o remount,ro ${data}; /usr/lib/coinfleet/volume`);
    assert.equal(readOnly.code, 1, readOnly.output);
    assert.match(host.status().why, /read-only/);
    const stopped = host.volume(device, `xfs_io -x -c shutdown ${data}; /usr/lib/coinfleet/volume`);
    assert.equal(stopped.code, 1, stopped.output);
    assert.equal(host.status().state, "failed");
    const { code, output } = host.volume(device, `cat ${chain}`);
    assert.equal(code, 0, output);
    assert.match(output, /chain/);
    assert.equal(host.mkfsCount(), 1);
  });

  describe("which a script that formats the first unmounted disk does not survive", () => {
    function checkForeign(): void {
      const foreign = host.device("foreign", sizeMiB);
      sh(`mkfs.ext4 -q ${foreign}`);
      const before = content(foreign);
      host.run("/usr/lib/coinfleet/volume", { "nvme-Amazon_Elastic_Block_Store_vol0aaaaaaaaaaaaaaaa": foreign });
      assert.equal(content(foreign), before);
      assert.match(host.status().why, /not attached/);
    }

    function checkRenumbered(): void {
      const blank = host.device("blank", sizeMiB);
      const before = content(blank);
      const { code, output } = host.run("/usr/lib/coinfleet/volume", { [byId]: host.device("disk", sizeMiB) });
      assert.equal(code, 0, output);
      assert.equal(content(blank), before);
    }

    for (const [name, check] of [
      ["another volume attached, and its own missing", checkForeign],
      ["a blank disk before its own", checkRenumbered],
    ] as const) {
      it(name, () => {
        check();
        host.remove();
        host = new VolumeHost();
        host.becomeNaive();
        assert.throws(check, assert.AssertionError);
      });
    }
  });
});
