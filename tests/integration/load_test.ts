/**
 * `nix-image load` and `stream --have` with real engines.
 * @module
 */

import assert from "node:assert/strict";
import { DigestCache } from "../../src/layer/digest_cache.ts";
import { askEngine } from "../../src/sinks/engine.ts";
import { findProgram } from "../../tasks/programs.ts";
import { startDaemon } from "../support/daemon.ts";
import { Docker } from "../support/dockerd.ts";
import { Podman } from "../support/engines.ts";
import { LoadableStore } from "../support/loadable.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { randomNumbers } from "../support/seeded.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const LIBRARIES = ["library-0", "library-1", "library-2", "library-3"];
const ALL = LIBRARIES.length + 2;
/** The third one. */
const CHANGED = LIBRARIES.with(2, "changed-2");
/** What the image's program prints. */
const PRINTED = LIBRARIES.join("");
const PRINTED_CHANGED = CHANGED.join("");

/** What a run of `load` says. */
interface Load {
  readonly code: number;
  /** What is on standard output. */
  readonly names: string;
  readonly stderr: string;
  /** The number of layers sent, and of the image's. */
  readonly sent: readonly number[];
}

/** A scratch directory with a store and a cache. */
class Workshop extends Scratch {
  readonly store = new LoadableStore(this.path);
  readonly env = {
    ...docker.env,
    XDG_CACHE_HOME: `${this.path}/cache`,
    TMPDIR: this.#directory("tmp"),
  };

  #directory(name: string): string {
    Deno.mkdirSync(`${this.path}/${name}`);
    return `${this.path}/${name}`;
  }

  async load(args: readonly string[], env: Record<string, string> = {}): Promise<Load> {
    const { code, text, stderr } = await nixImage(["load", ...args], {
      env: { ...this.env, ...env },
    });
    const [, sent, all] = /: sent to \w+: (\d+) layers? of (\d+), /.exec(stderr) ?? [];
    return { code, names: text.trim(), stderr, sent: sent ? [Number(sent), Number(all)] : [] };
  }

  /**
   * A PATH where `docker load` is `script`, which may run the real one as "$docker" "$@"; `first` comes
   * before all else.
   */
  pathWithDocker(script: string, first = ""): string {
    const bin = this.#directory("bin");
    const text = `#!/bin/bash\ndocker=${findProgram("docker")}\ndirectory=${this.path}\n` +
      `${first}\nif [ "$1" != load ]; then exec "$docker" "$@"; fi\n${script}\n`;
    Deno.writeTextFileSync(`${bin}/docker`, text, { mode: 0o755 });
    return `${bin}:${Deno.env.get("PATH")}`;
  }
}

Deno.test("load sends Docker an image once, and what changed with all that is above it", async () => {
  await using work = new Workshop();
  const first = await work.load([...work.store.image("load-a", LIBRARIES), "--engine", "docker"]);
  assert.deepEqual(
    [first.code, first.names, first.sent],
    [0, "load-a:1", [ALL, ALL]],
    first.stderr,
  );
  assert.equal(await docker.run("load-a:1"), PRINTED);

  const again = await work.load(work.store.image("load-a", LIBRARIES));
  assert.deepEqual([again.names, again.sent], ["load-a:1", [0, ALL]], again.stderr);
  const changed = await work.load(work.store.image("load-b", CHANGED));
  assert.deepEqual([changed.names, changed.sent], ["load-b:1", [ALL - 2, ALL]], changed.stderr);
  assert.equal(await docker.run("load-b:1"), PRINTED_CHANGED);

  // The same image that is sent as a whole.
  const { Id } = await docker.inspect("load-b:1");
  await docker.docker("rmi", "load-b:1");
  const { code } = await runCommand(
    [
      "bash",
      "-c",
      'set -o pipefail; "$@" | docker load',
      "bash",
      ...nixImageCommand(),
      "stream",
      ...work.store.image("load-b", CHANGED),
    ],
    { env: work.env },
  );
  assert.equal(code, 0);
  assert.equal((await docker.inspect("load-b:1")).Id, Id);
});

