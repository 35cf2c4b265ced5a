/**
 * Real software in a container: the files of Debian packages as store paths.
 * @module
 */

import assert from "node:assert/strict";
import { Docker } from "../support/dockerd.ts";
import { debianClosure } from "../support/debian_closure.ts";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

Deno.test("git, curl, Node.js and gcc run in an image of their closure", async () => {
  await using scratch = new Scratch();
  const { coreutils } = await buildFixtures("coreutils");
  const roots = await debianClosure(["git", "curl", "nodejs", "gcc", "libc6-dev"]);
  const closure = await closureOf(...roots);
  const spec = scratch.spec({
    name: "real-software",
    tag: "latest",
    // The parts of Debian's gcc are spread over packages, which come together in /usr.
    contents: [coreutils, ...closure],
    config: { Env: ["PATH=/bin:/usr/bin", "GCC_EXEC_PREFIX=/usr/lib/gcc/"], WorkingDir: "/" },
  });
  const image = await docker.load(spec);

  assert.match(await docker.run(image, "git", "--version"), /^git version \d/);
  assert.match(await docker.run(image, "curl", "--version"), /^curl \d.*libcurl/);
  assert.equal(await docker.run(image, "node", "-e", "console.log(6 * 7)"), "42\n");
  const compile = `
    cat > main.c <<'END'
    #include <stdio.h>
    int main(void) { printf("compiled %d\\n", 6 * 7); return 0; }
END
    gcc -static -o main main.c
    ./main`;
  assert.equal(await docker.run(image, "sh", "-ec", compile), "compiled 42\n");
});
