/**
 * nixpkgs' own test scenarios for images that are made on others, numbered as there, with a real
 * Docker daemon.
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { builtArchive, dockerBase, listingLayerTwice } from "../support/base_images.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage } from "../support/program.ts";
import { succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const paths = await buildFixtures("bash", "coreutils", "hello");

/** The contents of a spec of either type. */
function contentsFor(type: string, ...contents: string[]): Record<string, unknown> {
  return { type, [type === "single" ? "copyToRoot" : "contents"]: contents };
}

Deno.test("scenario 17: hello on an image that Docker made, loaded under the name in lower case", async () => {
  await using scratch = new Scratch();
  const fromImage = await dockerBase(docker, scratch, "pulled:2.2.1");
  for (const type of ["single", "layered"]) {
    const spec = scratch.spec({
      ...contentsFor(type, paths.hello),
      name: "onTopOfPulledImage",
      tag: type,
      fromImage,
      config: { Cmd: ["hello"] },
    });
    const image = await docker.build(scratch.path, spec);
    assert.equal(image, `ontopofpulledimage:${type}`);
    assert.equal(await docker.run(image), "Hello, world!\n");
    // The base is still there, behind its link from /bin.
    assert.equal(await docker.run(image, "/bin/busybox", "cat", "/etc/base"), "base\n");
    const [base, child] = [await docker.inspect("pulled:2.2.1"), await docker.inspect(image)];
    assert.equal(child.RootFS.Layers[0], base.RootFS.Layers[0]);
  }
});

Deno.test("scenarios 22 and 23: single and layered images on a layered one, whose working directory all may write", async () => {
  await using scratch = new Scratch();
  const fromImage = await builtArchive(scratch, {
    name: "layered",
    tag: "base",
    contents: [paths.bash, paths.coreutils],
    config: { Env: ["PATH=/bin"] },
  });
  for (const type of ["single", "layered"]) {
    const spec = scratch.spec({
      ...contentsFor(type),
      name: "on-layered",
      tag: type,
      fromImage,
      fakeRootCommands: "mkdir -p work; chmod 777 work",
      config: {
        WorkingDir: "/work",
        User: "1000",
        Cmd: ["bash", "-c", "echo text > file; cat file"],
      },
    });
    const image = await docker.build(scratch.path, spec);
    assert.equal(await docker.run(image), "text\n", type);
  }
});

Deno.test("scenario 25: of three images over one another the upper ones' files win", async () => {
  await using scratch = new Scratch();
  let fromImage: string | null = null;
  for (const number of [1, 2, 3]) {
    const files = [1, 2, 3].filter((file) => file >= number).map((file) => `tmp/layer${file}`);
    const spec = {
      ...contentsFor(number === 2 ? "single" : "layered", ...number === 1 ? [paths.coreutils] : []),
      name: `l${number}`,
      tag: "latest",
      fromImage,
      extraCommands: `mkdir -p tmp; for f in ${files.join(" ")}; do echo layer${number} > $f; done`,
    };
    fromImage = await builtArchive(scratch, spec);
    if (number === 3) await docker.build(scratch.path, scratch.spec(spec));
  }
  const names = [1, 2, 3].map((number) => `/tmp/layer${number}`);
  assert.equal(await docker.run("l3:latest", "cat", ...names), "layer1\nlayer2\nlayer3\n");
});

Deno.test("scenario 27, without its script: a base that lists a layer twice loads and runs", async () => {
  await using scratch = new Scratch();
  const base = await dockerBase(docker, scratch, "once:1");
  const fromImage = await listingLayerTwice(scratch, base);
  for (const type of ["single", "layered"]) {
    const spec = { ...contentsFor(type, paths.hello), name: "twice", tag: type, fromImage };
    const image = await docker.build(scratch.path, scratch.spec(spec));
    const { Layers } = (await docker.inspect(image)).RootFS;
    assert.equal(Layers.filter((layer) => layer === Layers[0]).length, 2);
    assert.equal(await docker.run(image, "hello"), "Hello, world!\n");
    assert.equal(await docker.run(image, "/bin/cat", "/etc/base"), "base\n");
  }
});

Deno.test("scenarios 28, 29 and 30: the environment of the base is inherited, its own wins, nothing is there twice", async () => {
  await using scratch = new Scratch();
  const fromImage = await builtArchive(scratch, {
    ...contentsFor("single", paths.coreutils),
    name: "env-parent",
    tag: "base",
    config: { Env: ["PATH=/bin", "FROM_PARENT=true", "LAST_LAYER=parent"], Cmd: ["env"] },
  });
  for (const type of ["single", "layered"]) {
    const spec = scratch.spec({
      ...contentsFor(type),
      name: "env-child",
      tag: type,
      fromImage,
      config: { Env: ["FROM_CHILD=true", "LAST_LAYER=child"] },
    });
    const image = await docker.build(scratch.path, spec);
    const lines = (await docker.run(image, "env")).split("\n");
    for (const line of ["FROM_PARENT=true", "FROM_CHILD=true", "LAST_LAYER=child"]) {
      assert.ok(lines.includes(line), `${line} in ${type}`);
    }
    const { Env, Cmd } = (await docker.inspect(image)).Config;
    const wanted = ["PATH=/bin", "FROM_PARENT=true", "LAST_LAYER=child", "FROM_CHILD=true"];
    assert.deepEqual(Env, wanted);
    assert.equal(Cmd, null);
  }
});

