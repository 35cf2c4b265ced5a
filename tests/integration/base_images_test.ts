/**
 * Images on images that others made: what is chosen, what is kept, what is refused.
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { builtArchive, dockerBase } from "../support/base_images.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const paths = await buildFixtures("busybox", "coreutils", "hello");

/** The error of a build that has to fail and to leave nothing. */
async function buildError(scratch: Scratch, spec: Record<string, unknown>): Promise<string> {
  const output = `${scratch.path}/not-there.tar`;
  const file = scratch.spec({ name: "x", tag: "1", ...spec });
  const { code, stderr } = await nixImage(["build", "--quiet", "--output", output, file]);
  assert.notEqual(code, 0);
  assert.equal(existsSync(output), false);
  assert.doesNotMatch(stderr, /defect/);
  return stderr;
}

Deno.test("name, tag and platform choose the base among several images, and errors list them", async () => {
  await using scratch = new Scratch();
  await dockerBase(docker, scratch, "example.org/team/many:old", "ENV WHICH=old");
  await dockerBase(docker, scratch, "many:new", "ENV WHICH=new");
  const path = `${scratch.path}/both.tar`;
  await docker.docker("save", "--output", path, "example.org/team/many:old", "many:new");
  const chosen = async (choice: Record<string, unknown>) => {
    const spec = scratch.spec({ name: "chosen", tag: "1", fromImage: path, ...choice });
    return (await docker.inspect(await docker.load(spec))).Config.Env;
  };
  assert.deepEqual(await chosen({ fromImage: { path, tag: "old" } }), ["WHICH=old"]);
  assert.deepEqual(await chosen({ fromImage: { path, name: "docker.io/library/many" } }), [
    "WHICH=new",
  ]);
  assert.deepEqual(await chosen({ fromImageName: "example.org/team/many", fromImageTag: "old" }), [
    "WHICH=old",
  ]);

  // Docker has them in any order.
  const listed =
    /(?=.*\n {2}example.org\/team\/many:old {2}linux\/amd64 {2}sha256:[0-9a-f]{64}\n).*\n {2}many:new /s;
  assert.match(await buildError(scratch, { fromImage: path }), listed);
  assert.match(await buildError(scratch, { fromImage: { path, tag: "other" } }), listed);
  const platform = "linux/arm64";
  assert.match(
    await buildError(scratch, { fromImage: { path, platform } }),
    /no image with .*arm64/,
  );
});

Deno.test("of an OCI layout for several platforms the base is the one for the architecture of the spec", async () => {
  await using scratch = new Scratch();
  const layout = `${scratch.path}/layout`;
  for (const architecture of ["amd64", "arm64"]) {
    const spec = {
      name: "base",
      tag: architecture,
      architecture,
      config: { Env: [`FOR=${architecture}`] },
    };
    const archive = await builtArchive(scratch, spec, "--compressor", "none");
    await succeed([
      "skopeo",
      "copy",
      "--quiet",
      `docker-archive:${archive}`,
      `oci:${layout}:${architecture}`,
    ]);
  }
  // As an index of a registry: one name, two platforms.
  const index = JSON.parse(Deno.readTextFileSync(`${layout}/index.json`));
  for (const [n, architecture] of ["amd64", "arm64"].entries()) {
    index.manifests[n].platform = { os: "linux", architecture };
    index.manifests[n].annotations = { "org.opencontainers.image.ref.name": "1" };
  }
  Deno.writeTextFileSync(`${layout}/index.json`, JSON.stringify(index));
  for (const architecture of ["amd64", "arm64"]) {
    const spec = scratch.spec({ name: "child", tag: "1", architecture, fromImage: layout });
    const { Architecture, Config } = await docker.inspect(await docker.load(spec));
    assert.deepEqual([Architecture, Config.Env], [architecture, [`FOR=${architecture}`]]);
  }
  // What is for another platform may be wanted, and is told.
  const fromImage = { path: layout, platform: "linux/arm64" };
  const spec = scratch.spec({ name: "child", tag: "1", architecture: "amd64", fromImage });
  const { stderr } = await nixImage(["plan", spec]);
  assert.match(stderr, /fromImage: .* is for linux\/arm64, and the image for linux\/amd64\n/);
});

