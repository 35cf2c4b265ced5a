/**
 * `doctor` and `version` on real hosts: one that has all, and some that lack much.
 * @module
 */

import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { findProgram } from "../../tasks/programs.ts";
import { makeFiles } from "../support/directories.ts";
import { Docker } from "../support/dockerd.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { htpasswdLine, startRegistry } from "../support/registries.ts";
import { Scratch } from "../support/scratch.ts";
import { buildFixtures } from "../support/nix_paths.ts";

interface Found {
  readonly schemaVersion: number;
  readonly ok: boolean;
  readonly required: readonly string[];
  readonly program: Readonly<Record<string, unknown>>;
  readonly uses: Readonly<Record<string, { works: boolean; lacks: readonly string[] }>>;
  readonly checks: readonly {
    readonly group: string;
    readonly name: string;
    readonly status: string;
    readonly version: string | null;
    readonly path: string | null;
    readonly message: string;
    readonly usedBy: readonly string[];
    readonly remedies: readonly string[];
    readonly facts: Readonly<Record<string, unknown>>;
  }[];
}

const docker = new Docker();
Deno.test.beforeAll(async () => {
  await docker.start();
  await buildFixtures("message");
});
Deno.test.afterAll(() => docker.stop());

/** What `doctor --json` found, and its exit status. */
async function examined(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  before: readonly string[] = [],
) {
  const command = [...before, ...nixImageCommand(), "doctor", "--json", ...args];
  const start = performance.now();
  const { code, text, stderr } = await runCommand(command, { env });
  assert.equal(stderr, "");
  const found: Found = JSON.parse(text);
  const seconds = (performance.now() - start) / 1000;
  const check = (name: string) => {
    const [only, ...others] = found.checks.filter((each) => each.name === name);
    assert.ok(only && others.length === 0, name);
    return only;
  };
  return { code, found, check, seconds };
}

Deno.test("doctor finds all that is there, and that it works", async () => {
  await using scratch = new Scratch();
  const { code, found, check } = await examined([], {
    ...docker.env,
    XDG_CACHE_HOME: scratch.path,
  });
  assert.equal(code, 0);
  assert.deepEqual([found.schemaVersion, found.ok, found.required], [1, true, ["stream"]]);
  const { uses } = found;
  for (
    const name
      of "stream build push load docker shell pull fromImage extraCommands fakeRootCommands \
runAsRoot enableFakechroot".split(/\s+/)
  ) assert.deepEqual(uses[name], { works: true, lacks: [] }, name);

  const printed = await succeed(["nix-store", "--version"]);
  assert.equal(`nix-store (Nix) ${check("nix-store").version}\n`, printed);
  assert.equal(check("nix-store").path, findProgram("nix-store"));
  assert.ok(Number(check("nix-store").facts["closure"]) > 0);
  const server = await docker.docker("version", "--format", "{{.Server.Version}}");
  const { facts } = check("docker");
  assert.deepEqual([facts["version"], facts["storage"]], [server.trim(), "overlay2"]);
  const skopeo = await succeed(["skopeo", "--version"]);
  assert.ok(skopeo.includes(check("skopeo").version ?? "none"));
  const release = check("kernel").version ?? "none";
  assert.ok(await Deno.stat(`/lib/modules/${release}/modules.dep`));
  const df = await succeed(["df", "--output=avail", "--block-size=1", scratch.path]);
  const free = Number(df.split("\n")[1]), said = Number(check("cache").facts["freeBytes"]);
  assert.ok(Math.abs(free - said) < 1e9, `${free} ${said}`);
  // Nothing stays.
  assert.deepEqual(Array.from(Deno.readDirSync(scratch.path)), []);
});

