/**
 * Images that the Nix functions make, built by the real Nix in its sandbox and run by a real Docker.
 * @module
 */

import assert from "node:assert/strict";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { PROJECT } from "../../tasks/program_command.ts";
import { startRegistry } from "../support/docker_registry.ts";
import { Docker } from "../support/dockerd.ts";
import { NixImages } from "../support/nix_functions.ts";
import { nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const EPOCH_PLUS_ONE = "1970-01-01T00:00:01Z";

const docker = new Docker();
const images = await NixImages.prepare();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

/** `docker load` of the archive or the script that this attribute is; the names of what it loaded. */
async function loadAll(attribute: string): Promise<string[]> {
  const [path = ""] = await images.build(attribute);
  // Docker learnt to read zstd after version 20.10.
  const script = 'set -o pipefail; { if [ -x "$1" ]; then "$1"; else ' +
    'zstd -dcq "$1" 2>/dev/null || cat "$1"; fi; } | docker load';
  const text = await succeed(["bash", "-c", script, "bash", path], { env: docker.env });
  return [...text.matchAll(/^Loaded image: (.*)$/gm)].map(([, name]) => name ?? "");
}

async function load(attribute: string): Promise<string> {
  const [name] = await loadAll(attribute);
  if (name === undefined) throw new Error(`Nothing was loaded of ${attribute}`);
  return name;
}

/** The name that the Nix functions say an image has. */
async function nameOf(attribute: string): Promise<unknown> {
  return await images.evaluate(`with images.${attribute}; "\${imageName}:\${imageTag}"`);
}

Deno.test("scenario 1, from Nix: $(nix-build) | docker load, and the image prints its greeting", async () => {
  const image = await load("streamed");
  assert.equal(await docker.run(image), "Hello, world!\n");
});

Deno.test("scenario 9, from Nix: an image without a tag is loaded under the one known at evaluation", async () => {
  for (const attribute of ["streamed", "single", "layeredHostName", "overridden"]) {
    const image = await load(attribute);
    assert.equal(image, await nameOf(attribute));
    assert.match(image, /:[0-9a-df-np-sv-z]{32}$/);
  }
});

Deno.test("script option of streamLayeredImage: --repo-tag names the image", async () => {
  const [script = ""] = await images.build("streamed");
  const command = 'set -o pipefail; "$1" --repo-tag other:1.0 | docker load';
  const text = await succeed(["bash", "-c", command, "bash", script], { env: docker.env });
  assert.match(text, /^Loaded image: other:1\.0$/m);
});

Deno.test("scenarios 8 and 10, from Nix: plain and zstd archives; what is created now is dated so", async () => {
  for (const attribute of ["plain", "zstd"]) {
    const image = await load(attribute);
    assert.equal(await docker.run(image), "Hello, world!\n");
    assert.notEqual((await docker.inspect(image)).Created, EPOCH_PLUS_ONE);
  }
  const [plain, zstd] = await images.build("plain", "zstd");
  assert.match(plain ?? "", /-docker-image-plain\.tar$/);
  assert.match(zstd ?? "", /-zstd\.tar\.zst$/);
  assert.equal((await docker.inspect(await load("single"))).Created, EPOCH_PLUS_ONE);
});

Deno.test("scenario 20, from Nix: a streamed image created now", async () => {
  const image = await load("helloLike");
  const created = Date.parse((await docker.inspect(image)).Created);
  assert(Math.abs(Date.now() - created) < 600_000, "created while it was streamed");
});

Deno.test("scenario 21, from Nix: a layered image with extraCommands", async () => {
  const image = await load("layered");
  assert.equal(image, "layered:latest");
  assert.equal(await docker.run(image), "Hello, world!\n");
  assert.equal(await docker.run(image, "cat", "/made"), 'made (by a "script")\n');
});

Deno.test("buildImage from Nix: its layer has what is copied and what extraCommands make, with uid and gid", async () => {
  const image = await load("single");
  assert.equal(await docker.run(image), "Hello, world!\n");
  assert.equal(await docker.run(image, "/bin/cat", "/srv/file"), "text\n");
  const owners = await docker.run(image, "/bin/stat", "-c", "%u:%g", "/srv/file", "/nix/store");
  assert.equal(owners, "1000:100\n0:0\n");
});

/** What the history says of each layer, by the names of its store paths, lowest first. */
async function layersOf(image: string): Promise<string[]> {
  const format = ["--no-trunc", "--format", "{{.Comment}}"];
  const text = await docker.docker("history", ...format, image);
  return text.trim().split("\n").reverse().map((comment) =>
    [...comment.matchAll(/\/nix\/store\/[0-9a-z]{32}-([\w.-]+)'/g)].map(([, name]) => name).sort()
      .join(" ")
  );
}

Deno.test("layeringPipeline from Nix: a list with derivations, or a file", async () => {
  const image = await load("pipeline");
  assert.equal(await docker.run(image), "Hello, world!\n");
  assert.deepEqual((await layersOf(image)).slice(0, 2), [
    "busybox-static hello message",
    "busybox shell",
  ]);
  assert.deepEqual((await layersOf(await load("pipelineFile"))).slice(0, 3), [
    "busybox",
    "busybox-static",
    "hello message shell",
  ]);
});

Deno.test("layering, groups, files and absentStorePaths from Nix: fields of spec", async () => {
  const image = await load("ownFields");
  const layers = await layersOf(image);
  assert(layers.includes("message shell"), layers.join("\n"));
  assert.match(await docker.run(image, "cat", "/etc/greeting"), /^of \/nix\/store\/.*-itself\n$/);
  const names = (await docker.exportedNames(image)).join("\n");
  assert.match(names, /^nix\/store\/.*-itself$/m);
  assert.doesNotMatch(names, /^nix\/store\/.*-users/m);
});

Deno.test("images with a Nix database, from Nix: buildImageWithNixDb, buildLayeredImageWithNixDb", async () => {
  for (const attribute of ["withDatabase", "singleWithDatabase"]) {
    const names = await docker.exportedNames(await load(attribute));
    assert(names.includes("nix/var/nix/db/db.sqlite"), attribute);
  }
});

Deno.test("scenario 22, from Nix: a single image on a layered one", async () => {
  const image = await load("singleOnLayered");
  assert.equal(await docker.run(image), 'made (by a "script")\nupper\n');
});

Deno.test("scenario 31, from Nix: a layer budget smaller than the closure", async () => {
  const image = await load("twoLayers");
  assert.equal((await docker.inspect(image)).RootFS.Layers.length, 2);
  assert.equal(await docker.run(image), "Hello, world!\n");
});

Deno.test("scenario 33, from Nix: a layered image on one of two layers has the four that it may", async () => {
  const image = await load("onTwoLayers");
  assert.equal((await docker.inspect(image)).RootFS.Layers.length, 4);
  assert.match(await docker.run(image), /^Hello, world!\n\/nix\/store\/.*-itself .*-hello\n$/);
});

Deno.test("scenario 34, from Nix: an image without any store path, although its commands name one", async () => {
  const image = await load("noStorePaths");
  assert.equal(await docker.run(image), "from a copy\n");
  const names = await docker.exportedNames(image);
  assert.deepEqual(names.filter((name) => /^nix\/store\/./.test(name)), []);
});

Deno.test("scenarios 38 and 39, from Nix: names with a registry host and slashes, in lower case", async () => {
  assert.match(await load("hostName"), /^(registry-1\.docker\.io\/)?team\/single:Latest$/);
  assert.match(await load("layeredHostName"), /team\/layered:[0-9a-z]{32}$/);
  for (const attribute of ["hostName", "layeredHostName"]) {
    assert.equal(await docker.run(await nameOf(attribute) as string), "Hello, world!\n");
  }
});

Deno.test("scenario 40, from Nix: fakeRootCommands changes an owner", async () => {
  const image = await load("owners");
  const owner = await docker.run(image, "/bin/stat", "-c", "%u:%g", "/home/alice");
  assert.equal(owner, "1000:100\n");
});

Deno.test("shadowSetup in fakeRootCommands with enableFakechroot: the manual's example", async () => {
  const image = await load("shadow");
  assert.match(await docker.run(image, "/bin/cat", "/etc/passwd"), /^root:.*\nredis:x:/);
  const user = await docker.run(image, "/bin/stat", "-c", "%U:%G", "/data");
  assert.equal(user, "redis:redis\n");
});

Deno.test("environment helpers, from Nix: the manual's example, and fakeNss with more lines", async () => {
  const image = await load("helpers");
  assert.equal(await docker.run(image, "/bin/sh", "-c", "echo sh"), "sh\n");
  assert.equal(await docker.run(image, "/usr/bin/env", "-i", "A=b", "/usr/bin/env"), "A=b\n");
  const read = ["/bin/sh", "-c", 'while read -r line; do echo "$line"; done < "$1"', "sh"];
  assert.equal(
    await docker.run(image, ...read, "/etc/passwd"),
    "root:x:0:0:root user:/var/empty:/bin/sh\n" +
      "app:x:1000:1000:App:/srv:/bin/sh\n" +
      "nobody:x:65534:65534:nobody:/var/empty:/bin/sh\n",
  );
  for (
    const file of [
      "/etc/ssl/certs/ca-bundle.crt",
      "/etc/ssl/certs/ca-certificates.crt",
      "/etc/pki/tls/certs/ca-bundle.crt",
    ]
  ) assert.equal(await docker.run(image, ...read, file), "a certificate\n");
});

Deno.test("scenarios 41 and 45, from Nix: three merged images, plain, zstd and gzip, all run", async () => {
  const names = await loadAll("merged");
  assert.deepEqual(names.sort(), ["layered:latest", "plain:latest", "zstd:latest"]);
  for (const name of names) assert.equal(await docker.run(name), "Hello, world!\n");
});

Deno.test("scenario 46, from Nix: an exported root file system has the program and the file", async () => {
  const [file = ""] = await images.build("exported");
  const names = (await succeed(["tar", "--list", "--file", file])).split("\n");
  assert(names.includes("./bin/hello") && names.includes("./made"));
  await docker.docker("import", file, "imported:latest");
  assert.equal(await docker.run("imported:latest", "/bin/hello"), "Hello, world!\n");
});

Deno.test("scenario 65: with the overlay driver, an image runs as 1000:1000", async () => {
  const image = await load("overlay");
  assert.equal((await docker.docker("info", "--format", "{{.Driver}}")).trim(), "overlay2");
  assert.equal(await docker.run(image, "/bin/id", "-u"), "1000\n");
  const user = ["run", "--rm", "--network=none", "--user=1000:1000", await load("layered")];
  assert.equal(
    await docker.docker(...user, "sh", "-c", "id -u; id -g; hello"),
    "1000\n1000\nHello, world!\n",
  );
});

Deno.test("scenarios 66 and 67: images for another architecture, made without running its programs", async () => {
  for (const attribute of ["crossSingle", "crossLayered"]) {
    const image = await load(attribute);
    const { Architecture, Os } = await docker.inspect(image);
    assert.deepEqual([Architecture, Os], ["arm64", "linux"]);
    assert((await docker.exportedNames(image)).includes("bin/hello"));
    assert.notEqual((await docker.tryDocker("run", "--rm", "--network=none", image)).code, 0);
  }
});

Deno.test("mkPureLayer gives a layer with its json, which says what baseJson says", async () => {
  const [directory = ""] = await images.build("pureLayer");
  const json = JSON.parse(Deno.readTextFileSync(`${directory}/json`));
  assert.deepEqual([json.architecture, json.config], ["arm64", { Cmd: ["hello"] }]);
  const names = (await succeed(["tar", "--list", "--file", `${directory}/layer.tar`])).split("\n");
  assert(names.some((name) => name.endsWith("bin/hello")));
  assert.equal(Deno.readTextFileSync(`${directory}/VERSION`), "1.0");
});

Deno.test("tarsum from Nix says of a layer what its json says", async () => {
  const [tarsum = "", directory = ""] = await images.build("functions.tarsum", "single.layer");
  const command = '"$1/bin/tarsum" < "$2/layer.tar"';
  const text = await succeed(["bash", "-c", command, "bash", tarsum, directory]);
  const { checksum } = JSON.parse(Deno.readTextFileSync(`${directory}/json`));
  assert.equal(text.trim(), checksum);
});

Deno.test("makes' makeContainerImage gives container-image:latest", async () => {
  const image = await load("container");
  assert.equal(image, "container-image:latest");
  assert.equal(await docker.run(image), "Hello, world!\n");
});

Deno.test("mergeDrvs puts directories and tarballs over one another, the last one wins", async () => {
  const [directory = ""] = await images.build("drvs");
  const read = (name: string) => Deno.readTextFileSync(`${directory}/share/both/${name}`);
  assert.deepEqual(["same", "first", "second"].map(read), ["second\n", "first\n", "second\n"]);
  assert.equal(Deno.readTextFileSync(`${directory}/made`), 'made (by a "script")\n');
});

Deno.test("mergeDrvs with onlyDeps names the derivations, and needs them", async () => {
  const [file = ""] = await images.build("onlyNamed");
  const named = (await Deno.readTextFile(file)).trim().split(" ");
  assert.equal(named.length, 2);
  const references = await succeed(["nix-store", "--query", "--references", file]);
  assert.deepEqual(references.trim().split("\n").sort(), named.sort());
});

Deno.test("shellScript runs with an empty environment", async () => {
  const [script = ""] = await images.build("script");
  assert.equal(await succeed(["env", "-i", script]), `hello from ${script}\n`);
});

Deno.test("a script of an image that fails says so in the build's log, with its line", async () => {
  const { code, stderr } = await images.tryBuild("failing");
  assert.notEqual(code, 0);
  assert.match(stderr, /nix-image: extraCommands failed[^]*line 2/);
});

Deno.test("the stream of buildLayeredImage is the same archive", async () => {
  const [archive = "", stream = ""] = await images.build("layered", "layered.stream");
  const command = 'cmp <(gzip -dc "$1") <("$2")';
  const { code, text } = await runCommand(["bash", "-c", command, "bash", archive, stream]);
  assert.deepEqual([code, text], [0, ""]);
});

Deno.test("runAsRoot, from Nix: the manual's redis-like image, on a base image", async () => {
  const image = await load("redisLike");
  assert.equal(await docker.run(image), "Hello, world!\n");
  assert.equal(await docker.run(image, "/bin/stat", "-c", "%U:%G", "/data"), "redis:redis\n");
  assert.match(await docker.run(image, "/bin/cat", "/etc/passwd"), /^somebody:x:999.*\nredis:x:/m);
});

Deno.test("scenario 54, from Nix: a nix-shell image builds its derivation, which Nix has not built", async () => {
  const image = await load("nixShell");
  assert.equal(image, "needs_home-1.0-env:latest");
  const command = ["bash", "-c", "test ! -e $out && buildDerivation && $out"];
  assert.equal(await docker.run(image, ...command), "Hello, world!\n");
  assert.equal(await docker.run(image, "/usr/bin/env", "-i", "A=b", "/usr/bin/env"), "A=b\n");
  const { Env } = (await docker.inspect(image)).Config;
  assert(
    Env?.some((entry) => /^SSL_CERT_FILE=.*-cacert\/etc\/ssl\/certs\/ca-bundle.crt$/.test(entry)),
  );
  const [archive] = await images.build("nixShell");
  assert.match(archive ?? "", /-Needs_home\+1\.0-env\.tar\.gz$/);
});

Deno.test("scenarios 58, 60 and 61, from Nix: a streamed nix-shell image runs a command as its user", async () => {
  const image = await load("nixShellRun");
  assert.match(image, /team\/shell:[0-9a-z]{32}$/);
  assert.equal(image, await nameOf("nixShellRun"));
  assert.equal(
    await docker.run(image),
    "This is the shell hook!\nhooked into shell-test in /homeless-shelter\n" +
      "Hello, it's the world!\n1234\n4321\n",
  );
});

Deno.test("scenario 15, from Nix: pullImage takes what nix-prefetch-docker prints, out of a local registry", async () => {
  await using registry = await startRegistry();
  const [archive = "", prefetch = ""] = await images.build(
    "plain",
    "functions.nix-prefetch-docker",
  );
  const destination = `docker://${registry.host}/team/app:1`;
  const copy = ["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false"];
  await succeed([...copy, `docker-archive:${archive}`, destination]);
  const words = ["--tls-verify", "false", "--final-image-name", "pulled", "--quiet"];
  const printed = await succeed([
    `${prefetch}/bin/nix-prefetch-docker`,
    ...words,
    `${registry.host}/team/app`,
    "1",
  ]);
  const pulled = (more: string) =>
    `images.functions.pullImage (${printed} // { tlsVerify = false; ${more} })`;
  const file = await images.buildExpression(pulled('finalImageTag = "1";'));
  const text = await succeed(["docker", "load", "--input", file], { env: docker.env });
  assert.match(text, /^Loaded image: pulled:1$/m);
  assert.equal(await docker.run("pulled:1"), "Hello, world!\n");
  const wrong = `hash = "sha256-${"A".repeat(43)}=";`;
  await assert.rejects(images.buildExpression(pulled(wrong)), /hash mismatch/);
});

Deno.test("the flake evaluates, and its functions make the same image", async () => {
  await using scratch = new Scratch();
  const tag = await nameOf("plain");
  await succeed(["cp", "--recursive", `${PROJECT}/nix`, `${PROJECT}/flake.nix`, scratch.path]);
  const features = ["--extra-experimental-features", "nix-command flakes"];
  const apply = 'make: let image = (make { system = "x86_64-linux"; deno = "/deno"; ' +
    'program = "/program"; }).buildImage { name = "plain"; tag = "latest"; }; ' +
    'in "${image.imageName}:${image.imageTag}"';
  const value = await succeed(
    [
      "nix",
      ...features,
      "eval",
      "--json",
      `path:${scratch.path}#lib.dockerTools`,
      "--apply",
      apply,
    ],
    { env: nixEnvironment() },
  );
  assert.equal(JSON.parse(value), tag);
});

Deno.test("the program that Nix bundles of the source is the one that Deno bundles", async () => {
  const cache = JSON.parse(await succeed([Deno.execPath(), "info", "--json"]));
  const npm = `${cache.npmCache}/registry.npmjs.org`;
  const esbuild = [...Deno.readDirSync(`${cache.denoDir}/dl`)]
    .map(({ name }) => `${cache.denoDir}/dl/${name}`)
    .flatMap((directory) =>
      [...Deno.readDirSync(directory)].map(({ name }) => `${directory}/${name}`)
    )
    .find((file) => /\/esbuild-linux-/.test(file));
  const version = (name: string) =>
    [...Deno.readDirSync(`${npm}/${name}`)].map(({ name }) => name).find((name) =>
      /^\d/.test(name)
    );
  const file = await images.buildExpression(`images.bundled {
    esbuild = ${esbuild};
    packages = {
      commander = ${npm}/commander/${version("commander")};
      zod = ${npm}/zod/${version("zod")};
    };
  }`);
  const run = async (...words: string[]) =>
    await succeed([Deno.execPath(), "run", "--no-config", "--allow-all", file, ...words]);
  assert.equal(await run("schema"), await succeed([...nixImageCommand(), "schema"]));
  assert.equal(await run("--help"), await succeed([...nixImageCommand(), "--help"]));
});
