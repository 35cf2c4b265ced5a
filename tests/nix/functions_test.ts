/** The Nix functions: what can be known without building anything. */

import assert from "node:assert/strict";
import { SHADOW_SETUP } from "../../src/rootfs/shadow_setup.ts";
import { RUN_OPTIONS } from "../../src/process/run_options.ts";
import { IMAGE_NAME, IMAGE_TAG } from "../../src/spec/image_name.ts";
import { PROJECT } from "../../tasks/program_command.ts";
import { evaluate } from "../support/evaluate.ts";

async function valueOf(expression: string, given?: string): Promise<unknown> {
  const evaluated = await evaluate(expression, given);
  if ("error" in evaluated) throw new Error(evaluated.error);
  return evaluated.value;
}

async function errorOf(expression: string, given?: string): Promise<string> {
  const evaluated = await evaluate(expression, given);
  if ("value" in evaluated) assert.fail(`${expression} is ${JSON.stringify(evaluated.value)}`);
  return evaluated.error;
}

const ZEROS = "0".repeat(64);
const PULLED = `imageName = "alpine"; imageDigest = "sha256:${ZEROS}";`;

/** The arguments of a derivation, and one. */
const PLAIN = 'name = "Some+drv_1.0"; system = "x86_64-linux"; builder = "/bash";';
const DRV = `drv = derivation { ${PLAIN} };`;

