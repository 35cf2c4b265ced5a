import assert from "node:assert/strict";
import type { BaseImageSource, RegistryImageSource } from "../../src/spec/image_spec.ts";
import { inDirectory as inNewDirectory, output } from "../support/directories.ts";
import { errorLines, load } from "../support/specs.ts";

const BASE = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-base.tar.gz";
const NAME = 'an image name such as "app" or "registry.example.org:5000/team/app"';
const IMAGE = "a docker-archive, an OCI archive or the directory of an OCI layout";
const PLATFORM =
  'null or OS/ARCHITECTURE[/VARIANT] such as "linux/arm64/v8": the OS is linux, the ' +
  'architecture an OCI name or a machine name such as "aarch64"';
const FIELDS = "Env, Entrypoint, Cmd, WorkingDir, User, Labels, ExposedPorts, Volumes";
const INHERITED = `one of ${FIELDS}`;

const IN_STORE: BaseImageSource = {
  path: BASE,
  inStore: true,
  name: null,
  tag: null,
  platform: null,
};

/** Runs `body` in a new directory, whose path is free of links. */
function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  return inNewDirectory(async (directory) => await body(await Deno.realPath(directory)));
}

async function baseImage(
  fields: object,
): Promise<BaseImageSource | RegistryImageSource | null> {
  return (await load({ name: "app", ...fields })).spec.fromImage;
}

Deno.test("fromImage is a path, or an object that also says which image there", async () => {
  assert.equal(await baseImage({ fromImage: null }), null);
  assert.deepEqual(await baseImage({ fromImage: BASE }), IN_STORE);
  assert.deepEqual(await baseImage({ fromImage: { path: BASE, name: null } }), IN_STORE);
  assert.deepEqual(
    await baseImage({
      fromImage: { path: BASE, name: "Host:1/Team/Base", tag: "V3", platform: "linux/arm64/v8" },
    }),
    { ...IN_STORE, name: "host:1/team/base", tag: "V3", platform: "linux/arm64/v8" },
  );
});

Deno.test("fromImageName and fromImageTag say what name and tag in fromImage say", async () => {
  const chosen = { ...IN_STORE, name: "alpine", tag: "3" };
  const arguments_ = { fromImageName: "alpine", fromImageTag: "3" };
  assert.deepEqual(await baseImage({ fromImage: BASE, ...arguments_ }), chosen);
  assert.deepEqual(
    await baseImage({ fromImage: { path: BASE, name: "alpine" }, fromImageTag: "3" }),
    chosen,
  );
  // As dockerTools' defaults are.
  const none = { fromImageName: null, fromImageTag: null };
  assert.deepEqual(
    await baseImage({ fromImage: { path: BASE, name: "alpine", tag: "3" }, ...none }),
    chosen,
  );
  assert.equal(await baseImage(none), null);
  assert.deepEqual(
    await errorLines({
      name: "app",
      fromImage: { path: BASE, name: "a", tag: "b" },
      ...arguments_,
    }),
    [
      "fromImageName: you can not specify both fromImageName and fromImage.name, which are the same",
      "fromImageTag: you can not specify both fromImageTag and fromImage.tag, which are the same",
    ],
  );
  for (const fromImage of [undefined, null]) {
    assert.deepEqual(await errorLines({ name: "app", fromImage, ...arguments_ }), [
      "fromImageName: only for images made on another one: give fromImage",
      "fromImageTag: only for images made on another one: give fromImage",
    ]);
  }
});

Deno.test("the platform of a base image gets OCI's names", async () => {
  for (
    const [given, platform] of [
      ["linux/amd64", "linux/amd64"],
      ["linux/x86_64-linux", "linux/amd64"],
      ["linux/aarch64", "linux/arm64"],
      ["linux/armv7l", "linux/arm/v7"],
      ["linux/armv6l/v7", "linux/arm/v7"],
      ["linux/arm", "linux/arm"],
    ]
  ) {
    const fromImage = { path: BASE, platform: given };
    assert.deepEqual(await baseImage({ fromImage }), { ...IN_STORE, platform });
  }
});

Deno.test("the path of a base image starts at the spec file and is followed up to the store", async () => {
  await inDirectory(async (directory) => {
    const source = `${directory}/spec.json`;
    await Deno.mkdir(`${directory}/layout`);
    await Deno.writeTextFile(`${directory}/base.img`, "");
    await Deno.symlink(BASE, `${directory}/result`);
    await Deno.symlink("base.img", `${directory}/link`);
    for (
      const [given, path, inStore] of [
        ["./result", BASE, true],
        ["result/sub", `${BASE}/sub`, true],
        ["layout", `${directory}/layout`, false],
        ["base.img", `${directory}/base.img`, false],
        [`${directory}/link`, `${directory}/base.img`, false],
      ] as const
    ) {
      for (const fromImage of [given, { path: given }]) {
        await Deno.writeTextFile(source, JSON.stringify({ name: "app", fromImage }));
        assert.deepEqual((await load("", { source })).spec.fromImage, {
          ...IN_STORE,
          path,
          inStore,
        });
      }
    }
  });
});

