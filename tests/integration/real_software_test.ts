/**
 * Real software in a container: the files of Debian packages as store paths.
 * @module
 */

import assert from "node:assert/strict";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures, debianClosure } from "../support/nix_paths.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

Deno.test("git, curl, Node.js and gcc run in an image of their closure", async () => {
  await using scratch = new Scratch();
  const { coreutils } = await buildFixtures("coreutils");
  const closure = await debianClosure("git", "curl", "nodejs", "gcc", "libc6-dev");
  const spec = scratch.spec({
    name: "real-software",
    tag: "latest",
    // Debian's gcc looks for its parts, which are spread over packages, in /usr.
    contents: [coreutils, ...closure],
    config: { Env: ["PATH=/bin:/usr/bin"], WorkingDir: "/" },
  });
  const image = await docker.load(spec);

  assert.match(await docker.run(image, "git", "--version"), /^git version \d/);
  assert.match(await docker.run(image, "curl", "--version"), /^curl \d.*libcurl/);
  assert.equal(await docker.run(image, "node", "-e", "console.log(6 * 7)"), "42\n");
  const compile = `
    echo 'int printf(const char *, ...); int main() { return printf("compiled %d\\n", 6 * 7) < 0; }' > main.c
    gcc -static -o main main.c && ./main`;
  assert.equal(await docker.run(image, "sh", "-ec", compile), "compiled 42\n");
});
