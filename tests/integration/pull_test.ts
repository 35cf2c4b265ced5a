/**
 * Images out of registries, with Debian's docker-registry on loopback and skopeo as the oracle.
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { sha256Of } from "../../src/image/image.ts";
import { mergedUsrRoot } from "../support/base_images.ts";
import { startRegistry, type TestRegistry, USER } from "../support/docker_registry.ts";
import { Docker } from "../support/dockerd.ts";
import { skopeoFacts, skopeoManifestDigest } from "../support/engines.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
let registry: TestRegistry, closed: TestRegistry;
const scratch = new Scratch();
/** Of every run: keeps images apart from those of who runs the tests. */
const env = {
  XDG_CACHE_HOME: `${scratch.path}/cache`,
  REGISTRY_AUTH_FILE: "",
};
/** Layouts of one image for each platform. */
const layouts: Record<string, string> = {};
let indexDigest = "";

const PLAIN = "--tls-verify=false";

Deno.test.beforeAll(async () => {
  await docker.start();
  registry = await startRegistry();
  closed = await startRegistry({ tls: true, login: true });
  const root = await mergedUsrRoot(scratch.path);
  for (const platform of ["amd64", "arm64", "armv7l"]) {
    const spec = scratch.spec({
      name: "base",
      tag: platform,
      contents: [root],
      architecture: platform,
      config: { Env: [`BUILT_FOR=${platform}`], Cmd: ["cat", "/etc/base"] },
    });
    const layout = layouts[platform] = `${scratch.path}/${platform}.oci`;
    await succeed([...nixImageCommand(), "build", "-q", "--format", "oci", "-o", layout, spec]);
    await copy(`oci:${layout}:${platform}`, `docker://${registry.host}/base:${platform}`);
  }
  await copy(
    `oci:${layouts.amd64}:amd64`,
    `docker://${registry.host}/base:schema2`,
    "--format=v2s2",
  );
  await copy(
    `oci:${layouts.amd64}:amd64`,
    `docker://${closed.host}/team/base:1`,
    `--dest-creds=${USER.name}:${USER.password}`,
  );
  indexDigest = await pushIndex("base:all", ["arm64", "amd64", "armv7l"]);
});

Deno.test.afterAll(async () => {
  await docker.stop();
  await registry?.[Symbol.asyncDispose]();
  await closed?.[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

async function copy(from: string, to: string, ...options: string[]): Promise<void> {
  await succeed([
    ...["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"],
    ...options,
    from,
    to,
  ]);
}

const VARIANTS: Record<string, object> = {
  amd64: { architecture: "amd64" },
  arm64: { architecture: "arm64", variant: "v8" },
  armv7l: { architecture: "arm", variant: "v7" },
};

/** Pushes an index of what is there under these tags, and returns its digest. */
async function pushIndex(name: string, tags: readonly string[]): Promise<string> {
  const manifests = await Promise.all(tags.map(async (tag) => {
    const raw = await fetchManifest(`base/manifests/${tag}`);
    return {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: sha256Of(raw),
      size: raw.length,
      platform: { os: "linux", ...VARIANTS[tag] },
    };
  }));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const text = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
  const [repository, tag] = name.split(":");
  const response = await fetch(`http://${registry.host}/v2/${repository}/manifests/${tag}`, {
    method: "PUT",
    headers: { "content-type": mediaType },
    body: text,
  });
  await response.body?.cancel();
  assert.equal(response.status, 201);
  return sha256Of(new TextEncoder().encode(text));
}

async function fetchManifest(path: string): Promise<Uint8Array> {
  const response = await fetch(`http://${registry.host}/v2/${path}`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
  });
  return await response.bytes();
}

function pull(name: string, output: string, ...options: string[]) {
  return nixImage(["pull", `${registry.host}/${name}`, "-o", output, PLAIN, ...options], { env });
}

async function pulled(name: string, ...options: string[]): Promise<string> {
  const output = `${scratch.path}/pulled-${crypto.randomUUID()}`;
  const { code, stderr } = await pull(name, output, ...options);
  assert.equal(code, 0, stderr);
  return output;
}

async function digestOf(tag: string): Promise<string> {
  return sha256Of(await fetchManifest(`base/manifests/${tag}`));
}

/** What a command that fails says. */
async function failure(args: readonly string[], status = 1): Promise<string> {
  const before = names(scratch.path);
  const { code, text, stderr } = await nixImage(args, { env });
  assert.equal(code, status, stderr);
  assert.equal(text, "");
  assert.doesNotMatch(stderr, /^\s+at /m);
  // Nothing is left behind.
  assert.deepEqual(names(scratch.path), before);
  return stderr;
}

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name !== "cache")
    .sort();
}

