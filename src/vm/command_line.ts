/**
 * The command line of QEMU.
 * @module
 */

/** A machine to run. */
export interface Machine {
  readonly qemu: "qemu-system-aarch64" | "qemu-system-x86_64";
  /** The files of kernel and initramfs. */
  readonly kernel: string;
  readonly initramfs: string;
  /** Raw disks: the first is the guest's vda. */
  readonly disks: readonly { readonly file: string; readonly readOnly: boolean }[];
  /** In MiB. */
  readonly memory: number;
  /** What the guest's clock starts at, in seconds since 1970. */
  readonly clock: number;
}

/** How instructions of the guest are carried out: by the processor, or by QEMU itself. */
export type Accelerator = "kvm" | "tcg";

/** The arguments for {@linkcode Machine.qemu}. */
export function qemuArguments(machine: Machine, accelerator: Accelerator): string[] {
  const { kernel, initramfs, disks, memory, clock } = machine;
  const start = new Date(clock * 1000).toISOString().slice(0, "2000-01-01T00:00:00".length);
  return [
    ...["-nodefaults", "-no-user-config", "-no-reboot"],
    ...["-display", "none", "-monitor", "none", "-serial", "stdio"],
    ...platform(machine, accelerator),
    ...["-m", `${memory}`, "-rtc", `base=${start},clock=vm`],
    ...["-kernel", kernel, "-initrd", initramfs, "-append", kernelParameters(machine)],
    ...disks.flatMap(({ file, readOnly }) => [
      "-drive",
      // Not file=, in which a colon has a meaning. Nobody needs the disk once the host is down.
      `if=virtio,format=raw,cache=unsafe,readonly=${readOnly ? "on" : "off"},` +
      `file.driver=file,file.filename=${file.replaceAll(",", ",,")}`,
    ]),
  ];
}

function platform({ qemu }: Machine, accelerator: Accelerator): string[] {
  const kvm = accelerator === "kvm";
  return qemu === "qemu-system-aarch64"
    // Without the option, TCG spends half its time on computing pointer authentication.
    ? [
      ...["-M", "virt,gic-version=max", "-accel", accelerator],
      ...["-cpu", kvm ? "host" : "max,pauth-impdef=on"],
    ]
    : ["-M", "pc", "-accel", accelerator, "-cpu", kvm ? "host" : "max"];
}

function kernelParameters({ qemu }: Machine): string {
  return [
    ...qemu === "qemu-system-aarch64"
      ? ["console=ttyAMA0"]
      // Where the host has much to do, the check finds that the timer is broken, and panics.
      : ["console=ttyS0", "no_timer_check"],
    "quiet",
    // A panic is a reset, at which QEMU ends.
    "panic=-1",
    "oops=panic",
    // The self-tests of its cryptography take a seventh of the time that the kernel starts in.
    "cryptomgr.notests",
  ].join(" ");
}
