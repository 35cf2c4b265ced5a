/**
 * What `--verbose` says of runs.
 * @module
 */

import assert from "node:assert/strict";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { nixImage } from "../support/program.ts";
import { htpasswdLine, startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";

const { hello } = await buildFixtures("hello");
const paths = await closureOf(hello);

/** A time since the start, and what was to be said. */
const DETAIL = /^\[ *(?:\d+ ms|\d+\.\d{3} s)\] (.*)$/;

function detailsIn(stderr: string): string[] {
  return stderr.split("\n").flatMap((line) => DETAIL.exec(line)?.[1] ?? []);
}

Deno.test("stream --verbose tells of programs, the closure, layers and times, and writes the same", async () => {
  await using scratch = new Scratch();
  const cache = `${scratch.path}/cache`;
  const spec = scratch.spec({
    name: "verbose",
    tag: "1",
    contents: [hello],
    extraCommands: "mkdir made; exit 0",
  });
  const env = { XDG_CACHE_HOME: cache };
  const { code, stdout, stderr } = await nixImage(["stream", "-v", spec], { env });
  assert.equal(code, 0, stderr);
  const plain = await nixImage(["stream", spec], { env });
  assert.deepEqual(stdout, plain.stdout);
  assert.deepEqual(detailsIn(plain.stderr), []);
  const details = detailsIn(stderr);
  const says = (pattern: RegExp) =>
    assert.ok(details.some((detail) => pattern.test(detail)), `${pattern}\n${stderr}`);
  says(/^nix-image \d+\.\d+\.\d+.*, Deno \d+\.\d+\.\d+, linux\//);
  says(new RegExp(`^caches: ${cache}/nix-image$`));
  says(/^ran nix-store --query --requisites \/nix\/store\/.*: exit status 0, \d/);
  says(/^ran sh extraCommands: exit status 0, \d/);
  says(new RegExp(`^closure: ${paths.length} store paths?, .*, from nix-store$`));
  for (let layer = 1; layer <= paths.length + 1; layer++) {
    says(new RegExp(`^layer ${layer}/${paths.length + 1}: sha256:[0-9a-f]{64}, .*, written$`));
  }
  assert.match(details.at(-1) ?? "", /^times: start .*, spec .*, plan .*, layers /);
});

Deno.test("a run that fails tells of its programs and times, too", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({ name: "fails", extraCommands: "exit 7" });
  const { code, stderr } = await nixImage(["stream", "-v", spec]);
  assert.equal(code, 1);
  assert.ok(
    detailsIn(stderr).some((detail) => /^ran sh extraCommands: exit status 7,/.test(detail)),
  );
  assert.match(stderr, /\] times: .*\nnix-image: extraCommands failed/);
});

Deno.test("push --verbose tells what became of layers, and nothing of credentials", async () => {
  await using scratch = new Scratch();
  const [user, password] = ["tester", "wörd: $(1)"];
  const htpasswd = `${scratch.path}/htpasswd`;
  Deno.writeTextFileSync(htpasswd, await htpasswdLine(user, password));
  await using registry = await startRegistry({ htpasswd });
  const spec = scratch.spec({ name: "secret", tag: "1", contents: [hello] });
  const env = { XDG_CACHE_HOME: `${scratch.path}/cache`, NO_PROXY: "*" };
  const access = ["--tls-verify=false", "--username", user, "--password-stdin", "-v"];
  const secrets = [password, btoa(unescape(encodeURIComponent(`${user}:${password}`)))];
  const run = async (...args: string[]) => {
    const { code, stderr } = await nixImage([...args, ...access], { env, stdin: password });
    assert.equal(code, 0, stderr);
    for (const secret of secrets) assert.ok(!stderr.includes(secret));
    return detailsIn(stderr);
  };
  const push = () => run("push", spec, `docker://${registry.host}/app:1`);
  const layers = (details: string[], what: string) =>
    details.filter((detail) => detail.startsWith("layer ") && detail.includes(what)).length;
  assert.equal(layers(await push(), ": pushed, "), paths.length + 1);
  const again = await push();
  assert.equal(layers(again, ": there already, "), paths.length + 1);
  assert.equal(layers(again, "known from an earlier run"), paths.length + 1);
  const pulled = await run("pull", `${registry.host}/app:1`, "-o", `${scratch.path}/pulled`);
  assert.ok(pulled.some((detail) => detail.startsWith("ran skopeo ")), pulled.join("\n"));
});