Deno.test("scenario 15: a pulled image is loaded under its final name and tag, and runs", async () => {
  const digest = await digestOf("amd64");
  const archive = await pulled(
    "base",
    ...["--digest", digest, "--final-name", "nixos/nix", "--final-tag", "2.2.1"],
  );
  const loaded = await docker.docker("load", "--input", archive);
  assert.equal(loaded.trim(), "Loaded image: nixos/nix:2.2.1");
  assert.equal(await docker.run("nixos/nix:2.2.1"), "base\n");
  const { Id } = await docker.inspect("nixos/nix:2.2.1");
  assert.equal(Id, (await skopeoFacts(`oci:${layouts.amd64}:amd64`)).id);
});

Deno.test("the archive has the bytes that skopeo writes, whatever the manifest's type", async () => {
  for (const tag of ["amd64", "schema2"]) {
    const theirs = `${scratch.path}/skopeo-${tag}.tar`;
    await succeed([
      ...["skopeo", "--insecure-policy", "copy", "--quiet", "--src-tls-verify=false"],
      `docker://${registry.host}/base:${tag}`,
      `docker-archive:${theirs}:final/name:tag`,
    ]);
    const bytes = await Deno.readFile(theirs);
    const options = ["--final-name", "final/name", "--final-tag", "tag"];
    const ours = await pulled(`base:${tag}`, ...options);
    assert.ok(Deno.readFileSync(ours).every((byte, index) => byte === bytes[index]));
    assert.equal((await Deno.stat(ours)).size, bytes.length);
    // Nix's own program says what the hash is, in all its notations.
    const sum = (form: string[]) =>
      succeed(["nix-hash", "--flat", "--type", "sha256", ...form, theirs]);
    const base16 = (await sum([])).trim();
    const base32 = (await sum(["--base32"])).trim();
    const sri = `sha256-${Buffer.from(base16, "hex").toString("base64")}`;
    for (const hash of [base16, base32, sri, sri.replace("-", ":")]) {
      await pulled(`base:${tag}`, "--hash", hash, ...options);
    }
    const prefetched = await nixImage(
      ["prefetch", `${registry.host}/base:${tag}`, PLAIN, "-q", "--json", ...options],
      { env },
    );
    assert.equal(JSON.parse(prefetched.text).hash, sri);
  }
});

Deno.test("of an index, the platform decides; names of all kinds name it", async () => {
  for (
    const [options, tag] of [
      [["--arch", "aarch64"], "arm64"],
      [["--arch", "arm64v8"], "arm64"],
      [["--arch", "x86_64-linux"], "amd64"],
      [["--arch", "arm/v7"], "armv7l"],
      [["--arch", "arm", "--variant", "7"], "armv7l"],
    ] as const
  ) {
    for (const name of ["base:all", `base@${indexDigest}`]) {
      const archive = await pulled(name, ...options);
      const facts = await skopeoFacts(`docker-archive:${archive}`);
      const expected = await skopeoFacts(`oci:${layouts[tag]}:${tag}`);
      assert.deepEqual(facts, expected, options.join(" "));
    }
  }
  const name = `${registry.host}/base:all`;
  for (
    const [options, platform] of [
      [["--arch", "riscv64"], "linux/riscv64"],
      [["--os", "windows", "--arch", "amd64"], "windows/amd64"],
    ] as const
  ) {
    const none = await failure(["pull", name, "-o", `${scratch.path}/x`, PLAIN, ...options]);
    assert.ok(
      none.includes(
        `has no image for ${platform}. There is: linux/arm64/v8, linux/amd64, `,
      ),
      none,
    );
  }
});

