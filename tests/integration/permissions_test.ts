/**
 * Rules for owners, modes and extended attributes: in the layers, as Python's tarfile reads them,
 * and in a real Docker daemon.
 * @module
 */

import assert from "node:assert/strict";
import { readImage } from "../support/archive.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { askPython } from "../support/python.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const { coreutils, hello, message } = await buildFixtures("coreutils", "hello", "message");

interface Member {
  readonly name: string;
  readonly owner: readonly [uid: number, gid: number, uname: string, gname: string];
  readonly mode: number;
  readonly xattrs: Readonly<Record<string, string>>;
}

/** The members of each layer. */
async function layersOf(scratch: Scratch, spec: string): Promise<Member[][]> {
  const archive = `${scratch.path}/image.tar`;
  const { code, stderr } = await nixImage(["stream", spec], { stdoutFile: archive });
  assert.equal(code, 0, stderr);
  const { manifest } = await readImage(archive);
  const layer = `${scratch.path}/layer.tar`;
  const layers: Member[][] = [];
  for (const name of manifest.Layers) {
    await succeed(
      ["sh", "-c", 'tar -xOf "$1" "$2" >"$3"', "sh", archive, name, layer],
    );
    layers.push(await askPython<Member[]>("list_members.py", layer));
  }
  return layers;
}

/** The extended attributes that a file has where Docker keeps the layers of an image. */
async function attributesInDocker(image: string, path: string): Promise<Record<string, string>> {
  const format = "{{.GraphDriver.Data.UpperDir}}:{{.GraphDriver.Data.LowerDir}}";
  const directories = await docker.docker("image", "inspect", "--format", format, image);
  for (const directory of directories.trim().split(":")) {
    const file = directory + path;
    try {
      await Deno.lstat(file);
    } catch {
      continue;
    }
    return await askPython<Record<string, string>>("get_xattrs.py", file);
  }
  throw new Error(`${image} has no ${path} in ${directories}`);
}

/** Makes a directory with some homes and a program; returns its path. */
function makeSource(scratch: Scratch): string {
  const source = `${scratch.path}/source`;
  for (const directory of ["home/alice/documents", "home/bob", "srv"]) {
    Deno.mkdirSync(`${source}/${directory}`, { recursive: true });
  }
  for (
    const file of ["home/alice/documents/letter", "home/alice/.profile", "home/bob/x", "srv/app"]
  ) {
    Deno.writeTextFileSync(`${source}/${file}`, file);
    Deno.chmodSync(`${source}/${file}`, 0o644);
  }
  return source;
}

// What `setcap cap_net_bind_service+ep` writes: version 2 with the effective flag, bit 10.
const NET_BIND_SERVICE = "0100000200040000000000000000000000000000";
const COMMENT = { name: "user.comment", base64: "aGVsbG8=", hex: "68656c6c6f" };