Deno.test("load takes archives and layouts, too", async () => {
  await using work = new Workshop();
  const spec = work.store.image("load-stored", LIBRARIES);
  const built = { archive: `${work.path}/image.tar.gz`, layout: `${work.path}/layout` };
  await succeed([...nixImageCommand(), "build", "-q", ...spec, "-o", built.archive]);
  await succeed([
    ...nixImageCommand(),
    "build",
    "-q",
    ...spec,
    "--format",
    "oci",
    "-o",
    built.layout,
  ]);
  const archive = await work.load([built.archive]);
  assert.deepEqual([archive.names, archive.sent], ["load-stored:1", [ALL, ALL]], archive.stderr);
  const layout = await work.load([built.layout]);
  assert.deepEqual([layout.names, layout.sent], ["load-stored:1", [0, ALL]], layout.stderr);
  assert.equal(await docker.run("load-stored:1"), PRINTED);
});

Deno.test("an image that is removed after the question is sent as a whole", async () => {
  await using work = new Workshop();
  const spec = work.store.image("load-removed", LIBRARIES);
  await work.load(spec);
  const PATH = work.pathWithDocker(
    '[ -e "$directory/removed" ] || "$docker" rmi load-removed:1 >"$directory/removed"\n' +
      'exec "$docker" "$@"',
  );
  const { code, sent, stderr } = await work.load(spec, { PATH });
  assert.deepEqual([code, sent], [0, [ALL, ALL]], stderr);
  assert.match(stderr, /docker does not have the layers any more/);
  assert.equal(await docker.run("load-removed:1"), PRINTED);
});

Deno.test("several loads at once, while their images are removed, leave a Docker that is whole", async () => {
  await using work = new Workshop();
  const images = {
    "load-at-once-a:1": { spec: work.store.image("load-at-once-a", LIBRARIES), prints: PRINTED },
    "load-at-once-b:1": {
      spec: work.store.image("load-at-once-b", CHANGED),
      prints: PRINTED_CHANGED,
    },
  };
  let loading = true;
  const removing = (async () => {
    while (loading) await docker.tryDocker("rmi", ...Object.keys(images));
  })();
  try {
    for (let round = 0; round < 3; round++) {
      const loads = await Promise.all(
        Object.values(images).flatMap(({ spec }) => [work.load(spec), work.load(spec)]),
      );
      for (const { code, stderr } of loads) assert.equal(code, 0, stderr);
    }
  } finally {
    loading = false;
    await removing;
  }
  for (const [name, { spec, prints }] of Object.entries(images)) {
    assert.equal((await work.load(spec)).code, 0);
    assert.equal(await docker.run(name), prints);
  }
});

Deno.test("a digest that was kept and is wrong ends the load, and is forgotten", async () => {
  await using work = new Workshop();
  const spec = work.store.image("load-wrong", LIBRARIES);
  await work.load(spec);
  await docker.docker("rmi", "load-wrong:1");
  const directory = `${work.env.XDG_CACHE_HOME}/nix-image/digests`;
  const keys = [...Deno.readDirSync(directory)].map(({ name }) => name.replace(".tar", ""));
  assert.equal(keys.length, ALL);
  const cache = new DigestCache(directory);
  const kept = await cache.get(keys[0]!);
  await cache.put(keys[0]!, { digest: `sha256:${"0".repeat(64)}`, size: kept!.size });
  const failed = await work.load(spec);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /digest that was kept is not that of the layer's bytes: /);
  assert.equal((await docker.tryDocker("image", "inspect", "load-wrong:1")).code, 1);
  assert.equal((await work.load(spec)).code, 0);
  assert.deepEqual(await cache.get(keys[0]!), kept);
});