Deno.test("as an OCI layout or archive, an image has the manifest that the registry has", async () => {
  for (const tag of ["arm64", "schema2"]) {
    const expected = await skopeoManifestDigest(`oci:${layouts.arm64}:arm64`);
    // Skopeo finds no manifest of Docker's type by a name.
    const name = tag === "schema2" ? "" : `:${tag}`;
    for (const format of ["oci", "oci-archive"]) {
      const output = await pulled(
        `base:${tag}`,
        "--format",
        format,
        "--arch",
        tag === "arm64" ? "arm64" : "amd64",
      );
      const digest = await skopeoManifestDigest(`${format}:${output}${name}`);
      const raw = await succeed([
        ...["skopeo", "inspect", "--raw", "--tls-verify=false"],
        `docker://${registry.host}/base:${tag}`,
      ]);
      assert.equal(digest, sha256Of(new TextEncoder().encode(raw)));
      if (tag === "arm64") assert.equal(digest, expected);
      await succeed([...nixImageCommand(), "check", "-q", output]);
    }
  }
});

Deno.test("what is wrong is told, and nothing is left behind", async () => {
  const host = registry.host;
  const output = ["-o", `${scratch.path}/none.tar`];
  const zeros = `sha256:${"0".repeat(64)}`;
  for (const name of ["base:none", "none:1", `base@${zeros}`]) {
    const said = await failure(["pull", `${host}/${name}`, PLAIN, ...output]);
    assert.ok(said.startsWith(`nix-image: Cannot get ${host}/${name} from its registry: `), said);
    assert.match(said, /manifest unknown/);
  }
  const hash = `sha256-${btoa("x".repeat(32))}`;
  const wrong = await failure(["pull", `${host}/base:amd64`, PLAIN, ...output, "--hash", hash]);
  assert.ok(
    wrong.includes(`specified: ${hash}`) && /got: {7}sha256-[\w+/]{43}=/.test(wrong),
    wrong,
  );
  assert.match(
    await failure(["pull", `${host}/base:amd64`, ...output]),
    /HTTP response to HTTPS client\n {2}the registry speaks no TLS: --tls-verify=false/,
  );
  // Nobody listens on port 1.
  assert.match(await failure(["pull", "127.0.0.1:1/base", ...output]), /connection refused/);
  const other = ["--arch", "arm64"];
  assert.match(
    await failure(["pull", `${host}/base:amd64`, PLAIN, ...output, ...other]),
    /is for linux\/amd64 alone, not for linux\/arm64/,
  );
  const missing = `${scratch.path}/no/x.tar`;
  assert.match(await failure(["pull", `${host}/base:amd64`, PLAIN, "-o", missing]), /no directory/);
});

Deno.test("a registry that sends another manifest than it was asked for is caught", async () => {
  const manifest = await fetchManifest("base/manifests/amd64");
  const sent = sha256Of(manifest), asked = `sha256:${"1".repeat(64)}`;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) =>
      url.endsWith("/v2/") ? new Response() : new Response(manifest.slice(), {
        headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" },
      }),
  );
  const name = `127.0.0.1:${server.addr.port}/base@${asked}`;
  const said = await failure(["pull", name, PLAIN, "-o", `${scratch.path}/lied.tar`]);
  assert.ok(said.includes(sent) && said.includes(asked), said);
});

Deno.test("credentials come from an auth file or from standard input, certificates from a directory", async () => {
  const name = `${closed.host}/team/base:1`;
  const output = `${scratch.path}/closed.tar`;
  const trusted = ["pull", name, "-o", output, "--cert-dir", closed.certDir];
  const login = ["--username", USER.name, "--password-stdin"];
  const piped = await nixImage([...trusted, ...login], { env, stdin: `${USER.password}\n` });
  assert.equal(piped.code, 0, piped.stderr);
  const authfile = `${scratch.path}/auth.json`;
  const auth = new TextEncoder().encode(`${USER.name}:${USER.password}`).toBase64();
  await Deno.writeTextFile(authfile, JSON.stringify({ auths: { [closed.host]: { auth } } }));
  for (
    const [args, more] of [[["--authfile", authfile], {}], [[], {
      REGISTRY_AUTH_FILE: authfile,
    }]] as const
  ) {
    const { code, stderr } = await nixImage([...trusted, ...args], { env: { ...env, ...more } });
    assert.equal(code, 0, stderr);
  }
  const denied = await nixImage([...trusted, ...login], { env, stdin: "wrong-secret" });
  assert.equal(denied.code, 1);
  assert.match(denied.stderr, /unauthorized|authentication required/);
  assert.doesNotMatch(denied.stderr, /wrong-secret|d3Jvbmctc2VjcmV0/);
  assert.match(await failure(trusted), /log in \(skopeo login HOST\) or give --authfile/);
  assert.match(
    await failure(["pull", name, "-o", output + "2", "--authfile", authfile]),
    /x509.*\n {2}name a directory .* --cert-dir/,
  );
});