Deno.test("inherit chooses what else comes from the base, as its container had it", async () => {
  await using scratch = new Scratch();
  const fromImage = await dockerBase(
    docker,
    scratch,
    "config:1",
    'ENTRYPOINT ["/bin/busybox"]',
    'CMD ["echo", "from the base"]',
    "WORKDIR /tmp",
    "USER 1000",
    "LABEL a=base b=base",
    "EXPOSE 80",
    "VOLUME /data",
  );
  const inherit = ["Env", "Entrypoint", "Cmd", "WorkingDir", "User", "Labels", "ExposedPorts"];
  const spec = scratch.spec({
    name: "heir",
    tag: "1",
    fromImage,
    inherit,
    config: { Labels: { b: "own" }, ExposedPorts: { "443/tcp": {} } },
  });
  const image = await docker.build(scratch.path, spec);
  assert.equal(await docker.run(image), "from the base\n");
  assert.equal(await docker.run(image, "pwd"), "/tmp\n");
  const [{ Config }] = JSON.parse(await docker.docker("image", "inspect", image));
  assert.deepEqual(Config.Labels, { a: "base", b: "own" });
  assert.deepEqual(Config.ExposedPorts, { "80/tcp": {}, "443/tcp": {} });
  assert.deepEqual([Config.User, Config.Volumes], ["1000", null]);
});

Deno.test("scenario 33: on a base of two layers maxLayers of 4 gives exactly 4, which run", async () => {
  await using scratch = new Scratch();
  const fromImage = await builtArchive(scratch, {
    name: "two-layers",
    tag: "base",
    contents: [paths.bash],
    maxLayers: 2,
  });
  const spec = {
    name: "four-layers",
    tag: "1",
    fromImage,
    maxLayers: 4,
    contents: [paths.hello, paths.coreutils],
    config: { Cmd: ["hello"] },
  };
  const image = await docker.build(scratch.path, scratch.spec(spec));
  assert.equal((await docker.inspect(image)).RootFS.Layers.length, 4);
  assert.equal(await docker.run(image), "Hello, world!\n");

  const { code, stderr } = await nixImage(["build", scratch.spec({ ...spec, maxLayers: 3 })]);
  assert.equal(code, 2);
  assert.match(stderr, /^nix-image: maxLayers: 3 are too few: two-layers:base has 2, .*\n$/);
});

Deno.test("store paths that the base has whole are not added again, others are", async () => {
  await using scratch = new Scratch();
  const fromImage = await builtArchive(scratch, {
    name: "has-hello",
    tag: "1",
    contents: [paths.hello],
  });
  const plan = async (spec: Record<string, unknown>) =>
    JSON.parse(
      (await nixImage(["plan", "--json", scratch.spec({ name: "x", fromImage, ...spec })])).text,
    ).layers.flatMap((layer: { paths: string[] }) => layer.paths);
  const all = { contents: [paths.hello, paths.coreutils] };
  assert.deepEqual(await plan(all), [paths.coreutils]);
  // In a single image store paths belong to root and have the same modes.
  assert.deepEqual(await plan({ type: "single", copyToRoot: [paths.hello] }), []);
  // Files of other owners and modes are other files.
  assert.ok((await plan({ ...all, uid: 1000 })).includes(paths.hello));
  const permissions = [{ path: `${paths.hello}/**`, mode: "0500" }];
  assert.ok((await plan({ ...all, permissions })).includes(paths.hello));

  const image = await docker.load(scratch.spec({ name: "small", tag: "1", fromImage, ...all }));
  assert.equal(await docker.run(image, "hello"), "Hello, world!\n");
});

Deno.test("an image on an image streams the same bytes from a script, from an OCI layout and from a compressed base", async () => {
  await using scratch = new Scratch();
  const base = { name: "forms", tag: "1", contents: [paths.coreutils] };
  const archive = await builtArchive(scratch, base);
  const plain = await builtArchive(scratch, base, "--compressor", "none");
  const layout = `${scratch.path}/layout`;
  const made = await nixImage(["build", scratch.spec(base), "--format", "oci", "-o", layout]);
  assert.equal(made.code, 0, made.stderr);
  const outputs: Uint8Array[] = [];
  for (const fromImage of [archive, plain, layout]) {
    const spec = scratch.spec({ name: "child", tag: "1", fromImage, contents: [paths.hello] });
    const { code, stdout, stderr } = await nixImage(["stream", spec]);
    assert.equal(code, 0, stderr);
    outputs.push(stdout);
    const script = (await nixImage(["stream", "--script", spec], {
      env: { XDG_CACHE_HOME: scratch.path },
    })).text.trim();
    const frozen = await succeed([
      "sh",
      "-c",
      '"$1" --quiet | cmp - "$2" && echo same',
      "sh",
      script,
      await written(scratch, stdout),
    ]);
    assert.equal(frozen, "same\n");
  }
  assert.ok(outputs.every((output) => Buffer.compare(output, outputs[0]!) === 0));
});

async function written(scratch: Scratch, bytes: Uint8Array): Promise<string> {
  const file = `${scratch.path}/${crypto.randomUUID()}`;
  await Deno.writeFile(file, bytes);
  return file;
}