for (const type of ["layered", "single"]) {
  const sources = (...paths: string[]) => ({
    type,
    [type === "single" ? "copyToRoot" : "contents"]: paths,
  });

  Deno.test(`${type}: rules give owners and modes, by type, and the last one wins`, async () => {
    await using scratch = new Scratch();
    const spec = scratch.spec({
      name: "ruled",
      tag: type,
      ...sources(makeSource(scratch), coreutils),
      permissions: [
        { path: "/home/alice/**", uid: 1, gid: 1000, mode: "0600" },
        { path: "/home/alice/**", uid: 1000 },
        { path: "/home/alice/**", type: "directory", mode: "0750" },
        { path: "/home/alice/.*", type: "file", mode: "4711" },
        { path: "/home/alice/documents", type: "file", mode: "0000" },
        { path: "/home/alice", uid: 1000, gid: 1000, mode: "0700" },
      ],
    });
    const image = await docker.load(spec);
    const files = ["", "/documents", "/documents/letter", "/.profile"].map((path) =>
      `/home/alice${path}`
    );
    const seen = await docker.run(
      image,
      "stat",
      "-c",
      "%u:%g %a",
      ...files,
      "/home",
      "/home/bob/x",
    );
    assert.deepEqual(seen.trim().split("\n"), [
      "1000:1000 700",
      "1000:1000 750",
      "1000:1000 600",
      "1000:1000 4711",
      "0:0 755",
      "0:0 644",
    ]);
  });

  Deno.test(`${type}: a rule changes store paths, which still run`, async () => {
    await using scratch = new Scratch();
    const spec = scratch.spec({
      name: "store-ruled",
      tag: type,
      ...sources(hello, coreutils),
      permissions: [
        { path: `${hello}/**`, uid: 5, gid: 6 },
        { path: message, uid: 7, gid: 8, mode: "0604" },
      ],
      config: { Cmd: ["hello"] },
    });
    const image = await docker.load(spec);
    assert.equal(await docker.run(image), "Hello, world!\n");
    const stat = await docker.run(image, "stat", "-c", "%u:%g %a", message, "/nix/store");
    assert.equal(stat, "7:8 604\n0:0 755\n");
    if (type === "single") return; // It has no need of the program's own store path.
    const program = await docker.run(image, "stat", "-c", "%u:%g %a", `${hello}/bin/hello`);
    assert.equal(program, "5:6 555\n");
  });

  Deno.test(`${type}: capabilities and other attributes are in the layer and arrive in Docker`, async () => {
    await using scratch = new Scratch();
    const rule = { xattrs: { [COMMENT.name]: COMMENT.base64 } };
    const spec = scratch.spec({
      name: "attributes",
      tag: type,
      ...sources(makeSource(scratch), coreutils, hello),
      permissions: [
        { path: "/srv/app", capabilities: "cap_net_bind_service+ep", uid: 3000000 },
        { path: "/srv/*", ...rule },
        { path: "/home/bob", ...rule },
        { path: message, ...rule },
      ],
      config: { Cmd: ["hello"] },
    });
    const expected = {
      "/srv/app": { "security.capability": NET_BIND_SERVICE, [COMMENT.name]: COMMENT.hex },
      "/home/bob": { [COMMENT.name]: COMMENT.hex },
      [message]: { [COMMENT.name]: COMMENT.hex },
    };
    const found: Record<string, Record<string, string>> = {};
    for (const { name, xattrs } of (await layersOf(scratch, spec)).flat()) {
      const records = Object.entries(xattrs);
      if (records.length === 0) continue;
      found[name.replace(/^\./, "")] = Object.fromEntries(
        records.map(([record, value]) => [record.replace("SCHILY.xattr.", ""), value]),
      );
    }
    assert.deepEqual(found, expected);
    const image = await docker.load(spec);
    assert.equal(await docker.run(image), "Hello, world!\n");
    for (const [path, attributes] of Object.entries(expected)) {
      assert.deepEqual(await attributesInDocker(image, path), attributes, path);
    }
  });
}

Deno.test("single: attributes of store paths alone make the layer pax, and it loads", async () => {
  await using scratch = new Scratch();
  const fields = { type: "single", name: "pax", copyToRoot: [hello], config: { Cmd: ["hello"] } };
  const xattrs = { [COMMENT.name]: COMMENT.base64 };
  for (const permissions of [[], [{ path: message, xattrs }]]) {
    const spec = scratch.spec({ ...fields, tag: `${permissions.length}`, permissions });
    const layer = `${scratch.path}/layer-${permissions.length}`;
    assert.equal((await nixImage(["layer", spec, "-o", layer])).code, 0);
    const magic = (await Deno.readFile(`${layer}/layer.tar`)).subarray(257, 265);
    const expected = permissions.length === 0 ? "ustar  \0" : "ustar\x0000";
    assert.equal(new TextDecoder().decode(magic), expected);
    const image = await docker.load(spec);
    assert.equal(await docker.run(image), "Hello, world!\n");
    if (permissions.length === 0) continue;
    assert.deepEqual(await attributesInDocker(image, message), { [COMMENT.name]: COMMENT.hex });
  }
});