/** Calls with a wrong argument, each with what its error has to say. */
const WRONG: readonly [call: string, error: RegExp][] = [
  ["buildImage { name = 1; }", /buildImage: name is 1; it must be an image's name/],
  ['buildImage { name = "a:b"; }', /buildImage: name is the string "a:b"/],
  ['buildImage { name = "a"; tag = "b c"; }', /buildImage: tag is the string "b c"/],
  ['buildImage { name = "a"; copyToRoot = 3; }', /buildImage: copyToRoot is 3/],
  ['buildImage { name = "a"; config = [ ]; }', /buildImage: config is a list/],
  ['buildImage { name = "a"; runAsRoot = true; }', /buildImage: runAsRoot is true/],
  ['buildImage { name = "a"; diskSize = "1G"; }', /buildImage: diskSize is the string "1G"/],
  ['buildImage { name = "a"; buildVMMemorySize = 0; }', /buildImage: buildVMMemorySize is 0/],
  ['buildImage { name = "a"; keepContentsDirlinks = null; }', /keepContentsDirlinks is null/],
  ['buildImage { name = "a"; uid = -1; }', /buildImage: uid is -1/],
  ['buildImage { name = "a"; fromImage = { }; }', /buildImage: fromImage is a set/],
  ['buildImage { name = "a"; nmae = "b"; }', /unexpected argument 'nmae'/],
  ["buildImage { }", /without required argument 'name'/],
  [
    'buildImage { name = "a"; contents = "/x"; copyToRoot = "/y"; }',
    /in docker image a: You can not specify both contents and copyToRoot\./,
  ],
  [
    'buildImage { name = "a"; compressor = "xz"; }',
    /in docker image a: compressor must be one of: \[gz none zstd\]/,
  ],
  [
    'buildLayeredImage { name = "a"; compressor = null; }',
    /in docker image a: compressor must be one of: \[gz none zstd\]/,
  ],
  [
    'buildLayeredImage { name = "a"; maxLayers = 1; }',
    /the maxLayers argument of dockerTools\.buildLayeredImage function must be greater than 1 \(current value: 1\)/,
  ],
  ['buildLayeredImage { name = "a"; maxLayers = "1"; }', /buildLayeredImage: maxLayers is the str/],
  ['buildLayeredImage { name = "a"; contents = [ 1 ]; }', /buildLayeredImage: contents is a list/],
  ['buildLayeredImage { name = "a"; created = 0; }', /buildLayeredImage: created is 0/],
  ['buildLayeredImage { name = "a"; meta = 0; }', /buildLayeredImage: meta is 0/],
  ['buildLayeredImage { name = "a"; copyToRoot = "/x"; }', /unexpected argument 'copyToRoot'/],
  [
    'buildLayeredImage { name = "b"; fromImage = streamLayeredImage { name = "a"; }; }',
    /buildLayeredImage: fromImage is the derivation stream-a; .* such as buildLayeredImage makes/,
  ],
  ['streamLayeredImage { name = "a"; uname = 0; }', /streamLayeredImage: uname is 0/],
  ['streamLayeredImage { name = "a"; layeringPipeline = 1; }', /layeringPipeline is 1/],
  ['streamLayeredImage { name = "a"; enableFakechroot = 1; }', /enableFakechroot is 1/],
  ['streamLayeredImage { name = "a"; compressor = "gz"; }', /unexpected argument 'compressor'/],
  ["tools.buildImageWithNixDb { name = 1; }", /buildImage: name is 1/],
  ["tools.buildLayeredImageWithNixDb { name = 1; }", /buildLayeredImage: name is 1/],
  ["tools.makeContainerImage { layered = 1; }", /makeContainerImage: layered is 1/],
  ["tools.makeContainerImage { layers = 1; }", /makeContainerImage: layers is 1/],
  ['tools.pullImage { imageName = "a"; imageDigest = "latest"; }', /pullImage: imageDigest is the/],
  [`tools.pullImage { ${PULLED} }`, /pullImage: fetcher called without `hash`/],
  [
    `tools.pullImage { ${PULLED} hash = "a"; sha256 = "b"; }`,
    /pullImage: mutually-incompatible arguments/,
  ],
  [`tools.pullImage { ${PULLED} hash = ""; tlsVerify = 1; }`, /pullImage: tlsVerify is 1/],
  ['tools.exportImage { fromImage = "/x"; }', /exportImage: name is missing/],
  ["tools.exportImage { fromImage = 1; }", /exportImage: fromImage is 1/],
  [
    "tools.buildNixShellImage { drv = 1; }",
    /buildNixShellImage: drv is 1; it must be a derivation/,
  ],
  ['tools.streamNixShellImage { drv = "/x.drv"; }', /streamNixShellImage: drv is the string/],
  ["tools.streamNixShellImage { }", /without required argument 'drv'/],
  [`tools.streamNixShellImage { ${DRV} uid = "1"; }`, /streamNixShellImage: uid is the string "1"/],
  [`tools.buildNixShellImage { ${DRV} gid = -1; }`, /buildNixShellImage: gid is -1/],
  [`tools.buildNixShellImage { ${DRV} name = "a:b"; }`, /buildNixShellImage: name is the string/],
  [`tools.buildNixShellImage { ${DRV} tag = ""; }`, /buildNixShellImage: tag is the string ""/],
  [`tools.streamNixShellImage { ${DRV} shell = 1; }`, /streamNixShellImage: shell is 1/],
  [`tools.streamNixShellImage { ${DRV} run = true; }`, /streamNixShellImage: run is true/],
  [`tools.streamNixShellImage { ${DRV} command = 1; }`, /streamNixShellImage: command is 1/],
  [`tools.streamNixShellImage { ${DRV} homeDirectory = "a"; }`, /homeDirectory is the string "a"/],
  [`tools.streamNixShellImage { ${DRV} compressor = "gz"; }`, /unexpected argument 'compressor'/],
  [
    `tools.buildNixShellImage { ${DRV} compressor = "xz"; }`,
    /in docker image Some\+drv_1\.0: compressor must be one of: \[gz none zstd\]/,
  ],
  [
    `tools.buildNixShellImage { ${DRV} command = "a"; run = "b"; }`,
    /streamNixShellImage: Can't specify both command and run/,
  ],
  [
    `tools.buildNixShellImage { drv = derivation { ${PLAIN} __structuredAttrs = true; }; }`,
    /streamNixShellImage: Does not work with the derivation Some\+drv_1\.0 because it uses __structuredAttrs/,
  ],
  ["tools.mergeImages 1", /mergeImages: images is 1/],
  ["tools.mergeImages [ ]", /mergeImages: images is not a list with an image in it/],
  [
    'tools.mergeImages [ (streamLayeredImage { name = "a"; }) ]',
    /mergeImages: stream-a is a script that streams an image/,
  ],
  ["tools.mergeDrvs { derivations = 1; }", /mergeDrvs: derivations is 1/],
  ["tools.fakeNss.override { extraGroupLines = 1; }", /fakeNss: extraGroupLines is 1/],
  ['tools.mkPureLayer { name = "a"; gid = "b"; }', /mkPureLayer: gid is the string "b"/],
  ['tools.mkRootLayer { name = "a"; runAsRoot = 1; }', /mkRootLayer: runAsRoot is 1/],
  ['tools.mkPureLayer { name = "a"; baseJson = 1; }', /mkPureLayer: baseJson is 1/],
];

Deno.test("each function names the argument that is wrong, with what it must be", async () => {
  for (const [call, error] of WRONG) {
    assert.match(await errorOf(`(${call}).drvPath`), error, call);
  }
});

Deno.test("what is missing without nixpkgs is named, and only where it is needed", async () => {
  const image = (more: string) => `(buildLayeredImage { name = "a"; ${more} }).drvPath`;
  assert.equal(typeof await valueOf(image("")), "string");
  for (
    const [more, name] of [
      ['extraCommands = "true";', "path"],
      ['fakeRootCommands = "true";', "path"],
      ["includeNixDB = true;", "nix"],
      ["contents = [ tools.binSh ];", "bashInteractive"],
      ["contents = [ tools.usrBinEnv ];", "coreutils"],
      ["contents = [ tools.caCertificates ];", "cacert"],
    ]
  ) {
    const error = await errorOf(image(more ?? ""));
    assert.match(
      error,
      new RegExp(`nix-image: ${name} is needed here; give it to nix/default.nix`),
    );
  }
  assert.match(await errorOf("tools.shadowSetup"), /nix-image: shadow is needed here/);
  const given = 'path = [ ]; fakeroot = "/fakeroot";';
  const error = await errorOf(
    image('fakeRootCommands = "true"; enableFakechroot = true;'),
    given,
  );
  assert.match(error, /nix-image: (proot|util-linux) is needed here/);
});

Deno.test("attributes of images are those of dockerTools", async () => {
  const names = await valueOf(`
    let
      args = { name = "Registry.example/Team/App"; meta.description = "text"; };
      of = image: names: builtins.listToAttrs (map (name: {
        inherit name; value = image.\${name}; }) names) // { file = image.name; };
      single = buildImage args;
      layered = buildLayeredImage (args // { tag = "Tag"; passthru.own = 1; });
      streamed = streamLayeredImage (args // { passthru.own = 2; });
    in {
      single = of single [ "imageName" "imageTag" "buildArgs" "meta" ];
      layer = single.passthru.layer.name;
      layered = of layered [ "imageName" "imageTag" "own" "meta" ];
      stream = of layered.stream [ "imageName" "imageTag" "isExe" ];
      streamed = of streamed [ "imageName" "isExe" "own" "streamScript" ];
      isHash = builtins.substring 11 32 streamed.conf.outPath == streamed.imageTag;
      conf = streamed.conf.name;
      plain = (buildImage (args // { compressor = "none"; })).name;
      zstd = (buildLayeredImage (args // { compressor = "zstd"; })).name;
    }`);
  const { single, stream, streamed, layered, ...others } = names as Record<
    string,
    Record<string, unknown>
  >;
  const name = "registry.example/team/app";
  const args = { name: "Registry.example/Team/App", meta: { description: "text" } };
  assert.match(String(single?.imageTag), /^[0-9a-df-np-sv-z]{32}$/);
  assert.deepEqual(single, {
    imageName: name,
    imageTag: single?.imageTag,
    buildArgs: args,
    meta: args.meta,
    file: "docker-image-App.tar.gz",
  });
  assert.deepEqual(layered, {
    imageName: name,
    imageTag: "Tag",
    own: 1,
    meta: args.meta,
    file: "App.tar.gz",
  });
  assert.deepEqual(stream, {
    imageName: name,
    imageTag: "Tag",
    isExe: true,
    file: "stream-App",
  });
  assert.deepEqual(streamed, {
    imageName: name,
    isExe: true,
    own: 2,
    streamScript: "/program",
    file: "stream-App",
  });
  assert.deepEqual(others, {
    layer: "docker-layer-App",
    isHash: true,
    conf: "App-conf.json",
    plain: "docker-image-App.tar",
    zstd: "App.tar.zst",
  });
});

const FOR_SHELLS = 'bashInteractive = "/sh"; coreutils = "/coreutils"; cacert = "/cacert";';

Deno.test("nix-shell images are named for their derivation, as the program names them", async () => {
  const value = await valueOf(
    `
    let
      of = name: (tools.streamNixShellImage { drv = derivation { inherit name; system = "x"; builder = "/b"; }; }).imageName;
      args = { ${DRV} tag = "Tag"; };
      image = tools.buildNixShellImage args;
      zstd = image.override { compressor = "zstd"; tag = null; name = "Team/Shell"; };
    in {
      names = map of [ "gtk+-3.0" "Hello_World--1" "a?=b..c._d" "-x" ];
      image = [ image.name image.imageName image.imageTag image.stream.name image.stream.isExe ];
      zstd = [ zstd.name zstd.imageName (zstd.imageTag == builtins.substring 11 32 zstd.conf.outPath) zstd.conf.name ];
    }`,
    FOR_SHELLS,
  );
  assert.deepEqual(value, {
    names: ["gtk-3.0-env", "hello_world--1-env", "a-b-c-d-env", "x-env"],
    image: ["Some+drv_1.0-env.tar.gz", "some-drv_1.0-env", "Tag", "stream-some-drv_1.0-env", true],
    zstd: ["Some+drv_1.0-env.tar.zst", "team/shell", true, "Shell-conf.json"],
  });
});

Deno.test("a nix-shell image needs the file of its derivation, not its outputs", async () => {
  const value = await valueOf(
    `
    let
      drv = derivation { ${PLAIN} };
      conf = (tools.streamNixShellImage { inherit drv; }).conf;
    in (builtins.getContext (toString conf.args)).\${builtins.unsafeDiscardStringContext drv.drvPath}`,
    FOR_SHELLS,
  );
  assert.deepEqual(value, { path: true });
});

Deno.test("override makes an image again, with other arguments or a function of them", async () => {
  assert.deepEqual(
    await valueOf(`
      let
        image = buildImage { name = "a"; tag = "b"; };
        twice = (image.override { tag = "c"; }).override (before: { name = before.tag; });
        stream = (streamLayeredImage { name = "a"; }).override { tag = "d"; };
        nss = tools.fakeNss.override { extraPasswdLines = [ "app:x:1:1::/:/bin/sh" ]; };
      in [ "\${twice.imageName}:\${twice.imageTag}" stream.imageTag (nss != tools.fakeNss) ]`),
    ["c:c", "d", true],
  );
});

Deno.test("a tag that is the hash depends on what the image is made of, not on the compressor", async () => {
  const tags = await valueOf(`map (args: (buildImage (args // { name = "a"; })).imageTag) [
    { } { compressor = "zstd"; } { meta.a = 1; } { uid = 1; } { config.Cmd = [ "a" ]; } ]`);
  const [first, ...others] = tags as string[];
  assert.deepEqual(others.map((tag) => tag === first), [true, true, false, false]);
});

Deno.test("what is in a string of config is built with the image", async () => {
  const context = await valueOf(
    `
    let
      hello = tools.shellScript "hello" "echo hello";
      image = streamLayeredImage { name = "a"; config.Cmd = [ "\${hello}" ]; };
      has = drv: text: builtins.hasAttr (builtins.unsafeDiscardStringContext drv.drvPath) (builtins.getContext text);
    in has hello image.conf.files && has image.conf image.files`,
    'runtimeShell = "/sh"; coreutils = "/coreutils";',
  );
  assert.equal(context, true);
});

Deno.test("images for another architecture say so; an image's own argument wins", async () => {
  const architectures = await valueOf(
    `map (args: (builtins.fromJSON (builtins.unsafeDiscardStringContext
      (builtins.head (builtins.fromJSON (builtins.unsafeDiscardStringContext
        (streamLayeredImage (args // { name = "a"; })).conf.files))).text)).architecture)
      [ { } { architecture = "riscv64"; } ]`,
    'hostSystem = "aarch64-linux";',
  );
  assert.deepEqual(architectures, ["aarch64-linux", "riscv64"]);
});

Deno.test("shadowSetup is the script that the program prints, after the places of shadow and shell", async () => {
  const script = await valueOf("tools.shadowSetup", 'shadow = "/shadow"; runtimeShell = "/sh";');
  assert.equal(
    script,
    `export PATH=/shadow/bin:$PATH\nSHADOW_SETUP_SHELL=/sh\n${SHADOW_SETUP.trimEnd()}\n`,
  );
});

Deno.test("the program is started with the permissions that it has elsewhere", () => {
  const options = Deno.readTextFileSync(new URL("../../nix/run_options.json", import.meta.url));
  assert.deepEqual(JSON.parse(options), RUN_OPTIONS);
});

Deno.test("names and tags are taken and refused as by the program", async () => {
  const names = [
    "a",
    "A/b",
    "a:1/b",
    "h.example:5000/a__b",
    "a..b",
    "-a",
    "a/",
    "a b",
    "[::1]:5/a",
    "",
  ];
  const tags = ["a", "A.b-c_d", ".a", "-a", "", "a/b", "é", "x".repeat(128), "x".repeat(129)];
  const isTaken = async (args: string) =>
    "value" in await evaluate(`(buildImage { ${args} }).imageTag`);
  for (const name of names) {
    assert.equal(
      await isTaken(`name = ${JSON.stringify(name)}; tag = "t";`),
      IMAGE_NAME.test(name),
      name,
    );
  }
  for (const tag of tags) {
    assert.equal(
      await isTaken(`name = "a"; tag = ${JSON.stringify(tag)};`),
      IMAGE_TAG.test(tag),
      tag,
    );
  }
});

Deno.test("the flake's overlay puts the functions in the place of nixpkgs'", async () => {
  const values = await valueOf(`
    let
      flake = (import ${PROJECT}/flake.nix).outputs { self = { }; };
      final = import ${PROJECT}/tests/support/nixpkgs.nix // packages;
      packages = flake.overlays.default final { dockerTools = { examples = 1; buildImage = 2; }; };
      image = packages.dockerTools.buildImage { name = "a"; tag = "b"; };
    in [ packages.dockerTools.examples image.imageTag packages.nix-image.name ]`);
  assert.deepEqual(values, [1, "b", "nix-image"]);
});