Deno.test("a path with nothing that could be a base image is told", async () => {
  await inDirectory(async (directory) => {
    await output("mkfifo", `${directory}/fifo`);
    const found = (path: string) => `expected ${IMAGE}, found ${JSON.stringify(path)}`;
    for (
      const [path, problem] of [
        [`${directory}/no`, `but ${directory}/no does not exist`],
        [`${directory}/fifo`, `which leads to ${directory}/fifo, neither a directory nor a file`],
        ["/nix/store", "which leads to /nix/store, which holds the Nix store"],
      ] as const
    ) {
      const line = `${found(path)}, ${problem}`;
      assert.deepEqual(await errorLines({ name: "app", fromImage: path }), [`fromImage: ${line}`]);
      // Also where something else is wrong.
      assert.deepEqual(await errorLines({ name: "app", fromImage: { path, tag: 1 } }), [
        'fromImage.tag: expected null or a tag: at most 128 of the characters A-Z a-z 0-9 "_" "." ' +
        '"-", the first neither "." nor "-", found 1',
        `fromImage.path: ${line}`,
      ]);
    }
  });
});

Deno.test("what is wrong with the fields of a base image is told", async () => {
  const base = (fields: object) => ({ name: "app", fromImage: { path: BASE, ...fields } });
  for (
    const [spec, ...lines] of [
      [
        { name: "app", fromImage: 1 },
        "fromImage: expected null, a path, or an object with one, found 1",
      ],
      [{ name: "app", fromImage: "" }, 'fromImage: expected the path of an image, found ""'],
      [
        { name: "app", fromImage: {} },
        "fromImage.path: expected the path of an image, found nothing",
      ],
      [
        base({ nmae: "a", tagg: 1 }),
        'fromImage.nmae: unknown field, did you mean "name"?',
        'fromImage.tagg: unknown field, did you mean "tag"?',
      ],
      [
        base({ image: "a" }),
        "fromImage.image: unknown field, expected one of path, name, tag, platform",
      ],
      [
        base({ name: "alpine:3" }),
        `fromImage.name: expected ${NAME} (the tag goes into "fromImage.tag"), found "alpine:3"`,
      ],
      [
        { name: "app", fromImage: BASE, fromImageName: "alpine:3" },
        `fromImageName: expected ${NAME} (the tag goes into "fromImageTag"), found "alpine:3"`,
      ],
      ...["linux", "windows/amd64", "linux/sparc", "amd64", "linux/arm64/", "linux/arm/V7"].map(
        (platform): [object, string] => [
          base({ platform }),
          `fromImage.platform: expected ${PLATFORM}, found ${JSON.stringify(platform)}`,
        ],
      ),
      [
        { name: "app", fromImage: BASE, inherit: ["Env", "user", "Shell", "Env"] },
        `inherit[1]: expected ${INHERITED} (did you mean "User"?), found "user"`,
        `inherit[2]: expected ${INHERITED}, found "Shell"`,
      ],
      [
        { name: "app", fromImage: BASE, inherit: ["Env", "User", "Env"] },
        'inherit[2]: expected each field once, found "Env"',
      ],
      [
        { name: "app", fromImage: BASE, inherit: "Env" },
        `inherit: expected an array of config fields' names, found "Env"`,
      ],
    ] as [object, ...string[]][]
  ) {
    assert.deepEqual(await errorLines(spec), lines);
  }
});

Deno.test("fromImage may name an image in a registry", async () => {
  const registry = `registry.example:5000/team/base@sha256:${"0".repeat(64)}`;
  assert.deepEqual(await baseImage({ fromImage: { registry } }), {
    registry,
    platform: null,
    tlsVerify: true,
  });
  const given = { registry: "alpine:3", platform: "linux/arm64v8", tlsVerify: false };
  assert.deepEqual(await baseImage({ fromImage: given }), { ...given, platform: "linux/arm64/v8" });
});

Deno.test("what is wrong with an image in a registry is told", async () => {
  const expected = 'an image in a registry such as "docker.io/library/alpine@sha256:…"';
  for (
    const [fromImage, ...lines] of [
      ...["", "Upper", "alpine@sha256:0", "oci://alpine", "a:b:c", 5].map(
        (registry): [object, string] => [
          { registry },
          `fromImage.registry: expected ${expected}, found ${JSON.stringify(registry)}`,
        ],
      ),
      [
        { registry: "alpine", tag: "3", tlsverify: false },
        "fromImage.tag: only for an image in a file",
        'fromImage.tlsverify: unknown field, did you mean "tlsVerify"?',
      ],
      [
        { path: BASE, registry: "alpine", tlsVerify: false },
        "fromImage.path: only for an image in a file",
      ],
      [
        { registry: "alpine", image: "x" },
        "fromImage.image: unknown field, expected one of registry, platform, tlsVerify",
      ],
      [
        { regsitry: "alpine" },
        "fromImage.path: expected the path of an image, found nothing",
        'fromImage.regsitry: unknown field, did you mean "registry"?',
      ],
      [
        { registry: "alpine", tlsVerify: "false" },
        'fromImage.tlsVerify: expected true or false, found "false"',
      ],
    ] as [object, ...string[]][]
  ) assert.deepEqual(await errorLines({ name: "app", fromImage }), lines);
  assert.deepEqual(
    await errorLines({ name: "app", fromImage: { registry: "alpine" }, fromImageTag: "3" }),
    ["fromImageTag: only for a file; fromImage.registry says it all"],
  );
});

Deno.test("inherit with no image to inherit from is a warning", async () => {
  const { spec, warnings } = await load({ name: "app", inherit: ["User"] });
  assert.deepEqual(spec.inherit, ["User"]);
  assert.deepEqual(warnings, ["standard input: inherit: has no effect without fromImage"]);
  assert.deepEqual((await load({ name: "app", fromImage: BASE, inherit: [] })).warnings, []);
});
