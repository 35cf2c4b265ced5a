/**
 * What a script that runs as root finds, what comes after it, and what of it gets into an image.
 * @module
 */

import assert from "node:assert/strict";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { findProgram } from "../../tasks/programs.ts";
import { readImage } from "../support/archive.ts";
import { debianClosure } from "../support/debian_closure.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const paths = await buildFixtures("busybox", "coreutils", "hello", "message");
const [bash = ""] = await debianClosure(["bash"]);

/** An image of 30 layers, each of which has a file of its own and deletes one of the layer below. */
const MANY_LAYERS = `
import hashlib, io, json, sys, tarfile

busybox, target = sys.argv[1:]
with tarfile.open(target, "w") as image:
    def add(archive, name, content, mode=0o644):
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), mode
        archive.addfile(member, io.BytesIO(content))

    names, digests = [], []
    for number in range(30):
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as archive:
            add(archive, f"each/{number:02}", b"x")
            add(archive, f"last/{number:02}", b"x")
            add(archive, "number", str(number).encode())
            if number == 0:
                add(archive, "bin/busybox", open(busybox, "rb").read(), 0o755)
                for name in ("sh", "cat", "ls"):
                    link = tarfile.TarInfo("bin/" + name)
                    link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                    archive.addfile(link)
            else:
                add(archive, f"last/.wh.{number - 1:02}", b"")
        names.append(f"{number}/layer.tar")
        digests.append("sha256:" + hashlib.sha256(layer.getvalue()).hexdigest())
        add(image, names[-1], layer.getvalue())
    config = {"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin"]},
              "rootfs": {"type": "layers", "diff_ids": digests}}
    add(image, "config.json", json.dumps(config).encode())
    manifest = [{"Config": "config.json", "RepoTags": ["many:1"], "Layers": names}]
    add(image, "manifest.json", json.dumps(manifest).encode())
`;

Deno.test("on 30 base layers runAsRoot comes after the contents and before all other commands, and its changes are the top layer", async () => {
  await using scratch = new Scratch();
  const fromImage = `${scratch.path}/many.tar`;
  await succeed(["python3", "-c", MANY_LAYERS, findProgram("busybox") ?? "", fromImage]);
  const archive = `${scratch.path}/image.tar`;
  const spec = scratch.spec({
    name: "on-many",
    tag: "1",
    fromImage,
    contents: [paths.hello],
    created: "2020-01-02T03:04:05Z",
    path: ["/bin", paths.busybox],
    runAsRoot: `
      ls /each | busybox wc -l >/seen
      ls /last >>/seen
      cat /number >>/seen
      hello >>/seen
      busybox date -u +%Y-%m-%dT%H:%M >>/seen
      readlink /bin/hello >>/seen
      ${paths.coreutils}/bin/id -u >>/seen
      test ! -e /order
      echo root >/order
      ln -s ${paths.message} /mentioned
    `,
    extraCommands: "cat bin/busybox 2>/dev/null && exit 1; echo extra >>order; mkdir extra-made",
    fakeRootCommands: "echo fake >>order; chown 5:6 order",
    permissions: [{ path: "/extra-made", uid: 7, mode: "0711" }],
  });
  const build = ["build", spec, "--accel", "tcg", "--compressor", "none", "-o", archive];
  const { code, stderr } = await nixImage(build);
  assert.equal(code, 0, stderr);
  await docker.docker("load", "--input", archive);
  assert.equal(
    await docker.run("on-many:1", "cat", "/seen", "/order", "/mentioned"),
    `30\n29\n29Hello, world!\n2020-01-02T03:04\n${paths.hello}/bin/hello\n0\n` +
      "root\nextra\nfake\nHello, world!\n",
  );
  const owners = ["busybox", "stat", "-c", "%u:%g %a", "/order", "/extra-made", "/seen"];
  assert.equal(await docker.run("on-many:1", ...owners), "5:6 644\n7:0 711\n0:0 644\n");

  const { manifest, config } = await readImage(archive);
  const layers = await Promise.all(
    manifest.Layers.slice(30).map((layer) =>
      succeed(["sh", "-c", 'tar -xOf "$1" "$2" | tar -t', "sh", archive, layer])
    ),
  );
  assert.equal(config.rootfs.diff_ids.length, 30 + layers.length);
  const top = layers.pop()?.trimEnd().split("\n") ?? [];
  const expected = ["./", "./bin/", "./bin/hello", "./extra-made/", "./mentioned", "./order"];
  assert.deepEqual(top, [...expected, "./seen"]);
  const below = layers.join("");
  for (const path of [paths.hello, paths.message]) assert.ok(below.includes(path.slice(1)), below);
  // What the script has only used.
  for (const path of [paths.coreutils, paths.busybox]) {
    assert.ok(!below.includes(path.slice(1)), below);
  }
});

