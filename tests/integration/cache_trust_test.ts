import assert from "node:assert/strict";
import { parseStorePath } from "../../src/store/store_path.ts";
import { readNixConf } from "../../src/stores/nix_conf.ts";
import { openStores } from "../../src/stores/stores.ts";
import { whyUntrusted } from "../../src/stores/trust.ts";
import { binaryCache } from "../../src/stores/binary_cache.ts";
import { nix } from "../support/binary_caches.ts";
import { makeFiles } from "../support/directories.ts";
import { PUBLIC_KEY } from "../support/narinfos.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const nobody = { keys: [], checkSignatures: true };

Deno.test("content-addressed paths of Nix count if their address is that of the NAR", async () => {
  await using scratch = new Scratch();
  makeFiles(scratch.path, { "tree/a": "a", "tree/b/c": "c", "file": "text" });
  const { hello, itself } = await buildFixtures("hello", "itself");
  const [tree, file] = [`${scratch.path}/tree`, `${scratch.path}/file`];
  const line = async (...command: string[]) => (await succeed(command)).trim();
  const moved = async (path: string) => {
    const json = await nix("store", "make-content-addressed", "--json", path);
    return (JSON.parse(json) as { rewrites: Record<string, string> }).rewrites[path]!;
  };
  const counted = [
    (await nix("store", "add-path", tree)).trim(),
    (await nix("store", "add-path", file)).trim(),
    await line("nix-store", "--add", tree),
    await line("nix-store", "--add-fixed", "--recursive", "sha256", tree),
    // With a reference, which is one, too.
    await moved(hello),
  ];
  const text = await nix("eval", "--raw", "--expr", `builtins.toFile "text" "some text"`);
  const others = [
    await line("nix-store", "--add-fixed", "sha256", file),
    await line("nix-store", "--add-fixed", "--recursive", "sha1", tree),
    (await nix("store", "add-file", file)).trim(),
    text.trim(),
    await moved(itself),
    itself,
  ];
  const url = `file://${scratch.path}/cache`;
  await nix("copy", "--to", url, ...counted, ...others);
  await using stores = openStores([url], { trust: nobody });
  const closure = await stores.closureOf(counted.map(parseStorePath));
  assert.ok(counted.every((path) => closure.has(parseStorePath(path))));

  using cache = binaryCache(new URL(url));
  const paths = [...counted, ...others].map(parseStorePath);
  for (const [path, info] of await cache.infosOf(paths)) {
    const isCounted = counted.includes(path);
    assert.equal(info.contentAddress !== undefined, path !== itself, path);
    assert.equal(whyUntrusted(path, info, nobody), isCounted ? undefined : "is not signed", path);
    // None of what the address is made from can be another.
    const changed = [
      { narHash: `sha256:${"0".repeat(64)}` },
      { references: [...info.references, parseStorePath(others[0]!)] },
    ];
    for (const change of changed) {
      assert.equal(whyUntrusted(path, { ...info, ...change }, nobody), "is not signed", path);
    }
  }
});

/** Configurations, by file; NIX_CONFIG is what stands under "". */
const CONFIGURATIONS: readonly Record<string, string>[] = [
  {},
  { "etc/nix.conf": `extra-trusted-public-keys = ${PUBLIC_KEY} # mine\nrequire-sigs = false` },
  {
    "etc/nix.conf":
      `trusted-public-keys = ${PUBLIC_KEY}\n!include not-there\ninclude more/one.conf`,
    "etc/more/one.conf": "include two.conf\n  netrc-file   =  /some/netrc  ",
    "etc/more/two.conf": "require-sigs = 0\nextra-binary-cache-public-keys = b:AAAA c:BBBB",
    "home/nix/nix.conf": "extra-trusted-public-keys = d:CCCC b:AAAA",
  },
  { "etc/nix.conf": "binary-cache-public-keys = x:AAAA", "": "require-sigs = no" },
  {
    "etc/nix.conf": "require-sigs = false",
    "home/nix/nix.conf": "trusted-public-keys = y:AAAA",
    "xdg/nix/nix.conf": "trusted-public-keys = z:AAAA\nrequire-sigs = true\nnetrc-file = /xdg",
    "": "extra-trusted-public-keys = w:AAAA\n#trusted-public-keys = v:AAAA\nnetrc-file = /last",
  },
  { "home/nix/nix.conf": "trusted-public-keys =\n" },
];

Deno.test("nix.conf is read as Nix reads it", async () => {
  for (const files of CONFIGURATIONS) {
    await using scratch = new Scratch();
    const { "": config = "", ...onDisk } = files;
    makeFiles(scratch.path, { "etc/empty": "", "home/empty": "", ...onDisk });
    const environment = {
      NIX_CONF_DIR: `${scratch.path}/etc`,
      XDG_CONFIG_HOME: `${scratch.path}/home`,
      XDG_CONFIG_DIRS: `${scratch.path}/nowhere:${scratch.path}/xdg`,
      NIX_CONFIG: config,
    };
    const shown = JSON.parse(
      await succeed(
        ["nix", "--extra-experimental-features", "nix-command", "show-config", "--json"],
        { env: environment },
      ),
    );
    const conf = readNixConf({
      confDirectory: environment.NIX_CONF_DIR,
      configHome: environment.XDG_CONFIG_HOME,
      configDirectories: environment.XDG_CONFIG_DIRS,
      config,
      home: "/nowhere",
    });
    assert.deepEqual(
      [[...conf.trustedPublicKeys].sort(), conf.requireSignatures, conf.netrcFile],
      [
        [...new Set(shown["trusted-public-keys"].value)].sort(),
        shown["require-sigs"].value,
        shown["netrc-file"].value,
      ],
      JSON.stringify(files),
    );
  }
});
