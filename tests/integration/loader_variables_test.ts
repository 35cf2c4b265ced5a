import assert from "node:assert/strict";
import { NO_LOADER_VARIABLES } from "../../src/process/loader_variables.ts";
import { run } from "../../src/process/run.ts";
import { ImageError } from "../../src/errors.ts";

// With scoped permissions, as the program has them, Deno is strict about such variables.
const permissions: Deno.PermissionOptions = { run: ["sh"], env: true };

Deno.test({
  name: "programs start under each of the usual loader variables, which mean nothing to them",
  permissions,
  async fn() {
    const names = Object.keys(NO_LOADER_VARIABLES);
    try {
      for (const name of names) Deno.env.set(name, "1");
      const printed = await run("sh", ["-c", "/bin/echo $LD_LIBRARY_PATH $LD_PRELOAD done 2>&1"]);
      assert.equal(printed, "done\n");
    } finally {
      for (const name of names) Deno.env.delete(name);
    }
  },
});

Deno.test({
  name: "another loader variable ends in an error that says what to leave out",
  permissions,
  async fn() {
    try {
      Deno.env.set("LD_SHOW_AUXV", "1");
      await assert.rejects(run("sh", ["-c", "true"]), (error) => {
        assert.ok(error instanceof ImageError);
        assert.equal(
          error.message,
          "Cannot run sh while LD_SHOW_AUXV is set; leave it out: env -u LD_SHOW_AUXV nix-image …",
        );
        return true;
      });
    } finally {
      Deno.env.delete("LD_SHOW_AUXV");
    }
  },
});