Deno.test("prefetch prints what pullImage wants, of the platform's own image", async () => {
  const name = `${registry.host}/base:all`;
  const options = ["prefetch", name, PLAIN, "-q", "--arch", "aarch64", "--final-name", "b"];
  const { text, code, stderr } = await nixImage(options, { env });
  assert.equal(code, 0, stderr);
  const attributes = JSON.parse(
    await succeed(["nix-instantiate", "--eval", "--strict", "--json", "-"], { stdin: text }),
  );
  const digest = await digestOf("arm64");
  const archive = await pulled("base:all", "--arch", "arm64", "--final-name", "b");
  const base16 = (await succeed(["nix-hash", "--flat", "--type", "sha256", archive])).trim();
  const hash = `sha256-${Buffer.from(base16, "hex").toString("base64")}`;
  const facts = { imageDigest: digest, hash, finalImageName: "b", finalImageTag: "all" };
  assert.deepEqual(attributes, { imageName: `${registry.host}/base`, ...facts });
  const json = JSON.parse((await nixImage([...options, "--json"], { env })).text);
  assert.deepEqual(json, {
    schemaVersion: 1,
    ...attributes,
    os: "linux",
    arch: "arm64",
    variant: null,
    indexDigest,
    manifestDigest: digest,
  });
});

Deno.test("pull --locked pulls what prefetch has locked, whatever the tag stands for since", async () => {
  await pushIndex("base:moving", ["arm64", "amd64"]);
  const lock = `${scratch.path}/nix-image.lock`;
  const name = `${registry.host}/base:moving`;
  const locked = ["pull", "--lock", lock, PLAIN, name, "-o", `${scratch.path}/locked.tar`];
  assert.match(await failure(locked), /nix-image\.lock has no .*base:moving for linux\/amd64: /);
  const platforms = ["arm64", "amd64"];
  const runs = await Promise.all(
    platforms.map((arch) =>
      nixImage(["prefetch", "--lock", lock, PLAIN, "-q", "--arch", arch, name], { env })
    ),
  );
  assert.deepEqual(runs.map(({ code }) => code), [0, 0]);
  const before = await Deno.readTextFile(lock);
  await pushIndex("base:moving", ["armv7l"]);
  const { code, stderr } = await nixImage([...locked, "--arch", "aarch64"], { env });
  assert.equal(code, 0, stderr);
  const facts = await skopeoFacts(`docker-archive:${scratch.path}/locked.tar`);
  assert.deepEqual(facts, await skopeoFacts(`oci:${layouts.arm64}:arm64`));
  assert.equal(await Deno.readTextFile(lock), before);
  assert.deepEqual(
    JSON.parse(before).images.map(({ platform }: { platform: string }) => platform),
    ["linux/amd64", "linux/arm64"],
  );
});

Deno.test("a pull that is ended leaves nothing behind", async () => {
  await using temporary = new Scratch();
  let asked = () => {};
  const reached = new Promise<void>((resolve) => asked = resolve);
  const stopped = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    signal: stopped.signal,
  }, () => {
    asked();
    return new Promise<Response>((resolve) =>
      stopped.signal.addEventListener("abort", () => resolve(new Response()))
    );
  });
  const [program = "", ...args] = nixImageCommand();
  const child = new Deno.Command(program, {
    args: [
      ...[...args, "pull", PLAIN, `127.0.0.1:${server.addr.port}/base`],
      ...["-o", `${temporary.path}/x`],
    ],
    env: { ...env, TMPDIR: temporary.path },
    stdout: "null",
    stderr: "null",
  }).spawn();
  await reached;
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 143);
  assert.deepEqual(names(temporary.path), []);
  stopped.abort();
  await server.finished;
});

Deno.test("skopeo is said to be missing", async () => {
  const empty = { ...env, PATH: `${scratch.path}/none` };
  const { stderr, code } = await runCommand(
    [...nixImageCommand(), "pull", "alpine", "-o", `${scratch.path}/no.tar`],
    { env: empty },
  );
  assert.equal(code, 1);
  assert.match(stderr, /Cannot run skopeo: install it/);
});
