import assert from "node:assert/strict";
import { shellSpec } from "../../src/nix_shell/shell_spec.ts";
import type { Derivation } from "../../src/store/derivation.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { load } from "../support/specs.ts";
import { storePath } from "../support/store_paths.ts";

const BASH = storePath("bash", "b"), INPUT = storePath("input", "c"), LIB = storePath("lib", "d");
const OUT = storePath("app", "f"), DOC = storePath("app-doc", "g"), OTHER = storePath("other", "h");
const SHELL = `${BASH}/bin/bash`;

function derivation(environment: Record<string, string>): Derivation {
  const known = (path: StorePath) => ({ path, hashAlgorithm: "", hash: "" });
  return {
    outputs: new Map([["out", known(OUT)], ["doc", known(DOC)]]),
    inputs: new Map(),
    sources: [],
    system: "aarch64-linux",
    builder: SHELL,
    args: ["-e", `${INPUT}/builder`],
    environment: new Map(Object.entries({ out: OUT, doc: DOC, ...environment })),
  };
}

async function specOf(environment: Record<string, string>, options = {}) {
  const { spec, warnings } = await load(shellSpec(derivation(environment), {
    name: "app-env",
    tag: null,
    uid: 12,
    gid: 34,
    homeDirectory: "/home",
    shell: SHELL,
    command: null,
    env: undefined,
    certificates: undefined,
    compressor: undefined,
    known: new Set([BASH, INPUT, LIB]),
    ...options,
  }));
  assert.deepEqual(warnings, []);
  return spec;
}

Deno.test("shellSpec() is a spec of the derivation's platform, user and environment", async () => {
  const spec = await specOf({ a: "1" }, { tag: "t", compressor: "zstd" });
  assert.deepEqual(
    [spec.name, spec.tag, spec.architecture, spec.compressor],
    ["app-env", "t", "arm64", "zstd"],
  );
  const { User, WorkingDir, Cmd, Env } = spec.config;
  assert.deepEqual([User, WorkingDir], ["12:34", "/build"]);
  assert.deepEqual(Cmd, [SHELL, "--rcfile", "/usr/lib/nix-shell/rc"]);
  assert.ok(Array.isArray(Env) && Env.includes("a=1") && Env.includes(`out=${OUT}`));
  assert.ok(Env.includes(`PATH=${BASH}/bin:/usr/lib/nix-shell/bin`));
  assert.deepEqual(spec.fakeNss.extraPasswdLines, ["nixbld:x:12:34:Build user:/home:/noshell"]);
  assert.deepEqual(spec.fakeNss.extraGroupLines, ["nixbld:!:34:"]);
  assert.deepEqual(spec.helpers, ["fakeNss"]);
});

Deno.test("shellSpec() lets run and command start the shell differently", async () => {
  const cmd = async (how: string) => (await specOf({}, { command: { how, text: "x" } })).config.Cmd;
  assert.deepEqual(await cmd("run"), [SHELL, "/usr/lib/nix-shell/rc"]);
  assert.deepEqual(await cmd("command"), [SHELL, "--rcfile", "/usr/lib/nix-shell/rc"]);
});

Deno.test("shellSpec() gives the user what Nix writes to, and nothing else", async () => {
  const { files } = await specOf({ passAsFile: "a", a: "text" }, { env: `${INPUT}/bin/env` });
  const owned = files.filter(({ uid, gid }) => uid === 12 && gid === 34).map(({ path }) => path);
  assert.deepEqual(
    owned,
    ["/nix", "/nix/store", "/nix/var", "/nix/var/nix", "/etc/nix", "/build"],
  );
  const others = files.filter(({ uid, gid }) => uid === undefined && gid === undefined);
  assert.equal(owned.length + others.length, files.length);
  const targets = files.flatMap((file) =>
    file.type === "symlink" ? [[file.path, file.target]] : []
  );
  assert.deepEqual(targets, [["/bin/sh", SHELL], ["/usr/bin/env", `${INPUT}/bin/env`]]);
});

Deno.test("shellSpec() leaves out outputs, and what is mentioned without being an input", async () => {
  const { absentStorePaths } = await specOf({
    flags: `--prefix=${OUT} --lib=${LIB}/lib. ${OTHER}`,
    passAsFile: "text",
    text: `${storePath("in-file", "i")}/share`,
  });
  assert.deepEqual(absentStorePaths, [OUT, DOC, OTHER, storePath("in-file", "i")]);
  // Even if the store happens to have the outputs, and something brings them along.
  const known = new Set([BASH, INPUT, OUT]);
  assert.deepEqual((await specOf({}, { known })).absentStorePaths, [OUT, DOC]);
});
