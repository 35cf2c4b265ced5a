import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ImageError } from "../../src/errors.ts";
import { findGuestParts } from "../../src/vm/guest_parts.ts";
import { findProgram } from "../../tasks/programs.ts";
import { succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const MACHINE = Deno.build.arch === "x86_64"
  ? { architecture: "amd64", qemu: "qemu-system-x86_64", package: "qemu-system-x86" } as const
  : { architecture: "arm64", qemu: "qemu-system-aarch64", package: "qemu-system-arm" } as const;

/** A host, as far as the search goes. */
class Host {
  readonly root: string;
  readonly programs: string;

  constructor({ path }: Scratch) {
    this.root = path;
    this.programs = `${path}/programs`;
  }

  write(path: string, content: string | Uint8Array = "", mode = 0o644): void {
    const file = `${this.root}/${path}`;
    Deno.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(file, bytes, { mode });
  }

  /** A kernel that has all built in, but for `modules`, each with what it needs. */
  modules(
    directory: string,
    modules: Readonly<Record<string, string>> = {},
    builtIn?: string[],
  ): void {
    builtIn ??= ["virtio_pci", "virtio_blk", "ext4", "overlay"];
    const lines = Object.entries(modules).map(([path, needs]) => `${path}: ${needs}\n`);
    this.write(`${directory}/modules.dep`, lines.join(""));
    const built = builtIn.filter((name) => !lines.some((line) => line.includes(`/${name}.ko`)));
    this.write(
      `${directory}/modules.builtin`,
      built.map((name) => `kernel/x/${name}.ko\n`).join(""),
    );
    for (const path of Object.keys(modules)) this.write(`${directory}/${path}`, path);
  }

  allPrograms(): void {
    for (const name of [MACHINE.qemu, "mke2fs"]) this.write(`programs/${name}`, "", 0o755);
    Deno.symlinkSync(findProgram("busybox")!, `${this.programs}/busybox`);
  }

  find(options: { kernel?: string; modules?: string } = {}) {
    const { root, programs } = this;
    const { architecture } = MACHINE;
    return findGuestParts({ ...options, architecture, searchPath: programs, root });
  }
}

Deno.test("findGuestParts names all that is missing in one error, with the packages", async () => {
  await using scratch = new Scratch();
  const host = new Host(scratch);
  await assert.rejects(host.find(), (error) => {
    assert.ok(error instanceof ImageError);
    assert.equal(error.message.split("\n").length, 6);
    assert.match(error.message, /\n- .*the PATH\n- .*--kernel.*\n- .*busybox.*\n- .*mke2fs\n/);
    const packages =
      `${MACHINE.package} linux-image-cloud-${MACHINE.architecture} busybox-static e2fsprogs`;
    assert.ok(error.message.endsWith(`\nOn Debian: apt-get install ${packages}`));
    return true;
  });
  host.allPrograms();
  await assert.rejects(host.find(), (error) => {
    assert.match((error as Error).message, /: apt-get install linux-image-cloud-[^ ]+$/);
    return true;
  });
});

Deno.test("findGuestParts refuses a busybox that is not static", async () => {
  await using scratch = new Scratch();
  const host = new Host(scratch);
  host.write("boot/vmlinuz-6.1.0");
  host.modules("lib/modules/6.1.0");
  host.allPrograms();
  assert.ok((await host.find()).busybox.applets.includes("insmod"));
  Deno.removeSync(`${host.programs}/busybox`);
  Deno.symlinkSync("/usr/bin/env", `${host.programs}/busybox`);
  await assert.rejects(
    host.find(),
    /- .*\/programs\/busybox is not statically linked: [^\n]*\n[^\n]* install busybox-static$/,
  );
  // A static one further on does.
  host.write("bin/busybox", Deno.readFileSync(findProgram("busybox")!), 0o755);
  await host.find();
});

Deno.test("findGuestParts takes the newest kernel that has modules, in the order of sort -V", async () => {
  await using scratch = new Scratch();
  const host = new Host(scratch);
  host.allPrograms();
  const versions = ["6.1.0-9-amd64", "6.1.0-10-amd64", "6.1.0-10-cloud-amd64", "5.15.0", "6.1"];
  versions.push("6.2~rc1", "6.10.3");
  const order = await succeed(["sort", "-V"], {
    stdin: `${versions.join("\n")}\n`,
    env: { LC_ALL: "C" },
  });
  for (const version of order.trim().split("\n")) {
    host.write(`boot/vmlinuz-${version}`);
    host.modules(`lib/modules/${version}`);
    const { kernel } = await host.find();
    assert.equal(kernel.version, version);
    assert.equal(kernel.image, `${host.root}/boot/vmlinuz-${version}`);
  }
  host.write("boot/vmlinuz-9.9.9"); // has no modules
  host.modules("lib/modules/9.9.8"); // has no image
  assert.equal((await host.find()).kernel.version, "6.10.3");
});

Deno.test("findGuestParts takes the kernel of a running NixOS, and a package's", async () => {
  await using scratch = new Scratch();
  const host = new Host(scratch);
  host.allPrograms();
  host.write("run/booted-system/kernel");
  host.modules("run/booted-system/kernel-modules/lib/modules/6.6.1");
  assert.deepEqual((await host.find()).kernel, {
    image: `${host.root}/run/booted-system/kernel`,
    version: "6.6.1",
    modules: `${host.root}/run/booted-system/kernel-modules/lib/modules/6.6.1`,
  });

  host.write("package/bzImage");
  const kernel = `${host.root}/package`, modules = `${host.root}/package-modules`;
  await assert.rejects(host.find({ kernel }), /--modules/);
  host.modules("package-modules/lib/modules/6.7.1");
  for (const choice of [{ kernel, modules }, { kernel: `${kernel}/bzImage`, modules }]) {
    const found = (await host.find(choice)).kernel;
    assert.deepEqual([found.image, found.version], [`${kernel}/bzImage`, "6.7.1"]);
  }
  host.modules("package/lib/modules/6.7.2");
  assert.equal((await host.find({ kernel })).kernel.version, "6.7.2");
  await assert.rejects(host.find({ kernel: `${kernel}/none` }), /--kernel: cannot read/);
});

Deno.test("findGuestParts lists modules in the order of insertion, decompressed", async () => {
  await using scratch = new Scratch();
  const host = new Host(scratch);
  host.allPrograms();
  host.write("boot/vmlinuz-6");
  const directory = "lib/modules/6";
  host.modules(directory, {
    "kernel/a/virtio-ring.ko.xz": "",
    "kernel/a/virtio.ko.gz": "kernel/a/virtio-ring.ko.xz",
    "kernel/a/virtio_blk.ko": "kernel/a/virtio.ko.gz kernel/a/virtio-ring.ko.xz",
    "kernel/a/ext4.ko.zst": "kernel/a/jbd2.ko",
    "kernel/a/jbd2.ko": "",
    "kernel/a/crc32c_generic.ko": "",
    "kernel/a/other.ko": "",
    "kernel/a/erofs.ko": "kernel/a/libcrc32c.ko",
    "kernel/a/libcrc32c.ko": "",
  });
  host.write(`${directory}/kernel/a/virtio.ko.gz`, gzipSync("gz"));
  for (const [name, program] of [["virtio-ring.ko.xz", "xz"], ["ext4.ko.zst", "zstd"]] as const) {
    const path = `${host.root}/${directory}/kernel/a/${name}`;
    await succeed([
      "sh",
      "-c",
      '"$2" -cq <"$1" >"$1.part" && mv "$1.part" "$1"',
      "sh",
      path,
      program,
    ]);
  }
  const text = /- xz, for [^\n]*\n- zstd, for [^\n]*\n.* install xz-utils zstd$/;
  await assert.rejects(host.find(), text);
  for (const name of ["xz", "zstd"]) {
    Deno.symlinkSync(findProgram(name)!, `${host.programs}/${name}`);
  }
  const { modules, hasErofs } = await host.find();
  assert.equal(hasErofs, true);
  const decoder = new TextDecoder();
  const found = modules.map(async (each) => [each.name, decoder.decode(await each.bytes())]);
  assert.deepEqual(await Promise.all(found), [
    ["crc32c_generic", "kernel/a/crc32c_generic.ko"],
    ["virtio-ring", "kernel/a/virtio-ring.ko.xz"],
    ["virtio", "gz"],
    ["virtio_blk", "kernel/a/virtio_blk.ko"],
    ["jbd2", "kernel/a/jbd2.ko"],
    ["ext4", "kernel/a/ext4.ko.zst"],
    ["libcrc32c", "kernel/a/libcrc32c.ko"],
    ["erofs", "kernel/a/erofs.ko"],
  ]);

  host.modules(directory);
  assert.equal((await host.find()).hasErofs, false);
  host.modules(directory, {}, ["virtio_pci", "virtio_blk", "ext4", "overlay", "erofs"]);
  assert.equal((await host.find()).hasErofs, true);

  host.modules(directory, {}, ["virtio_pci", "ext4"]);
  await assert.rejects(host.find(), /kernel 6 has no virtio_blk, overlay: /);
});

Deno.test("findGuestParts tells of a kernel that this user may not read", async () => {
  await using scratch = new Scratch();
  const host = new Host(scratch);
  host.allPrograms();
  host.write("boot/vmlinuz-6", "", 0o000);
  host.modules("lib/modules/6");
  const probe = new URL("guest_parts_probe.ts", import.meta.url).pathname;
  const message = await succeed([
    // Root is stopped by modes only without these.
    ...Deno.uid() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [],
    ...[Deno.execPath(), "run", "--allow-all", probe, host.root, host.programs],
  ]);
  assert.match(message, /\n- this user may not read \S+\/boot\/vmlinuz-6: have root run /);
  assert.doesNotMatch(message, /apt-get install.*linux-image/);
});
