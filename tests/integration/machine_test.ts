import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { processesWith, runToEnd } from "../support/machines.ts";
import { succeed } from "../support/program.ts";

/** Says what it has of clock, memory and disks. */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
echo @alive
for module in $(cat /modules/order); do
  insmod /modules/$module.ko || echo "@error insmod $module"
done
echo "| date $(date -u +%Y-%m-%dT%H:%M)"
echo "| memory $(($(sed -n 's/^MemTotal: *\\([0-9]*\\) .*/\\1/p' /proc/meminfo) / 1024 / 50 * 50))"
echo "| vda $(head -c 4 /dev/vda)"
echo "| vdb $(head -c 4 /dev/vdb)"
echo gone | dd of=/dev/vdb conv=fsync 2>/dev/null && echo "| written to vdb"
printf new. | dd of=/dev/vda 2>/dev/null
sync
echo @done
poweroff -f
`;

const MODULES = [
  "virtio/virtio_ring",
  "virtio/virtio",
  "virtio/virtio_pci_modern_dev",
  "virtio/virtio_pci_legacy_dev",
  "virtio/virtio_pci",
  "block/virtio_blk",
];

/** The newest kernel that has its modules here. */
function newestKernel(): string {
  const versions = [...Deno.readDirSync("/lib/modules")].map(({ name }) => name)
    .filter((name) => existsSync(`/boot/vmlinuz-${name}`)).sort();
  const version = versions.at(-1);
  assert.ok(version, "a kernel is installed");
  return version;
}

Deno.test("runMachine() runs a real machine, whether KVM works or not", async () => {
  await inDirectory(async (directory) => {
    const version = newestKernel();
    const root = `${directory}/root`;
    makeFiles(root, {
      init: INIT,
      "modules/order": MODULES.map((path) => path.split("/").at(-1)).join("\n"),
      bin: null,
      dev: null,
      proc: null,
    });
    Deno.chmodSync(`${root}/init`, 0o755);
    Deno.copyFileSync("/bin/busybox", `${root}/bin/busybox`);
    for (const path of MODULES) {
      const from = `/lib/modules/${version}/kernel/drivers/${path}.ko`;
      Deno.copyFileSync(from, `${root}/modules/${path.split("/").at(-1)}.ko`);
    }
    const initramfs = `${directory}/initramfs`;
    await succeed(["sh", "-c", `cd ${root} && find . | cpio --quiet -o -H newc >${initramfs}`]);

    const disks = [
      { file: `${directory}/a, b: c=d`, readOnly: false },
      { file: `${directory}/two`, readOnly: true },
    ];
    const verdictFile = `${directory}/verdict`;
    const run = async (accel: "auto" | "tcg", clock: number) => {
      Deno.writeTextFileSync(`${directory}/a, b: c=d`, "one.".padEnd(1 << 20));
      Deno.writeTextFileSync(`${directory}/two`, "two.".padEnd(1 << 20));
      const told = await runToEnd({
        machine: {
          qemu: "qemu-system-x86_64",
          kernel: `/boot/vmlinuz-${version}`,
          initramfs,
          disks,
          memory: 256,
          clock,
        },
        options: { accel, verdictFile, silence: 120 },
      });
      assert.deepEqual(processesWith(directory), []);
      assert.deepEqual(told.at(-1), ["done"], JSON.stringify(told));
      assert.equal(Deno.readTextFileSync(`${directory}/a, b: c=d`).slice(0, 4), "new.");
      assert.equal(Deno.readTextFileSync(`${directory}/two`).slice(0, 4), "two.");
      return told;
    };
    const expected = (date: string) => [
      ["output", `date ${date}\n`],
      ["output", "memory 200\n"],
      ["output", "vda one.\n"],
      ["output", "vdb two.\n"],
      ["done"],
    ];

    assert.deepEqual(await run("tcg", 1), expected("1970-01-01T00:00"));
    // Where KVM does not work, one warning comes first.
    const first = await run("auto", Date.UTC(2031, 6, 5, 4, 3) / 1000);
    const warnings = first.filter(([kind]) => kind === "warning");
    assert.ok(warnings.length <= 1);
    assert.deepEqual(first.slice(warnings.length), expected("2031-07-05T04:03"));
    const second = await run("auto", 1);
    // A host that has no KVM is told of each time; one that was seen to hang is not tried again.
    if (existsSync(verdictFile)) assert.equal(second.length, 5);
    assert.deepEqual(second.slice(-5), expected("1970-01-01T00:00"));
  });
});