Deno.test("a damaged cache is made again", async () => {
  await using work = new Workshop();
  const spec = work.store.image("load-damaged", LIBRARIES);
  await work.load(spec);
  const directory = `${work.env.XDG_CACHE_HOME}/nix-image/digests`;
  for (const { name } of Deno.readDirSync(directory)) {
    Deno.writeTextFileSync(`${directory}/${name}`, "damaged");
  }
  assert.deepEqual((await work.load(spec)).sent, [ALL, ALL]);
  assert.deepEqual((await work.load(spec)).sent, [0, ALL]);
});

Deno.test("a Docker with containerd's image store gets the whole image", async () => {
  await using work = new Workshop();
  const spec = work.store.image("load-snapshotter", LIBRARIES);
  await work.load(spec);
  // As Docker 23 and later say it, with that store.
  const status = '[["driver-type","io.containerd.snapshotter.v1"]]';
  const PATH = work.pathWithDocker(
    'exec "$docker" "$@"',
    `[ "$1" = info ] && exec echo '${status}'`,
  );
  const { code, names, sent, stderr } = await work.load(spec, { PATH });
  assert.deepEqual([code, names, sent], [0, "load-snapshotter:1", [ALL, ALL]], stderr);
});

Deno.test("podman gets the layers that it lacks, wherever they are", async () => {
  await using work = new Workshop();
  await using podman = new Podman();
  const env = { PATH: `${podman.directoryWithPodman(work.path)}:${Deno.env.get("PATH")}` };
  const engine = ["--engine", "podman"];
  const first = await work.load([...work.store.image("load-p", LIBRARIES), ...engine], env);
  assert.deepEqual([first.names, first.sent], ["localhost/load-p:1", [ALL, ALL]], first.stderr);
  const changed = await work.load([...work.store.image("load-q", CHANGED), ...engine], env);
  assert.deepEqual([changed.names, changed.sent], ["localhost/load-q:1", [1, ALL]], changed.stderr);
  const again = await work.load([...work.store.image("load-q", CHANGED), ...engine], env);
  assert.deepEqual(again.sent, [0, ALL], again.stderr);

  const archive = `${work.path}/image.tar`;
  await nixImage(["stream", ...work.store.image("load-q", CHANGED)], { stdoutFile: archive });
  const { id, diffIds } = await podman.facts("localhost/load-q:1");
  await podman.run("rmi", "--all", "--force");
  await podman.run("load", "--quiet", "--input", archive);
  assert.deepEqual(await podman.facts("localhost/load-q:1"), {
    id,
    diffIds,
    names: ["localhost/load-q:1"],
  });
});

Deno.test("an engine that takes connections and says nothing is given up", async () => {
  await using scratch = new Scratch();
  const path = `${scratch.path}/silent`;
  const listener = Deno.listen({ transport: "unix", path });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  const before = Deno.env.get("DOCKER_HOST");
  Deno.env.set("DOCKER_HOST", `unix://${path}`);
  try {
    await assert.rejects(askEngine("docker", 1000), /docker info: no answer within 1\.0 s/);
    assert.ok(connections.length > 0);
  } finally {
    if (before === undefined) Deno.env.delete("DOCKER_HOST");
    else Deno.env.set("DOCKER_HOST", before);
    for (const connection of connections) connection.close();
    listener.close();
    await accepting;
  }
});