Deno.test("a single image's contents belong to its uid and gid, rules apply after runAsRoot, and the Nix database is there", async () => {
  await using scratch = new Scratch();
  const archive = `${scratch.path}/image.tar`;
  const spec = scratch.spec({
    type: "single",
    name: "owned",
    tag: "1",
    copyToRoot: [paths.coreutils],
    uid: 1000,
    gid: 1001,
    includeNixDB: true,
    // As the script sees it.
    shell: bash,
    path: [paths.coreutils],
    runAsRoot: `
      [[ -n $BASH_VERSION ]] && mkdir made
      stat -c '%n %u:%g' /bin/cat bin made >/owners
      stat -c %n /nix/var/nix/db/db.sqlite >>/owners
      touch /ruled
    `,
    permissions: [{ path: "/ruled", mode: "4711", uid: 12 }],
  });
  const build = ["build", spec, "--accel", "tcg", "--compressor", "none", "-o", archive];
  const { code, stderr } = await nixImage(build);
  assert.equal(code, 0, stderr);
  await docker.docker("load", "--input", archive);
  const owners = "/bin/cat 1000:1001\nbin 1000:1001\nmade 0:0\n/nix/var/nix/db/db.sqlite\n";
  assert.equal(await docker.run("owned:1", "cat", "/owners"), owners);
  const stat = ["stat", "-c", "%u:%g %a", "/bin", "/made", "/ruled"];
  assert.equal(await docker.run("owned:1", ...stat), "1000:1001 555\n0:0 755\n12:0 4711\n");

  const { manifest } = await readImage(archive);
  const database = `${scratch.path}/db.sqlite`;
  const script = 'tar -xOf "$1" "$2" | tar -xO ./nix/var/nix/db/db.sqlite >"$3"';
  await succeed(["sh", "-c", script, "sh", archive, manifest.Layers.at(-1) ?? "", database]);
  const query = `
import sqlite3, sys
for path, in sqlite3.connect(sys.argv[1]).execute("select path from ValidPaths"): print(path)`;
  const registered = await succeed(["python3", "-c", query, database]);
  const held = (await docker.run("owned:1", "ls", "/nix/store")).trimEnd().split("\n");
  // Without bash, which was only used.
  assert.deepEqual(registered.trimEnd().split("\n"), held.map((name) => `/nix/store/${name}`));
  assert.ok(!held.join().includes("bash"), held.join());
});

Deno.test("shell, path and contents come from another store", async () => {
  await using scratch = new Scratch();
  const root = `${scratch.path}/root`;
  const env = { ...nixEnvironment(), NIX_REMOTE: `local?root=${root}` };
  const add = async (name: string, ...commands: string[]) => {
    const made = `${scratch.path}/${name}`;
    await succeed(["sh", "-ec", commands.join("\n"), "sh", made, findProgram("busybox") ?? ""]);
    return (await succeed(["nix-store", "--add", made], { env })).trim();
  };
  const programs = await add("programs", 'mkdir "$1"', 'cp "$2" "$1/busybox"', 'date >"$1/unique"');
  const tools = await add(
    "tools",
    'mkdir -p "$1/bin"',
    `ln -s ${programs}/busybox "$1/bin/sh"`,
    `ln -s ${programs}/busybox "$1/bin/own-cat"`,
    `ln -s ${programs}/busybox "$1/bin/cat"`,
  );
  const data = await add("data", 'mkdir "$1"', 'echo data >"$1/data"');
  const spec = scratch.spec({
    name: "other-store",
    tag: "1",
    contents: [data],
    shell: tools,
    path: [tools],
    runAsRoot: `cat /data >/copy; echo "$PATH" | cat >>/copy; cp ${programs}/busybox /cat`,
    config: { Cmd: ["/cat", "/copy", "/data"] },
  });
  const image = await docker.load(spec, "--store-root", root);
  assert.equal(await docker.run(image), `data\n${tools}/bin:/.nix-image/bin\ndata\n`);
});

Deno.test("the same script on the same input gives the same bytes, whenever and wherever it runs", async () => {
  await using scratch = new Scratch();
  const fromImage = `${scratch.path}/many.tar`;
  await succeed(["python3", "-c", MANY_LAYERS, findProgram("busybox") ?? "", fromImage]);
  const spec = scratch.spec({
    type: "single",
    name: "same",
    tag: "1",
    fromImage,
    copyToRoot: [paths.hello],
    runAsRoot: `
      times=$(stat -c '%n %Y' / /each /last /bin /nix/store /nix/store/* /tmp)
      echo "$times" >/times
      date +%Y-%m-%dT%H:%M >/date
      { hostname; uname -n; cat /proc/sys/kernel/hostname; env; echo $$; ulimit -a; } >/system
      for name in c a b; do echo $name >/each/$name; done
      find / -xdev >/found
      cp -r /each /each-copied
      tar -cf /all.tar /last /bin
      mv /last /last-moved
      ls -li /each | cut -d ' ' -f 1 | sort -u | wc -l >/inodes
    `,
  });
  const archives: string[] = [];
  for (const [tmp, TZ] of [["one", "UTC"], ["another", "Asia/Tokyo"]] as const) {
    const TMPDIR = `${scratch.path}/${tmp}`;
    await Deno.mkdir(TMPDIR);
    archives.push(`${TMPDIR}.tar.gz`);
    const build = ["build", spec, "--quiet", "--accel", "tcg", "-o", archives.at(-1)!];
    const { code, stderr } = await nixImage(build, { env: { TMPDIR, TZ } });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual([...Deno.readDirSync(TMPDIR)], [], "nothing is left");
  }
  await succeed(["cmp", ...archives]);
});