Deno.test("doctor tells what to install where the PATH has nothing", async () => {
  await using scratch = new Scratch();
  const env = { PATH: scratch.path, HOME: `${scratch.path}/none`, XDG_CACHE_HOME: "" };
  const { code, found, check } = await examined([], env);
  assert.equal(code, 1);
  assert.equal(found.ok, false);
  assert.deepEqual(found.uses["stream"], { works: false, lacks: ["nix-store"] });
  // A closure from a file is enough.
  assert.deepEqual(found.uses["closure"], { works: true, lacks: [] });
  for (const name of ["nix-store", "docker", "podman", "containerd", "skopeo", "pigz", "sh"]) {
    assert.equal(check(name).status, "missing", name);
    assert.match(check(name).remedies.join(), /^apt-get install \S+,nix profile install nixpkgs#/);
  }
  for (const name of ["load", "pull", "fakeRootCommands", "runAsRoot"]) {
    assert.equal(found.uses[name]?.works, false, name);
  }
  const closure = await runCommand(
    [...nixImageCommand(), "doctor", "--quiet", "--require", "closure"],
    { env },
  );
  assert.deepEqual([closure.code, closure.text, closure.stderr], [0, "", ""]);
});

Deno.test("doctor does not wait for daemons that are silent", async () => {
  await using scratch = new Scratch();
  const path = `${scratch.path}/silent`;
  using listener = Deno.listen({ transport: "unix", path });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  const env = { DOCKER_HOST: `unix://${path}`, CONTAINERD_ADDRESS: path };
  const { code, check, found, seconds } = await examined(["--require", "load"], env);
  assert.ok(connections.length > 0);
  assert.ok(seconds < 15, `${seconds} s`);
  assert.equal(code, 1);
  assert.match(check("docker").message, /^no answer within 5\.0 s; load gives it half a minute/);
  assert.equal(check("docker").status, "failed");
  assert.equal(check("containerd").status, "failed");
  assert.deepEqual(found.uses["load"], { works: false, lacks: ["docker"] });
  const left = await runCommand(["grep", "-lszF", `unix://${path}`, ...environments()]);
  assert.equal(left.text, "", "a client is still there");
  for (const connection of connections) connection.close();
  listener.close();
  await accepting.catch(() => {});
});

function environments(): string[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => name)
    .filter((name) => /^\d+$/.test(name)).map((name) => `/proc/${name}/environ`);
}