Deno.test("podman is asked where Docker does not answer, and an engine that is named is asked alone", async () => {
  await using work = new Workshop();
  await using podman = new Podman();
  const spec = work.store.image("load-any", LIBRARIES);
  const PATH = `${podman.directoryWithPodman(work.path)}:${Deno.env.get("PATH")}`;
  const nowhere = { PATH, DOCKER_HOST: "unix:///nowhere/docker.sock" };
  const any = await work.load(spec, nowhere);
  assert.deepEqual([any.code, any.names], [0, "localhost/load-any:1"], any.stderr);
  const named = await work.load([...spec, "--engine", "docker"], nowhere);
  assert.equal(named.code, 1);
  assert.match(
    named.stderr,
    /^nix-image: docker .* failed .*:\n.*Cannot connect to the Docker daemon at unix:\/\/\/nowhere/,
  );
  const wrong = await work.load([...spec, "--engine", "rkt"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /Allowed choices are docker, podman, containerd/);
});

Deno.test("containerd gets the layers that it lacks, and all if they are gone", async () => {
  await using work = new Workshop();
  await using daemon = await startDaemon({
    name: "containerd",
    command(directory) {
      const config = `${directory}/config.toml`;
      Deno.writeTextFileSync(
        config,
        'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n',
      );
      return [
        "containerd",
        `--config=${config}`,
        `--root=${directory}/root`,
        `--state=${directory}/state`,
        `--address=${directory}/containerd.sock`,
      ];
    },
    probe: (directory) => ["ctr", "--address", `${directory}/containerd.sock`, "version"],
  });
  const env = { CONTAINERD_ADDRESS: `${daemon.directory}/containerd.sock` };
  const ctr = (...args: string[]) => succeed(["ctr", ...args], { env });
  const engine = ["--engine", "containerd"];
  const first = await work.load([...work.store.image("load-c", LIBRARIES), ...engine], env);
  assert.deepEqual(first.sent, [ALL, ALL], first.stderr);
  assert.equal(first.names, "docker.io/library/load-c:1");
  const changed = await work.load([...work.store.image("load-d", CHANGED), ...engine], env);
  assert.deepEqual(changed.sent, [1, ALL], changed.stderr);
  for (const name of ["load-c:1", "load-d:1"]) {
    assert.match(
      await ctr("images", "check", `name==docker.io/library/${name}`),
      / complete \(7\/7\) .* true/,
    );
  }

  const real = findProgram("ctr");
  const bin = `${work.path}/ctr-bin`;
  Deno.mkdirSync(bin);
  const text = `#!/bin/sh\nif [ "$1" = images ] && [ ! -e "${bin}/gone" ]; then\n` +
    `${real} images rm --sync docker.io/library/load-c:1 docker.io/library/load-d:1 >"${bin}/gone"\nfi\n` +
    `exec ${real} "$@"\n`;
  Deno.writeTextFileSync(`${bin}/ctr`, text, { mode: 0o755 });
  const PATH = `${bin}:${Deno.env.get("PATH")}`;
  const gone = await work.load([...work.store.image("load-d", CHANGED), ...engine], {
    ...env,
    PATH,
  });
  assert.deepEqual([gone.code, gone.sent], [0, [ALL, ALL]], gone.stderr);
  assert.match(await ctr("images", "check"), /load-d:1 .* complete \(7\/7\) .* true/);
});

Deno.test("stream --have leaves out what Docker has", async () => {
  await using work = new Workshop();
  const [spec, changed] = [
    work.store.image("have-a", LIBRARIES),
    work.store.image("have-b", CHANGED),
  ];
  const script =
    'set -o pipefail; { docker image inspect have-a:1 have-c:1 || true; } | tee "$1" |' +
    ' "${@:2}" | tee >(wc -c >"$1.size") | docker load';
  const have = async (args: readonly string[]): Promise<number> => {
    const file = `${work.path}/have.json`;
    const { code, stderr } = await runCommand(
      [
        "bash",
        "-c",
        script,
        "bash",
        file,
        ...nixImageCommand(),
        "stream",
        "--have",
        "-",
        "-q",
        ...args,
      ],
      { env: work.env },
    );
    assert.equal(code, 0, stderr);
    return Number(await Deno.readTextFile(`${file}.size`));
  };
  // So that there is an image to inspect.
  await work.load(work.store.image("have-c", ["another"]));
  const whole = await have(spec);
  const again = await have(spec);
  assert.ok(whole > 2_000_000 && again < 50_000, `${whole}, ${again}`);
  await have(changed);
  assert.equal(await docker.run("have-b:1"), PRINTED_CHANGED);

  const archive = `${work.path}/image.tar`;
  const files = [`${work.path}/empty`, `${work.path}/have.json`];
  await Deno.writeTextFile(files[0]!, "[]\n");
  const written = await nixImage([
    "stream",
    "-q",
    ...files.flatMap((file) => ["--have", file]),
    ...spec,
  ], {
    env: work.env,
    stdoutFile: archive,
  });
  assert.equal(written.code, 0, written.stderr);
  assert.equal((await Deno.stat(archive)).size, again);
});

Deno.test("stream --have says what it does not take", async () => {
  await using work = new Workshop();
  const [spec = "", ...options] = work.store.image("have-wrong", LIBRARIES);
  const file = `${work.path}/have.json`;
  const run = async (...args: string[]) => {
    const { code, stderr } = await nixImage(["stream", spec, ...options, ...args], {
      env: work.env,
    });
    return `${code} ${stderr}`;
  };
  for (const text of ["{}", "[{}]", "no JSON", '[{"RootFS":{"Layers":["a"]}}]']) {
    await Deno.writeTextFile(file, text);
    assert.match(await run("--tar", "--have", file), /^2 .*not what docker image inspect prints/);
  }
  assert.match(await run("--tar", "--have", `${file}.none`), /^1 .*have\.json\.none/);
  assert.match(await run("--script", "--have", file), /^2 .*cannot be used with/);
  assert.match(await run("--docker-v1", "--have", file), /^2 .*cannot be used with/);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends a load, and nothing is loaded or left behind`, async () => {
    await using work = new Workshop();
    const name = `load-${signal.toLowerCase()}`;
    const [spec = "", ...options] = work.store.image(name, LIBRARIES);
    const PATH = work.pathWithDocker(
      '{ head -c 50000; : >"$directory/started"; sleep 1; cat; } | "$docker" "$@"\n' +
        'echo $? >"$directory/ended"',
    );
    const [program = "", ...args] = [...nixImageCommand(), "load", spec, ...options];
    const child = new Deno.Command(program, {
      args,
      env: { ...work.env, PATH },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const there = (file: string) => Deno.stat(`${work.path}/${file}`).then(() => true, () => false);
    const until = async (file: string) => {
      while (!await there(file)) await new Promise((done) => setTimeout(done, 20));
    };
    await until("started");
    child.kill(signal);
    assert.equal((await child.status).success, false);
    await until("ended");
    assert.equal((await docker.tryDocker("image", "inspect", `${name}:1`)).code, 1);
    assert.deepEqual([...Deno.readDirSync(work.env.TMPDIR)], []);
    assert.equal(await there("cache/nix-image"), false);
  });
}

Deno.test("a load that is interrupted at any time leaves the whole image, or none of it", async () => {
  await using work = new Workshop();
  const name = "load-interrupted:1";
  const spec = work.store.image("load-interrupted", LIBRARIES);
  const start = performance.now();
  await work.load(spec);
  const whole = performance.now() - start;
  const random = randomNumbers(1);
  for (let round = 0; round < 5; round++) {
    await docker.tryDocker("rmi", name);
    const [program = "", ...args] = [...nixImageCommand(), "load", ...spec];
    const child = new Deno.Command(program, {
      args,
      env: work.env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await new Promise((done) => setTimeout(done, whole * (0.3 + 0.8 * random())));
    try {
      child.kill("SIGINT");
    } catch {
      // It has ended by itself.
    }
    await child.status;
    const loaded = (await docker.tryDocker("image", "inspect", name)).code === 0;
    if (loaded) assert.equal(await docker.run(name), PRINTED);
  }
  assert.deepEqual([...Deno.readDirSync(work.env.TMPDIR)], []);
  assert.equal((await work.load(spec)).code, 0);
  assert.equal(await docker.run(name), PRINTED);
});
