import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { inDirectory } from "../support/directories.ts";
import {
  type MachineRun,
  processesWith,
  runToEnd,
  startMachine,
  type Told,
} from "../support/machines.ts";

const QEMU = `qemu-system-${Deno.build.arch as "x86_64"}` as const;

/** What came of a run with a script in QEMU's place. */
interface StubRun {
  readonly told: Told[];
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** The accelerators that QEMU was started with. */
  readonly tried: string;
}

/** Writes a program in QEMU's place that notes the accelerator, as $accel, and does `script`. */
function stub(directory: string, script: string, options: Partial<MachineRun["options"]>) {
  const programs = `${directory}/bin`;
  Deno.mkdirSync(programs, { recursive: true });
  const text = `#!/bin/sh
for word; do
  if [ "$before" = -accel ]; then accel=$word; fi
  before=$word
done
echo "$accel" >>'${directory}/tried'
. '${programs}/script'
`;
  const program = `${programs}/${QEMU}`;
  // Another file would be taken for another version.
  if (!existsSync(program)) Deno.writeTextFileSync(program, text, { mode: 0o755 });
  Deno.writeTextFileSync(`${programs}/script`, script);
  const machine = {
    qemu: QEMU,
    kernel: `${directory}/kernel`,
    initramfs: `${directory}/initramfs`,
    disks: [],
    memory: 64,
    clock: 1,
  };
  return { machine, options: { accel: "tcg", silence: 30, ...options }, programs } as const;
}

async function runIn(
  directory: string,
  script: string,
  options: Partial<MachineRun["options"]> = {},
): Promise<StubRun> {
  const run = stub(directory, script, options);
  const start = performance.now();
  const told = await runToEnd(run);
  const seconds = (performance.now() - start) / 1000;
  assert.deepEqual(processesWith(directory), [], "no process is left");
  const tried = Deno.readTextFileSync(`${directory}/tried`);
  Deno.removeSync(`${directory}/tried`);
  assert.deepEqual(
    [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name !== "kvm"),
    ["bin"],
    "no file is left",
  );
  return { told, seconds, tried: tried.trim().replaceAll("\n", " ") };
}

async function withStub(
  script: string,
  options: Partial<MachineRun["options"]>,
  look: (run: StubRun) => void,
): Promise<void> {
  await inDirectory(async (directory) => look(await runIn(directory, script, options)));
}

/** Fails unless the run ended in an error that says all of `parts`. */
function assertError({ told }: StubRun, ...parts: string[]): void {
  const [kind, message] = told.at(-1) ?? [];
  assert.equal(kind, "error", JSON.stringify(told));
  for (const part of parts) assert.ok(String(message).includes(part), `${message}\n: ${part}`);
}

const SAY_DONE = String.raw`printf '@alive\r\n| hello\r\n@exit runAsRoot 0\r\n@done\r\n'`;

Deno.test("runMachine() passes on what the guest says", async () => {
  const script = String.raw`
printf 'BIOS\r\n@alive\r\n@phase run'
sleep 0.1
printf 'AsRoot\r\n| eins\r\n|   zwei\303'
sleep 0.1
printf '\244 @done\r\n| \r\n@exit runAsRoot 0\r\n@done\r\n'`;
  await withStub(script, {}, ({ told, tried }) => {
    assert.deepEqual(told, [
      ["phase", "runAsRoot"],
      ["output", "eins\n"],
      ["output", "  zweiä @done\n"],
      ["output", "\n"],
      ["done"],
    ]);
    assert.equal(tried, "tcg");
  });
});

Deno.test("runMachine() ends a guest that is done and does not power off", async () => {
  await withStub(`${SAY_DONE}; exec sleep 300`, {}, ({ told, seconds }) => {
    assert.deepEqual(told.at(-1), ["done"]);
    assert.ok(seconds < 20, `${seconds} s`);
  });
});

Deno.test("runMachine() ends a machine that says nothing", async () => {
  await withStub("sleep 300; true", { silence: 1 }, (run) => {
    assertError(run, "has said nothing for 1 seconds", "--vm-timeout");
    assert.ok(run.seconds < 10, `${run.seconds} s`);
  });
});

Deno.test("runMachine() ends a guest that falls silent, and shows its last lines", async () => {
  const script = String.raw`
seq -f '| line %g' 100
printf '@alive\r\n| \033[31mlast\033[0m words\r\n'
trap '' TERM INT HUP
while :; do sleep 300; done`;
  await withStub(script, { silence: 1 }, (run) => {
    assertError(run, "nothing for 1 seconds", "  line 82\n", "  �[31mlast�[0m words");
    assert.ok(!String(run.told.at(-1)?.[1]).includes("line 81\n"), "no more than 20 lines");
    assert.ok(run.seconds < 10, `${run.seconds} s`);
  });
});

