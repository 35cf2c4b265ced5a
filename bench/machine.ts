/**
 * What `runAsRoot` costs besides the script, without KVM: `deno task bench:machine`.
 *
 * Each round times, one after the other, the bare boot of the kernel, with an init that powers the
 * machine off at once, and `nix-image build` of an empty script without a base image. Ratios are of
 * the times of one round, as other work on the host changes from round to round.
 */

import { nixImageCommand } from "../tests/support/program.ts";
import { cpioArchive } from "../src/vm/cpio.ts";
import { qemuArguments } from "../src/vm/command_line.ts";
import { findGuestParts } from "../src/vm/guest_parts.ts";
import { type Figures, measure, median } from "./figures.ts";

const ROUNDS = Number(Deno.args[0] ?? 5);
const MIB = 1 << 20;

const INIT = "#!/busybox sh\n/busybox poweroff -f\n";

const work = await Deno.makeTempDir({ prefix: "nix-image-bench-" });
try {
  const architecture = Deno.build.arch === "aarch64" ? "arm64" : "amd64";
  const searchPath = Deno.env.get("PATH") ?? "";
  const { qemu, kernel, busybox } = await findGuestParts({ architecture, searchPath });
  const bare = cpioArchive([
    { path: "dev", kind: "directory" },
    { path: "dev/console", kind: "character-device", major: 5, minor: 1 },
    { path: "busybox", kind: "file", content: busybox.bytes, executable: true },
    { path: "init", kind: "file", content: new TextEncoder().encode(INIT), executable: true },
  ]);
  const initramfs = `${work}/initramfs`;
  await Deno.writeFile(initramfs, bare);
  const spec = `${work}/spec.json`;
  await Deno.writeTextFile(
    spec,
    JSON.stringify({ name: "bench", tag: "v1", type: "single", runAsRoot: ":" }),
  );
  const machine = { qemu, kernel: kernel.image, initramfs, disks: [], memory: 512, clock: 1 };
  const building = [...nixImageCommand(), "build", "--quiet", "--accel", "tcg"];
  const contenders: Record<string, string[]> = {
    "bare boot": [qemu, ...qemuArguments(machine, "tcg")],
    "empty runAsRoot": [...building, "-o", `${work}/image`, spec],
  };
  const figures: Record<string, Figures> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, command] of Object.entries(contenders)) {
      const kept = figures[name] ??= { seconds: [], peak: [] };
      // The first round warms the page cache.
      await measure(command, round === 0 ? { seconds: [], peak: [] } : kept);
    }
  }

  console.log(`${qemu}, kernel ${kernel.version}, ${ROUNDS} rounds, medians`);
  for (const [name, { seconds, peak }] of Object.entries(figures)) {
    const range = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
    const memory = `peak ${(Math.max(...peak) / MIB).toFixed(0)} MiB`;
    console.log(`${name.padEnd(22)} ${median(seconds).toFixed(2)} s (${range}), ${memory}`);
  }
  const boots = figures["bare boot"]!.seconds;
  const ratios = figures["empty runAsRoot"]!.seconds.map((value, round) => value / boots[round]!);
  console.log(`${median(ratios).toFixed(2).padStart(7)} times the bare boot (at most 3)`);
} finally {
  await Deno.remove(work, { recursive: true });
}
