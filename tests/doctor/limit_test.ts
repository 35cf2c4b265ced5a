import assert from "node:assert/strict";
import { LateError, limited } from "../../src/doctor/limit.ts";
import { versionIn } from "../../src/doctor/programs.ts";
import { run, runShell } from "../../src/process/run.ts";

const never = new AbortController().signal;

Deno.test("limited gives what is done in time, and passes errors on", async () => {
  assert.equal(await limited(never, () => Promise.resolve(1), 1000), 1);
  await assert.rejects(limited(never, () => Promise.reject(new TypeError("x")), 1000), TypeError);
});

Deno.test("limited ends a program with all that it has started", async () => {
  const start = performance.now();
  // The pipe is held by a child of the shell, which would keep its reader waiting.
  const file = await Deno.makeTempFile();
  const script = 'sleep 60 & echo $! >"$1"; wait';
  await assert.rejects(
    limited(never, (signal) => runShell(script, [file], "", signal), 300),
    (error) => error instanceof LateError && /no answer within 0\.3 s/.test(error.message),
  );
  const pid = (await Deno.readTextFile(file)).trim();
  assert.ok(performance.now() - start < 5000);
  const { success } = await new Deno.Command("sh", {
    args: [
      "-c",
      'read -r stat <"/proc/$1/stat" && case $stat in *" Z "*) exit 1 ;; esac',
      "sh",
      pid,
    ],
    stderr: "null",
  }).output();
  assert.equal(success, false, "the child of the shell is still there");
  await Deno.remove(file);
});

Deno.test("limited is given up at once when the user wants that", async () => {
  const aborting = new AbortController();
  setTimeout(() => aborting.abort(), 50);
  const start = performance.now();
  const sleeping = (signal: AbortSignal) => run("sh", ["-c", "sleep 60"], { signal });
  await assert.rejects(limited(aborting.signal, sleeping, 30_000), LateError);
  assert.ok(performance.now() - start < 5000);
});

Deno.test("versionIn finds the version in what programs print", () => {
  for (
    const [text, version] of [
      ["nix-store (Nix) 2.8.0\n", "2.8.0"],
      ["Docker version 28.2.2, build e6534b4", "28.2.2"],
      ["ctr github.com/containerd/containerd 1.6.20~ds1", "1.6.20~ds1"],
      ["QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)", "7.2.22"],
      ["GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)", "5.2.15"],
      ["*** zstd command line interface 64-bits v1.5.4, by Yann Collet ***", "1.5.4"],
      ["|__|  |__|__\\_____/\\_____/\\____| 5.1.0\n\nbuilt-in", "5.1.0"],
      ["mke2fs 1.47.0 (5-Feb-2023)", "1.47.0"],
      ["skopeo version 1.9.3", "1.9.3"],
      ["no version", undefined],
    ] as const
  ) assert.equal(versionIn(text), version);
});