Deno.test("doctor asks a registry whether it takes the credentials", async () => {
  await using scratch = new Scratch();
  const htpasswd = `${scratch.path}/htpasswd`;
  Deno.writeTextFileSync(htpasswd, await htpasswdLine("ann", "open-sesame"));
  await using registry = await startRegistry({ htpasswd });
  const authFile = (password: string) => {
    const path = `${scratch.path}/auth-${password.length}.json`;
    const auth = btoa(`ann:${password}`);
    Deno.writeTextFileSync(path, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    return path;
  };
  const ask = (password: string, name = "") =>
    examined([`docker://${registry.host}${name}`, "--require", "push"], {
      REGISTRY_AUTH_FILE: authFile(password),
    });

  const right = await ask("open-sesame", "/team/app");
  assert.equal(right.code, 0);
  assert.deepEqual(right.check("registry").facts, {
    host: registry.host,
    repository: "team/app",
    tls: false,
    wantsLogin: true,
    hasCredentials: true,
    allowed: true,
  });
  assert.deepEqual(right.check("auth-file").facts["registries"], [registry.host]);
  assert.doesNotMatch(JSON.stringify(right.found), /sesame|YW5u/i);

  const wrong = await ask("open-barley");
  assert.equal(wrong.code, 1);
  assert.match(wrong.check("registry").message, /does not take the credentials \(401\)/);
  assert.deepEqual(wrong.found.uses["push"], { works: false, lacks: ["registry"] });
  assert.doesNotMatch(JSON.stringify(wrong.found), /barley|YW5u/i);

  const { code, text } = await nixImage(["doctor", registry.host, "--require", "push", "--quiet"], {
    env: { REGISTRY_AUTH_FILE: "", HOME: scratch.path },
  });
  assert.equal(code, 1);
  assert.match(text, /wants a login, and\s+there are no\s+credentials/);
  assert.match(text, /skopeo login 127\.0\.0\.1/);
});

Deno.test("doctor names helpers that are not there, and proxies without their passwords", async () => {
  await using scratch = new Scratch();
  makeFiles(scratch.path, {
    "docker/config.json": JSON.stringify({
      credsStore: "not-here",
      credHelpers: { "gcr.example": "here" },
    }),
    "bin/docker-credential-here": "#!/bin/sh\n",
  });
  Deno.chmodSync(`${scratch.path}/bin/docker-credential-here`, 0o755);
  const { check, code } = await examined([], {
    DOCKER_CONFIG: `${scratch.path}/docker`,
    XDG_RUNTIME_DIR: "",
    PATH: `${scratch.path}/bin:${Deno.env.get("PATH")}`,
    HTTPS_PROXY: "http://ann:sesame@proxy.example:3128",
    NO_PROXY: "localhost",
    http_proxy: "socks5://proxy.example",
  });
  assert.equal(code, 0);
  const file = check("auth-file");
  assert.equal(file.status, "failed");
  assert.deepEqual(file.facts["missingHelpers"], ["docker-credential-not-here"]);
  assert.deepEqual(file.facts["helpers"], [
    "docker-credential-here",
    "docker-credential-not-here",
  ]);
  assert.equal(check("HTTPS_PROXY").message, "http://proxy.example:3128/");
  assert.equal(check("http_proxy").status, "failed");
});

Deno.test("doctor finds a cache that can't be written, and a full disk", async () => {
  await using scratch = new Scratch();
  const cache = `${scratch.path}/cache`, full = `${scratch.path}/full`;
  makeFiles(scratch.path, { "cache/nix-image/digests": null, full: null });
  Deno.chmodSync(`${cache}/nix-image/digests`, 0o555);
  await succeed(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", full]);
  try {
    await runCommand(["dd", "if=/dev/zero", `of=${full}/all`, "bs=64k", "count=1"]);
    // Root is stopped by modes only without these.
    const asUser = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
    const { check, found, code } = await examined([], {
      XDG_CACHE_HOME: cache,
      TMPDIR: full,
    }, asUser);
    assert.equal(code, 1);
    assert.equal(check("cache").status, "failed");
    assert.match(check("cache").message, /cannot write \S+\/nix-image\/digests: /);
    assert.match(check("temporary").message, /cannot write \S+\/full: .*[Nn]o space left/);
    assert.deepEqual(found.uses["stream"], { works: false, lacks: ["temporary"] });
  } finally {
    await succeed(["umount", full]);
  }
});

Deno.test("doctor looks at the store that --store-root names", async () => {
  await using scratch = new Scratch();
  const none = await examined(["--store-root", scratch.path]);
  assert.equal(none.code, 1);
  assert.equal(none.check("store").status, "missing");
  const own = `${scratch.path}/own`;
  const file = `${scratch.path}/file`;
  Deno.writeTextFileSync(file, "content");
  await succeed(["nix-store", "--store", `local?root=${own}`, "--add", file]);
  const { code, check } = await examined(["--store-root", own]);
  assert.equal(code, 0);
  assert.equal(check("store").path, `${own}/nix/store`);
  assert.deepEqual([check("store").facts["paths"], check("nix-store").facts["closure"]], [1, 1]);
});

Deno.test("doctor --deep starts a machine", async () => {
  await using scratch = new Scratch();
  const { code, check } = await examined(["--deep", "--require", "runAsRoot", "--accel", "tcg"], {
    XDG_CACHE_HOME: scratch.path,
    TMPDIR: scratch.path,
  });
  assert.equal(code, 0);
  assert.equal(check("machine").facts["accelerator"], "tcg");
  assert.deepEqual(Array.from(Deno.readDirSync(scratch.path)), []);
});

Deno.test("doctor refuses what is wrong on the command line", async () => {
  for (
    const [args, message] of [
      [["--require", "flying"], /Expected one of stream, build/],
      [["docker://alpine"], /no registry: expected HOST or HOST\/NAME/],
      [["--json", "--quiet"], /--json and --quiet/],
    ] as const
  ) {
    const { code, stderr, text } = await nixImage(["doctor", ...args]);
    assert.equal(code, 2);
    assert.match(stderr, message);
    assert.equal(text, "");
  }
});

Deno.test("version prints what --version does, and JSON", async () => {
  const [plain, option, json] = await Promise.all(
    [["version"], ["--version"], ["version", "--json"]].map((args) => nixImage(args)),
  );
  assert.equal(plain?.code, 0);
  assert.equal(plain?.text, option?.text);
  const facts = JSON.parse(json?.text ?? "");
  assert.equal(facts.version, denoJson.version);
  assert.equal(facts.name, "nix-image");
  assert.ok(plain?.text.startsWith(facts.version));
  assert.equal(plain?.text.includes("("), facts.commit !== null);
  assert.match(await Deno.readTextFile("docs/format.md"), /\*\*Format version: 1\*\*/);
  assert.deepEqual(facts.formatVersions, [1]);
  const machine = (await succeed(["uname", "-m"])).trim();
  assert.equal(facts.target, `${machine}-unknown-linux-gnu`);
});