Deno.test("runMachine() tells why QEMU ended at once", async () => {
  await withStub(String.raw`printf 'qemu: no such \033[1mthing\n' >&2; exit 3`, {}, (run) => {
    assertError(run, "QEMU ended before", "(exit status 3)", "  qemu: no such �[1mthing");
  });
});

Deno.test("runMachine() tells of a QEMU that ends before the guest is done", async () => {
  await withStub(String.raw`printf '@alive\r\n| working\r\n'; exit 0`, {}, (run) => {
    assertError(run, "QEMU ended before the virtual machine was done (exit status 0)", "  working");
  });
  await withStub(String.raw`printf '@alive\r\n'; kill -KILL $$`, {}, (run) => {
    assertError(run, "(ended by SIGKILL)", "buildVMMemorySize");
  });
});

Deno.test("runMachine() tells of a kernel that panics", async () => {
  const script = String.raw`
printf '@alive\r\n| Kernel panic: is what I look for\r\n'
printf '[    1.2] Kernel panic - not syncing: Attempted to kill init!\r\n[    1.3] Rebooting\r\n'
exec sleep 300`;
  await withStub(script, {}, (run) => {
    assertError(run, "kernel gave up: Kernel panic - not syncing", "Attempted", "Rebooting");
    assert.ok(run.seconds < 20, `${run.seconds} s`);
  });
});

Deno.test("runMachine() tells of a script that fails, and of a full disk instead", async () => {
  const fail = String.raw`printf '@alive\r\n| sh: no such thing\r\n@exit runAsRoot 42\r\n'`;
  await withStub(fail, {}, (run) => {
    assert.deepEqual(run.told.slice(0, 2), [
      ["output", "sh: no such thing\n"],
      ["script", "runAsRoot", 42],
    ]);
    assertError(run, "runAsRoot failed with exit status 42:\n  sh: no such thing");
  });
  await withStub(`${fail}; echo @full; echo @done`, {}, (run) => {
    assertError(run, "disk is full", "diskSize");
  });
  await withStub("echo @alive; echo '@error Cannot mount vda'; echo @done", {}, (run) => {
    assertError(run, "failed: Cannot mount vda");
  });
});

Deno.test("runMachine() survives lines without end and bytes that are no text", async () => {
  const script = String.raw`
printf '@alive\r\n| '
yes x | tr -d '\n' | head -c 3000000
printf '\r\n| \377\376\000\r\n'
head -c 3000000 /dev/zero
head -c 1000000 /dev/urandom
printf '\r\n@done\r\n'`;
  await withStub(script, {}, ({ told }) => {
    assert.deepEqual(told.at(-1), ["done"]);
    const output = told.filter(([kind]) => kind === "output").map(([, text]) => `${text}`).join("");
    assert.ok(output.startsWith(`${"x".repeat(3_000_000)}\n\ufffd\ufffd\0\n`));
    const longest = Math.max(...told.map(([, text]) => `${text}`.length));
    assert.ok(longest < 100_000, `${longest} characters at once`);
  });
});

Deno.test("runMachine() goes from KVM to TCG where the guest does not start, and remembers", async () => {
  await inDirectory(async (directory) => {
    const script = `if [ "$accel" = kvm ]; then sleep 300; fi\n${SAY_DONE}`;
    const options = { accel: "auto", silence: 1, verdictFile: `${directory}/kvm/verdict` } as const;
    const first = await runIn(directory, script, options);
    assert.equal(first.tried, "kvm tcg");
    assert.deepEqual(first.told.map(([kind]) => kind), ["warning", "output", "done"]);
    assert.match(`${first.told[0]?.[1]}`, /^KVM does not work here \(.*1 seconds\)[^\n]*$/);

    const second = await runIn(directory, script, options);
    assert.equal(second.tried, "tcg");
    assert.deepEqual(second.told.map(([kind]) => kind), ["output", "done"]);

    // Repaired, and shown to be.
    const forced = await runIn(directory, SAY_DONE, { ...options, accel: "kvm" });
    assert.equal(forced.tried, "kvm");
    const third = await runIn(directory, SAY_DONE, options);
    assert.equal(third.tried, "kvm");
    assert.deepEqual(third.told.map(([kind]) => kind), ["output", "done"]);
  });
});

