/**
 * nixpkgs' own test scenarios for scripts that run as root, numbered as there, in a real virtual
 * machine and with a real Docker daemon.
 * @module
 */

import assert from "node:assert/strict";
import { builtArchive, dockerBase, listingLayerTwice } from "../support/base_images.ts";
import { debianClosure } from "../support/debian_closure.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const paths = await buildFixtures("bash", "coreutils", "hello");
const [passwd = ""] = await debianClosure(["passwd"]);

Deno.test("scenario 18: quotes and parentheses in runAsRoot and extraCommands arrive", async () => {
  await using scratch = new Scratch();
  for (const type of ["single", "layered"]) {
    const spec = scratch.spec({
      type,
      name: "quotes",
      tag: type,
      [type === "single" ? "copyToRoot" : "contents"]: [paths.coreutils],
      runAsRoot: `(: "it's") && echo '(root "quoted")' > "/root (it's)"`,
      extraCommands: `(: "it's") && echo '(extra "quoted")' > "extra (it's)"`,
    });
    const image = await docker.load(spec, "--accel", "tcg");
    const text = await docker.run(image, "cat", "/root (it's)", "/extra (it's)");
    assert.equal(text, '(root "quoted")\n(extra "quoted")\n');
  }
});

Deno.test("scenario 22, runAsRoot: a single image on a layered one, whose working directory all may write", async () => {
  await using scratch = new Scratch();
  const fromImage = await builtArchive(scratch, {
    name: "layered",
    tag: "base",
    contents: [paths.bash, paths.coreutils],
    config: { Env: ["PATH=/bin"] },
  });
  const spec = scratch.spec({
    type: "single",
    name: "on-layered",
    tag: "root",
    fromImage,
    runAsRoot: "mkdir -p /work; chmod 777 /work",
    config: {
      WorkingDir: "/work",
      User: "1000",
      Cmd: ["bash", "-c", "echo text > file; cat file"],
    },
  });
  assert.equal(await docker.run(await docker.build(scratch.path, spec)), "text\n");
});

Deno.test("scenario 26: of three images over one another each sees what the ones below have left", async () => {
  await using scratch = new Scratch();
  let fromImage: string | null = null;
  for (const letter of ["a", "b", "c"]) {
    const spec: { name: string } & Record<string, unknown> = {
      type: "single",
      name: `order-${letter}`,
      tag: "latest",
      fromImage,
      copyToRoot: letter === "a" ? [paths.coreutils] : [],
      runAsRoot: `#!/bin/sh\necho -n ${letter} >> /layer-order`,
    };
    if (letter === "c") await docker.build(scratch.path, scratch.spec(spec));
    else fromImage = await builtArchive(scratch, spec);
  }
  assert.equal(await docker.run("order-c:latest", "cat", "/layer-order"), "abc");
});

Deno.test("scenario 27: a script runs on a base that lists a layer twice", async () => {
  await using scratch = new Scratch();
  const base = await dockerBase(docker, scratch, "once-for-root:1");
  const spec = {
    type: "single",
    name: "twice-and-root",
    tag: "1",
    fromImage: await listingLayerTwice(scratch, base),
    copyToRoot: [paths.hello],
    runAsRoot: "cat /etc/base; hello >/etc/hello",
  };
  const image = await docker.build(scratch.path, scratch.spec(spec));
  const { Layers } = (await docker.inspect(image)).RootFS;
  assert.equal(Layers.filter((layer) => layer === Layers[0]).length, 2);
  assert.equal(
    await docker.run(image, "/bin/cat", "/etc/base", "/etc/hello"),
    "base\nHello, world!\n",
  );
});

Deno.test("scenario 41: an image made as root on another, merged with a third, is healthy", async () => {
  await using scratch = new Scratch();
  const bash = await builtArchive(scratch, {
    type: "single",
    name: "bash-for-redis",
    tag: "1",
    copyToRoot: [paths.bash],
  });
  const setup = await nixImage(["helper", "shadow-setup"]);
  const redis = await builtArchive(scratch, {
    type: "single",
    name: "redis-like",
    tag: "1",
    fromImage: bash,
    copyToRoot: [paths.coreutils],
    runAsRoot: `${setup.text}
      ${passwd}/usr/sbin/groupadd --system redis
      ${passwd}/usr/sbin/useradd --system --gid redis --home-dir /data --no-create-home redis
      mkdir /data
      chown redis:redis /data
    `,
    config: {
      Cmd: ["/bin/sh", "-c", "id -un >/data/up; exec sleep 60"],
      User: "redis",
      WorkingDir: "/data",
      Volumes: { "/data": {} },
      Healthcheck: { Test: ["CMD", "/bin/cat", "/data/up"], Interval: 100_000_000 },
    },
  });
  const hello = await builtArchive(scratch, {
    name: "hello-beside-redis",
    tag: "1",
    contents: [paths.hello],
    config: { Cmd: ["hello"] },
  });
  const merged = `${scratch.path}/merged.tar.gz`;
  const { code, stderr } = await nixImage(["merge", redis, hello, "-o", merged]);
  assert.equal(code, 0, stderr);
  await docker.docker("load", "--input", merged);
  assert.equal(await docker.run("hello-beside-redis:1"), "Hello, world!\n");
  assert.equal(await docker.run("redis-like:1", "bash", "--version"), "stand-in for bash\n");

  const run = ["run", "--detach", "--network=none", "redis-like:1"];
  const container = (await docker.docker(...run)).trim();
  try {
    const wait = 'until docker inspect "$1" | grep -q \'"Status": "healthy"\'; do sleep 0.1; done';
    await succeed(["timeout", "20", "sh", "-c", wait, "sh", container], { env: docker.env });
    assert.equal(await docker.docker("exec", container, "cat", "/data/up"), "redis\n");
    const owner = await docker.docker("exec", container, "stat", "-c", "%U:%G %a", "/data");
    assert.equal(owner, "redis:redis 755\n");
    const [{ Mounts }] = JSON.parse(await docker.docker("inspect", container));
    assert.deepEqual(
      Mounts.map(({ Type, Destination }: Record<string, string>) => [Type, Destination]),
      [["volume", "/data"]],
    );
  } finally {
    await docker.docker("rm", "--force", "--volumes", container);
  }
});

Deno.test("groupadd and useradd work after helper shadow-setup", async () => {
  await using scratch = new Scratch();
  const setup = await nixImage(["helper", "shadow-setup"]);
  const spec = scratch.spec({
    name: "users",
    tag: "1",
    contents: [paths.coreutils],
    path: ["/bin", `${passwd}/usr/sbin`],
    runAsRoot: `${setup.text}
      groupadd --system --gid 999 staff
      useradd --system --uid 998 --gid staff --home-dir /app --create-home --shell /bin/sh app
    `,
    config: { User: "app" },
  });
  const image = await docker.load(spec);
  assert.equal(await docker.run(image, "id"), "uid=998(app) gid=999(staff) groups=999(staff)\n");
  assert.equal(await docker.run(image, "stat", "-c", "%U:%G", "/app"), "app:staff\n");
  assert.equal(
    await docker.run(image, "cat", "/etc/passwd", "/etc/group"),
    "root:x:0:0::/root:/bin/sh\napp:x:998:999::/app:/bin/sh\nroot:x:0:\nstaff:x:999:\n",
  );
  // What was only used is not in the image.
  const names = await docker.exportedNames(image);
  assert.deepEqual(names.filter((name) => name.includes("passwd/")), []);
});
