import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { ProgramError, run, start } from "../../src/process/run.ts";

/** Runs `use` with another value of an environment variable. */
async function withVariable(
  name: string,
  value: string,
  use: () => Promise<void>,
): Promise<void> {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    await use();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

Deno.test("run() fails with the command, its status and what it said", async () => {
  const path = "/nix/store/00000000000000000000000000000000-unknown";
  await assert.rejects(run("nix-store", ["--dump", `/nowhere${path}`]), (error) => {
    assert.ok(error instanceof ProgramError);
    assert.match(
      error.message,
      new RegExp(
        `^nix-store --dump /nowhere${path} failed \\(exit status 1\\):\\n  error: .*No such file`,
      ),
    );
    return true;
  });
});

Deno.test("run() fails as the program does that leaves its input unread", async () => {
  const stdin = "x".repeat(4 << 20);
  await assert.rejects(run("nix-store", ["--nonsense"], { stdin }), ProgramError);
});

Deno.test("run() gives a program the environment that is asked for, and no other", async () => {
  const version = (environment: Record<string, string>) =>
    run("nix-store", ["--version"], { environment });
  await withVariable("NIX_CONFIG", "inherited", async () => {
    assert.match(await version({}), /^nix-store/);
    await assert.rejects(version({ NIX_CONFIG: "given" }), /'given'/);
  });
});

Deno.test("run() shortens a long command in its error", async () => {
  const args = ["--nonsense", ...Array.from({ length: 9 }, (_, index) => `${index}`)];
  await assert.rejects(
    run("nix-store", args),
    /^ProgramError: nix-store --nonsense 0 1 2 3 … \(10 arguments\) failed \(exit status 1\):\n/,
  );
});

Deno.test("run() tells what to install when the program is not there", async () => {
  await withVariable("PATH", "/nowhere", async () => {
    await assert.rejects(run("nix-store", ["--version"]), (error) => {
      assert.ok(error instanceof ImageError);
      assert.equal(
        error.message,
        "Cannot run nix-store: install Nix (Debian: apt-get install nix-bin), " +
          "or give the closure with --closure",
      );
      return true;
    });
  });
});

Deno.test("start() gives the output as it comes and then the status", async () => {
  const good = start("nix-store", ["--version"]);
  assert.match(await new Response(good.stdout).text(), /^nix-store/);
  await good.finished();
  const bad = start("nix-store", ["--nonsense"]);
  assert.equal(await new Response(bad.stdout).text(), "");
  await assert.rejects(bad.finished(), ProgramError);
});

Deno.test("start() can be stopped while the program runs, and after it", async () => {
  const running = start("nix-store", ["--serve"]);
  await running.stdout.cancel();
  await running.stop();
  await running.stop();
});