Deno.test("what the base has removed stays removed, and its store paths are added again", async () => {
  await using scratch = new Scratch();
  const spec = { name: "whole", tag: "1", contents: [paths.busybox, paths.hello] };
  const whole = await docker.load(scratch.spec(spec));
  const remove = ["busybox", "rm", `${paths.hello}/bin/hello`];
  const container = (await docker.docker("create", "--network=none", whole, ...remove)).trim();
  await docker.docker("start", "--attach", container);
  await docker.docker("commit", container, "partial:1");
  await docker.docker("rm", container);
  const fromImage = `${scratch.path}/partial.tar`;
  await docker.docker("save", "--output", fromImage, "partial:1");

  const bare = await docker.load(scratch.spec({ name: "bare", tag: "1", fromImage }));
  await assert.rejects(docker.run(bare, `${paths.hello}/bin/hello`), /no such file/);
  const again = { name: "again", tag: "1", fromImage, contents: [paths.hello] };
  const image = await docker.load(scratch.spec(again));
  assert.equal(await docker.run(image, "hello"), "Hello, world!\n");
});

Deno.test("directories that both have keep the owner and the mode of the base", async () => {
  await using scratch = new Scratch();
  const fromImage = await dockerBase(docker, scratch, "modes:1");
  Deno.mkdirSync(`${scratch.path}/own/tmp`, { recursive: true });
  Deno.mkdirSync(`${scratch.path}/own/run/lock`, { recursive: true });
  Deno.writeTextFileSync(`${scratch.path}/own/tmp/file`, "");
  Deno.writeTextFileSync(`${scratch.path}/own/run/lock/file`, "");
  const spec = { name: "modes-child", tag: "1", fromImage, contents: [`${scratch.path}/own`] };
  const modes = async (image: string) =>
    await docker.run(image, "/bin/busybox", "stat", "-c", "%a", "/tmp", "/run/lock", "/bin");
  assert.equal(await modes(await docker.load(scratch.spec(spec))), "1777\n700\n777\n");
  const permissions = [{ path: "/run/lock", mode: "0711" }];
  const ruled = await docker.load(scratch.spec({ ...spec, permissions }));
  assert.equal(await modes(ruled), "1777\n711\n777\n");
});

Deno.test("a base that can not be built on is refused with a reason", async () => {
  await using scratch = new Scratch();
  const archive = (name: string, ...args: string[]) => {
    const path = `${scratch.path}/${name}.tar`;
    return succeed(["python3", "-c", BASE, path, ...args]).then(() => path);
  };
  const contents = [paths.hello];
  const loop = await archive("loop", "bin=bin");
  assert.match(
    await buildError(scratch, { fromImage: loop, contents }),
    /\/bin\b.*(circle|loop|too many)/,
  );
  const store = await archive("store", "nix=data");
  assert.match(await buildError(scratch, { fromImage: store, contents }), /\/nix\b.*link/s);
  const damaged = await archive("damaged", "bin=usr/bin", "damaged");
  assert.match(
    await buildError(scratch, { fromImage: damaged, contents }),
    /damaged.tar: layer.tar \(layer 1\) is damaged or another one: it has sha256:[0-9a-f]{64}, not /,
  );
  assert.match(await buildError(scratch, { fromImage: "/etc/passwd" }), /\/etc\/passwd.*not a tar/);
});

/** A base with links in its root; what follows "damaged" is another layer than its config says. */
const BASE = `
import hashlib, io, json, sys, tarfile

path, *links = sys.argv[1:]

def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()

def link(name, target):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member, b""

layer = tar([link(*text.split("=")) for text in links if "=" in text] + [(tarfile.TarInfo("a"), b"text")])
digest = hashlib.sha256(layer).hexdigest()
if links[-1] == "damaged":
    layer = layer.replace(b"text", b"test")
config = json.dumps({
    "architecture": "amd64", "os": "linux",
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
}).encode()
manifest = [{"Config": "config.json", "RepoTags": None, "Layers": ["layer.tar"]}]
with open(path, "wb") as out:
    out.write(tar([
        (tarfile.TarInfo("layer.tar"), layer),
        (tarfile.TarInfo("config.json"), config),
        (tarfile.TarInfo("manifest.json"), json.dumps(manifest).encode()),
    ]))
`;

Deno.test("a base that became another one after its script was made is refused", async () => {
  await using scratch = new Scratch();
  const first = await builtArchive(scratch, { name: "base", tag: "1", config: { Env: ["A=1"] } });
  const other = await builtArchive(scratch, { name: "base", tag: "1", config: { Env: ["A=2"] } });
  const spec = scratch.spec({ name: "child", tag: "1", fromImage: first });
  const { text } = await nixImage(["stream", "--script", spec], {
    env: { XDG_CACHE_HOME: scratch.path },
  });
  Deno.renameSync(other, first);
  await assert.rejects(succeed(["sh", "-c", '"$1" --quiet >/dev/null', "sh", text.trim()]), {
    message: /has no image with the ID sha256:[0-9a-f]{64}/,
  });
});
