import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { helperCredentials } from "../../src/registry/credential_helper.ts";

/** Runs a test with a `docker-credential-test` on the PATH that does this. */
async function withHelper(script: string, test: () => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const path = Deno.env.get("PATH") ?? "";
  const file = `${directory}/docker-credential-test`;
  Deno.writeTextFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  Deno.env.set("PATH", `${directory}:${path}`);
  try {
    await test();
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a helper is asked for a server, on its standard input", async () => {
  const script = `[ "$1" = get ] || exit 3
printf '{"ServerURL":"%s","Username":"ann","Secret":"pass of %s"}' "$(cat)" here`;
  await withHelper(script, async () => {
    assert.deepEqual(await helperCredentials("test", "reg.example"), {
      username: "ann",
      password: "pass of here",
    });
  });
  await withHelper(`echo '{"Username":"<token>","Secret":"t"}'`, async () => {
    assert.deepEqual(await helperCredentials("test", "reg.example"), { refreshToken: "t" });
  });
});

Deno.test("a helper may have nothing, and what it fails with is no one's to see", async () => {
  await withHelper("echo credentials not found in native keychain; exit 1", async () => {
    assert.equal(await helperCredentials("test", "reg.example"), undefined);
  });
  const shows = /docker-credential-test gives no credentials for reg\.example/;
  for (
    const script of [
      "echo secret; exit 1",
      'echo \'{"Secret":"secret"}\'',
      "echo secret >&2; exit 2",
    ]
  ) {
    await withHelper(script, async () => {
      await assert.rejects(helperCredentials("test", "reg.example"), (error: Error) => {
        assert.ok(error instanceof ImageError);
        assert.match(error.message, shows);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });
  }
  await assert.rejects(helperCredentials("none-such", "reg.example"), ImageError);
  await assert.rejects(helperCredentials("../x", "reg.example"), /can not be/);
});