Deno.test("runMachine() asks again after a day whether KVM works, and reads past a damaged file", async () => {
  await inDirectory(async (directory) => {
    const verdictFile = `${directory}/kvm/verdict`;
    const script = `if [ "$accel" = kvm ]; then echo "Kernel panic"; exit; fi\n${SAY_DONE}`;
    const options = { accel: "auto", verdictFile } as const;
    assert.equal((await runIn(directory, script, options)).tried, "kvm tcg");
    const kept: Record<string, number> = JSON.parse(Deno.readTextFileSync(verdictFile));
    const old = Object.entries(kept).map(([host, at]) => [host, at - 25 * 3600 * 1000]);
    Deno.writeTextFileSync(verdictFile, JSON.stringify(Object.fromEntries(old)));
    assert.equal((await runIn(directory, script, options)).tried, "kvm tcg");
    Deno.writeTextFileSync(verdictFile, "{");
    assert.equal((await runIn(directory, SAY_DONE, options)).tried, "kvm");
  });
});

Deno.test("runMachine() goes from KVM to TCG where QEMU refuses it, without remembering", async () => {
  await inDirectory(async (directory) => {
    const refuse = `if [ "$accel" = kvm ]; then echo 'Could not access KVM' >&2; exit 1; fi\n`;
    const options = { accel: "auto", verdictFile: `${directory}/kvm/verdict` } as const;
    for (const _ of [1, 2]) {
      const { told, tried } = await runIn(directory, refuse + SAY_DONE, options);
      assert.equal(tried, "kvm tcg");
      assert.match(`${told[0]?.[1]}`, /^KVM does not work here \(Could not access KVM\)[^\n]*$/);
      assert.deepEqual(told.at(-1), ["done"]);
    }
  });
});

Deno.test("runMachine() does not start a guest again that has started", async () => {
  await withStub(String.raw`printf '@alive\r\n'; exit 1`, { accel: "auto" }, (run) => {
    assert.equal(run.tried, "kvm");
    assertError(run, "QEMU ended before");
  });
  await withStub("echo 'no such kernel' >&2; exit 1", { accel: "auto" }, (run) => {
    assert.equal(run.tried, "kvm tcg");
    assert.deepEqual(run.told.map(([kind]) => kind), ["error"], "nothing of KVM");
    assertError(run, "no such kernel");
  });
});

Deno.test("runMachine() keeps to KVM if asked to", async () => {
  await withStub("sleep 300", { accel: "kvm", silence: 1 }, (run) => {
    assert.equal(run.tried, "kvm");
    assertError(run, "does not start under KVM", "1 seconds", "--accel tcg");
  });
  await withStub("echo 'Could not access KVM' >&2; exit 1", { accel: "kvm" }, (run) => {
    assert.equal(run.tried, "kvm");
    assertError(run, "(exit status 1)", "--accel tcg", "  Could not access KVM");
  });
});

Deno.test("runMachine() says what to install if there is no QEMU", async () => {
  await inDirectory(async (directory) => {
    const { machine, options } = stub(directory, "", {});
    const qemu = QEMU === "qemu-system-x86_64" ? "qemu-system-aarch64" : "qemu-system-x86_64";
    const told = await runToEnd({ machine: { ...machine, qemu }, options });
    assert.match(`${told}`, /^error,Cannot run qemu-system-\w+: install it \(Debian: apt-get/);
  });
});

Deno.test("A machine ends with the program, also by SIGKILL, whatever it is doing", async () => {
  const script = String.raw`printf '@alive\r\n| go\r\n'; trap '' TERM INT HUP`;
  const busy = `${script}\nwhile :; do printf '| noise'; done`;
  const silent = `${script}\nwhile :; do sleep 300; done`;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
    for (const script of [busy, silent]) {
      await inDirectory(async (directory) => {
        const child = startMachine(stub(directory, script, {}));
        const reader = child.stdout.getReader();
        await reader.read();
        const rest = drain(reader);
        assert.notDeepEqual(processesWith(`${directory}/bin`), []);
        child.kill(signal);
        await child.status;
        const deadline = performance.now() + (signal === "SIGKILL" ? 5000 : 200);
        while (processesWith(directory).length > 0 && performance.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        assert.deepEqual(processesWith(directory), [], signal);
        await rest;
      });
    }
  }
});

async function drain(reader: ReadableStreamDefaultReader): Promise<void> {
  while (!(await reader.read()).done);
}
