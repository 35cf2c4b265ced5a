/**
 * `nix-image shell` with derivations of the real Nix, without a container.
 * @module
 */

import assert from "node:assert/strict";
import { readDerivation } from "../../src/nix_shell/inputs.ts";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { Derivations } from "../support/derivations.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const derivations = await Derivations.prepare();

/** Runs `nix-image shell`. */
async function shell(...args: string[]) {
  return await nixImage(["shell", ...args], { env: nixEnvironment() });
}

/** The spec for a derivation, and what is said besides. */
async function specOf(drv: string, ...args: string[]) {
  const { code, text, stderr } = await shell(drv, "--output", "-", ...args);
  assert.equal(code, 0, stderr);
  return { spec: JSON.parse(text), stderr };
}

/** What a derivation fails with. */
async function failure(...args: string[]): Promise<string> {
  const { code, text, stderr } = await shell(...args);
  assert.notEqual(code, 0);
  assert.equal(text, "");
  return stderr;
}

/** As `nix show-derivation` has it. */
interface Shown {
  readonly outputs: Record<string, { path?: string; hashAlgo?: string; hash?: string }>;
  readonly inputSrcs: string[];
  readonly inputDrvs: Record<string, string[]>;
  readonly system: string;
  readonly builder: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

Deno.test("readDerivation() reads what nix show-derivation shows", async () => {
  const strange = await derivations.instantiate(`build {
    name = "strange+_-.1?=";
    outputs = [ "out" "dev" "a_b" ];
    "an odd / name=\${"\\n"}" = "\\r\\t\\"\\\\ ä 漢 🎈 \${"$"}{x}";
    list = [ 1 true null hello [ ./. ] ];
    args = [ "" "\\\\" ];
  }`);
  const fixed = await derivations.instantiate(
    `build { outputHashMode = "recursive"; outputHash = "\${"0" + builtins.substring 0 51 "${
      "0".repeat(51)
    }"}"; outputHashAlgo = "sha256"; }`,
  );
  const roots = [strange, fixed, await derivations.instantiate("passAsFile")];
  const text = await succeed([
    "nix",
    "--extra-experimental-features",
    "nix-command",
    "show-derivation",
    "--recursive",
    ...roots,
  ]);
  const shown = Object.entries(JSON.parse(text) as Record<string, Shown>);
  assert.ok(shown.length >= 5);
  for (const [drv, expected] of shown) {
    const { outputs, inputs, sources, system, builder, args, environment } = readDerivation(drv);
    assert.deepEqual(
      {
        outputs: Object.fromEntries(
          Array.from(outputs, ([name, { path, hashAlgorithm, hash }]) => [
            name,
            { path, ...hash === "" ? {} : { hashAlgo: hashAlgorithm, hash } },
          ]),
        ),
        inputSrcs: sources,
        inputDrvs: Object.fromEntries(inputs),
        system,
        builder,
        args,
        env: Object.fromEntries(environment),
      },
      expected,
      drv,
    );
  }
});

Deno.test("nix-image shell builds what the derivation needs, unless it is told not to", async () => {
  const drv = await derivations.instantiate(
    `build { input = build { name = "needed"; text = "${crypto.randomUUID()}"; }; }`,
  );
  const refused = await failure(drv, "--output", "-", "--no-realise");
  const [, command = ""] =
    /^nix-image: Not in the store; run this first, or leave out --no-realise:\n {2}(.*)\n$/
      .exec(refused) ?? [];
  assert.match(command, /^nix-store --realise '\/nix\/store\/[^' ]*-needed\.drv!out'$/);
  const { spec, stderr } = await specOf(drv);
  assert.match(stderr, /^building '.*-needed\.drv'/m);
  const input = spec.config.Env.find((entry: string) => entry.startsWith("input=")).slice(6);
  assert.ok(!spec.absentStorePaths.includes(input));
  assert.equal(await Deno.readTextFile(input), "built\n");
  // The command from the message does it, too.
  await succeed(["nix-store", "--delete", input]);
  await succeed(["sh", "-c", command], { env: nixEnvironment() });
  assert.deepEqual((await specOf(drv, "--no-realise")).spec, spec);
});

Deno.test("nix-image shell tells how building failed", async () => {
  const drv = await derivations.instantiate(
    'build { input = build { name = "broken"; buildCommand = "echo it broke; exit 3"; }; }',
  );
  assert.match(
    await failure(drv, "--output", "-", "--quiet"),
    /^nix-image: nix-store --realise failed \(exit status \d+\).*not there:\n(?:.*\n)*.*it broke/,
  );
});

Deno.test("nix-image shell refuses structured attributes in nixpkgs' words", async () => {
  const drv = await derivations.instantiate("build { __structuredAttrs = true; }");
  assert.equal(
    await failure(drv, "--output", "-"),
    "nix-image: streamNixShellImage: Does not work with the derivation shell-test because it uses " +
      "__structuredAttrs\n",
  );
  await specOf(await derivations.instantiate("build { __structuredAttrs = false; }"));
});

Deno.test("nix-image shell refuses both command and run in nixpkgs' words", async () => {
  const drv = await derivations.instantiate("hello");
  const args = [drv, "--output", "-", "--command", "a", "--run", "b"];
  const { code, stderr } = await shell(...args);
  assert.equal(code, 2);
  assert.equal(stderr, "nix-image: streamNixShellImage: Can't specify both command and run\n");
});

Deno.test("nix-image shell warns of a fixed output, and refuses one of unknown place", async () => {
  const fixed = await derivations.instantiate(
    `build { outputHashMode = "recursive"; outputHash = "${
      "0".repeat(52)
    }"; outputHashAlgo = "sha256"; }`,
  );
  assert.match((await specOf(fixed)).stderr, /nobody checks its hash/);
  await using scratch = new Scratch();
  const floating = `${scratch.path}/floating.drv`;
  const text = await Deno.readTextFile(await derivations.instantiate("build { }"));
  await Deno.writeTextFile(
    floating,
    text.replace(/^Derive\(\[\("out","[^"]+","",""\)\]/, 'Derive([("out","","r:sha256","")]'),
  );
  assert.match(
    await failure(floating, "--output", "-"),
    /^nix-image: shell-test is content-addressed.*known only once it is built/,
  );
});

Deno.test("nix-image shell needs a bash of the store", async () => {
  const drv = await derivations.instantiate('build { builder = "/bin/sh"; }');
  assert.match(
    await failure(drv, "--output", "-"),
    /^nix-image: shell-test is built by \/bin\/sh, no bash of the store: give one with --shell/,
  );
  assert.match(
    await failure(drv, "--output", "-", "--shell", "/bin/bash"),
    /^nix-image: --shell: expected a file of the store, or a package with bin\/bash, found "\/bin\/bash"/,
  );
  await using scratch = new Scratch();
  const link = `${scratch.path}/result`;
  await Deno.symlink(derivations.bash, link);
  const bash = `${derivations.bash}/bin/bash`;
  for (const given of [derivations.bash, bash, link, `${link}/bin/bash`]) {
    const { spec } = await specOf(drv, "--shell", given);
    assert.equal(spec.config.Cmd[0], bash, given);
  }
});

Deno.test("nix-image shell takes what is not a derivation for an error", async () => {
  await using scratch = new Scratch();
  for (
    const [drv, message] of [
      [derivations.bash, /is no derivation: a \.drv file/],
      [scratch.path, /is no derivation: a \.drv file/],
      [scratch.spec({}), /not a derivation as Nix writes them: expected "Derive\(" at character 0/],
      [`${scratch.path}/nothing.drv`, /nothing\.drv does not exist/],
      ["/nix/store/00000000000000000000000000000000-a.drv", /-a\.drv is not there/],
    ] as const
  ) assert.match(await failure(drv, "--output", "-"), message);
  const drv = await derivations.instantiate("hello");
  assert.match(await failure(drv), /Say what to write/);
  assert.match(await failure(drv, "-o", "-", "--uid", "-1"), /Expected the number of a user/);
  assert.match(await failure(drv, "-o", "-", "--name", "a:b"), /--name: expected an image name/);
  assert.match(await failure(drv, "-o", "-", "--tag", "a:b"), /--tag: expected a tag/);
  assert.match(
    await failure(drv, "-o", "-", "--home-directory", "home"),
    /--home-directory: expected an absolute path/,
  );
});

Deno.test("nix-image shell finds a derivation behind links, and by the name of an output", async () => {
  const drv = await derivations.instantiate("hello");
  await using scratch = new Scratch();
  await Deno.symlink(drv, `${scratch.path}/hello`);
  await Deno.copyFile(drv, `${scratch.path}/copy.drv`);
  const { spec } = await specOf(drv);
  for (const other of [`${drv}!out`, `${scratch.path}/hello`, `${scratch.path}/copy.drv`]) {
    assert.deepEqual((await specOf(other)).spec, spec, other);
  }
});

Deno.test("nix-image shell makes a name for an image of any derivation's", async () => {
  for (
    const [name, expected] of [
      ["gtk+-3.0", "gtk-3.0-env"],
      ["Hello_World--1", "hello_world--1-env"],
      ["a?=b..c._d", "a-b-c-d-env"],
      ["-x", "x-env"],
    ] as const
  ) {
    const drv = await derivations.instantiate(`build { name = "${name}"; }`);
    assert.equal((await specOf(drv)).spec.name, expected);
  }
});

Deno.test("nix-image shell takes env from the coreutils among the inputs, or those that are given", async () => {
  const drv = await derivations.instantiate("hello");
  const linked = async (drv: string, ...args: string[]) => {
    const { spec, stderr } = await specOf(drv, ...args);
    const env = spec.files.find(({ path }: { path: string }) => path === "/usr/bin/env");
    return { target: env?.target, warned: /no \/usr\/bin\/env/.test(stderr) };
  };
  const target = `${derivations.coreutils}/bin/env`;
  assert.deepEqual(await linked(drv), { target, warned: false });
  const without = await derivations.instantiate(
    'derivation { name = "a"; system = "x86_64-linux"; builder = stdenv.builder; }',
  );
  assert.deepEqual(await linked(without), { target: undefined, warned: true });
  const given = ["--coreutils", derivations.coreutils];
  assert.deepEqual(await linked(without, ...given), { target, warned: false });
});

Deno.test("nix-image shell takes certificates that are given", async () => {
  const drv = await derivations.instantiate("hello");
  const cacert = await derivations.instantiate(`build {
    name = "cacert";
    buildCommand = "mkdir -p $out/etc/ssl/certs; : > $out/etc/ssl/certs/ca-bundle.crt";
  }`);
  const path = (await succeed(["nix-store", "--realise", cacert], { env: nixEnvironment() }))
    .trim();
  const { spec } = await specOf(drv, "--cacert", path);
  assert.ok(spec.config.Env.includes(`NIX_SSL_CERT_FILE=${path}/etc/ssl/certs/ca-bundle.crt`));
});

Deno.test("nix-image shell takes the closure from a file, and starts no Nix then", async () => {
  const drv = await derivations.instantiate("hook");
  const { spec } = await specOf(drv);
  await using scratch = new Scratch();
  const graph = `${scratch.path}/graph.json`;
  const roots = [derivations.bash, derivations.coreutils, ...readDerivation(drv).sources];
  const inputs = Array.from(readDerivation(drv).inputs.keys());
  const outputs = (await succeed(["nix-store", "--query", "--outputs", ...inputs])).trim();
  await Deno.writeTextFile(
    graph,
    await succeed([
      "nix",
      "--extra-experimental-features",
      "nix-command",
      "path-info",
      "--json",
      "--recursive",
      ...roots,
      ...outputs.split("\n"),
    ]),
  );
  const [program = "", ...words] = nixImageCommand();
  const deno = await succeed(["sh", "-c", `command -v ${program}`]);
  const { code, text, stderr } = await runCommand(
    [deno.trim(), ...words, "shell", drv, "--closure", graph, "--output", "-"],
    { env: { PATH: "/nowhere" } },
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(text), spec);

  // A graph that lacks something would make an image that lacks it.
  const lacking = JSON.parse(await Deno.readTextFile(graph)).filter(
    ({ path, references }: { path: string; references: string[] }) =>
      references.length === 0 && !outputs.includes(path),
  );
  await Deno.writeTextFile(graph, JSON.stringify(lacking));
  const message = await failure(drv, "--closure", graph, "--output", "-");
  assert.match(message, /graph\.json: lacks what the image needs; make the graph/);
  for (const path of [derivations.bash, ...outputs.split("\n")]) assert.ok(message.includes(path));
});

Deno.test("nix-image shell leaves no spec behind where it fails", async () => {
  await using scratch = new Scratch();
  const spec = `${scratch.path}/spec.json`;
  await failure(await derivations.instantiate("build { __structuredAttrs = true; }"), "-o", spec);
  assert.deepEqual([...Deno.readDirSync(scratch.path)], []);
});

Deno.test("nix-image shell reads derivation and inputs in a chroot store", async () => {
  const drv = await derivations.instantiate("hook");
  const { spec } = await specOf(drv);
  await using scratch = new Scratch();
  const inputs = [...readDerivation(drv).inputs.keys()];
  const outputs = (await succeed(["nix-store", "--query", "--outputs", ...inputs])).trim();
  const script = 'nix-store --export $(nix-store --query --requisites "$@") | ' +
    'nix-store --store "$store" --import';
  const store = `local?root=${scratch.path}`;
  await succeed(["bash", "-c", script, "bash", drv, ...outputs.split("\n")], {
    env: { ...nixEnvironment(), store },
  });
  const args = ["--store-root", scratch.path, "--no-realise"];
  assert.deepEqual((await specOf(drv, ...args)).spec, spec);
  assert.deepEqual((await specOf(scratch.path + drv, ...args)).spec, spec);
  assert.match(await failure(drv, "-o", "-", "--store-root", "/nowhere"), /no store there/);
});

Deno.test("nix-image shell gives a shell that captures its output a script, too", async () => {
  const drv = await derivations.instantiate("hello");
  await using scratch = new Scratch();
  const env = { ...nixEnvironment(), XDG_CACHE_HOME: scratch.path };
  const script = 'path=$("$@" --stream --tag 1 --quiet) && "$path" | tar --list | tail -n 1';
  const command = ["bash", "-c", script, "bash", ...nixImageCommand(), "shell", drv];
  assert.equal(await succeed(command, { env }), "manifest.json\n");
});
