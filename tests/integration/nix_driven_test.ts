/** Stores that Nix reads: what they have and their NARs, compared with what nix-store says of the host's own. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ImageError, UsageError } from "../../src/errors.ts";
import { storeDatabase } from "../../src/store/nix_store.ts";
import { parseStorePath, type StorePath } from "../../src/store/store_path.ts";
import { nixStore } from "../../src/stores/nix_driven.ts";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { BinaryCaches, nix } from "../support/binary_caches.ts";
import { startDaemon } from "../support/daemon.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { startSshServer } from "../support/ssh_server.ts";
import { storePath } from "../support/store_paths.ts";

const { hello, itself } = await buildFixtures("hello", "itself");
const ROOTS = [hello, itself].map(parseStorePath);
const HERE = await storeDatabase().closureOf(ROOTS);
const [DERIVATION] = await derivationsOf(hello);
const ABSENT = storePath("absent");

/** The test runner notices a program or a pipe that is left behind. */
const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };

async function derivationsOf(path: string): Promise<StorePath[]> {
  return (await succeed(["nix-store", "--query", "--deriver", path])).trim().split("\n")
    .map(parseStorePath);
}

/** Compares what a store says and gives with what is in the host's, level by level. */
async function checkStore(url: string): Promise<void> {
  using store = nixStore(url);
  const seen = new Set<StorePath>();
  for (let level: StorePath[] = [ABSENT, ...ROOTS]; level.length > 0;) {
    const infos = await store.infosOf(level);
    for (const path of level) seen.add(path);
    assert.equal(infos.has(ABSENT), false);
    for (const [path, { signatures: _, contentAddress: __, ...info }] of infos) {
      assert.deepEqual(info, HERE.get(path), path);
    }
    level = [...infos.values()].flatMap(({ references }) => references)
      .filter((path) => !seen.has(path));
  }
  assert.deepEqual(seen, new Set([ABSENT, ...HERE.keys()]));
  const infos = await store.infosOf([...HERE.keys()]);
  for (const [path, info] of HERE) {
    const hash = createHash("sha256");
    // As whoever reads it does, with memory of its own.
    const reader = store.open(path, infos.get(path)!).getReader({ mode: "byob" });
    for (let memory = new ArrayBuffer(1 << 20);;) {
      const { value, done } = await reader.read(new Uint8Array(memory));
      if (done) break;
      hash.update(value);
      memory = value.buffer;
    }
    assert.equal(`sha256:${hash.digest("hex")}`, info.narHash, path);
  }
  await assert.rejects(
    new Response(store.open(ABSENT, infos.get(ROOTS[0]!)!)).bytes(),
    (error) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, /^The store .* does not give the NAR of .*-absent: nix store/);
      assert.ok(error.message.includes(store.name));
      assert.match(error.message, /exit status 1\):\n/);
      return true;
    },
  );
}

/** Makes a chroot store with the closure. */
async function chrootStore(directory: string): Promise<string> {
  await nix("copy", "--no-check-sigs", "--to", `local?root=${directory}`, hello, itself);
  return directory;
}

async function withVariable(name: string, value: string, use: () => Promise<void>): Promise<void> {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    await use();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

Deno.test("the host's own store is read", LEAVES_NOTHING, async () => {
  for (const url of ["local", "auto"]) {
    await checkStore(url);
    assert.equal(nixStore(url).isTrusted, true);
  }
});

Deno.test(
  "a chroot store is read, by its directory and by its parameter",
  LEAVES_NOTHING,
  async () => {
    await using scratch = new Scratch();
    const root = await chrootStore(`${scratch.path}/root`);
    for (const url of [root, `local?root=${root}`]) {
      await checkStore(url);
      assert.equal(nixStore(url).isTrusted, true);
      assert.equal(nixStore(url).name, url);
    }
  },
);

Deno.test("a daemon is asked, at its usual socket and at another", LEAVES_NOTHING, async () => {
  const socketIn = (directory: string) => `${directory}/socket`;
  await using daemon = await startDaemon({
    name: "nix-daemon",
    command: (directory) => {
      const variables = { ...nixEnvironment(), NIX_DAEMON_SOCKET_PATH: socketIn(directory) };
      const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
      return ["env", ...words, "nix-daemon"];
    },
    probe: (directory) => ["test", "-S", socketIn(directory)],
  });
  const socket = socketIn(daemon.directory);
  await checkStore(`unix://${socket}`);
  assert.equal(nixStore(`unix://${socket}`).isTrusted, true);
  await withVariable("NIX_DAEMON_SOCKET_PATH", socket, () => checkStore("daemon"));
  assert.equal(nixStore("daemon").isTrusted, true);
});

Deno.test("stores of other hosts are read over ssh, and not trusted", LEAVES_NOTHING, async () => {
  await using server = await startSshServer({ NIX_CONFIG: "substituters =" });
  await withVariable("NIX_SSHOPTS", server.options, async () => {
    for (const scheme of ["ssh-ng", "ssh"]) {
      const url = `${scheme}://${server.host}`;
      await checkStore(url);
      assert.equal(nixStore(url).isTrusted, false);
    }
  });
  await withVariable("NIX_SSHOPTS", "-F none -p 1 -o BatchMode=yes", async () => {
    const store = nixStore(`ssh-ng://${server.host}`);
    await assert.rejects(store.infosOf(ROOTS), (error) => {
      assert.ok(error instanceof ImageError);
      assert.match(
        error.message,
        /^The store ssh-ng:\/\/root@127\.0\.0\.1 does not say what it has/,
      );
      assert.match(error.message, /refused/i);
      return true;
    });
  });
});

Deno.test("what a cache says of signatures and content addresses is passed on", async () => {
  await using caches = await BinaryCaches.create(hello, itself);
  // Nix reads it as it reads s3://.
  const url = `file://${await caches.cache({ signedBy: "key" })}`;
  await checkStore(url);
  using store = nixStore(url);
  assert.equal(store.isTrusted, false);
  const infos = await store.infosOf([...HERE.keys()]);
  for (const [path, { signatures, contentAddress }] of infos) {
    assert.deepEqual(signatures.map((signature) => signature.split(":")[0]), ["tests.example-1"]);
    assert.equal(contentAddress !== undefined, path.endsWith("-busybox-static"), path);
  }
});

Deno.test("a store that lacks a part of a closure still tells of the rest", async () => {
  await using caches = await BinaryCaches.create(hello, itself);
  const directory = await caches.copy({ compression: "none" });
  const [message = ""] = caches.paths.filter((path) => path.endsWith("-message"));
  await Deno.remove(`${directory}/${message.slice("/nix/store/".length, 43)}.narinfo`);
  using store = nixStore(`file://${directory}`);
  assert.deepEqual([...(await store.infosOf([ABSENT, ...ROOTS])).keys()], ROOTS);
  const all = await store.infosOf([ABSENT, ...HERE.keys()]);
  assert.deepEqual([...all.keys()], [...HERE.keys()].filter((path) => path !== message));
});

Deno.test("a closure takes one question", async () => {
  await using scratch = new Scratch();
  const root = await chrootStore(`${scratch.path}/root`);
  using store = nixStore(root);
  await store.infosOf(ROOTS);
  await succeed(["chmod", "-R", "u+w", root]);
  await Deno.remove(root, { recursive: true });
  assert.equal((await store.infosOf([...HERE.keys()])).size, HERE.size);
});

Deno.test("derivations are meant, not what they make", async () => {
  await using scratch = new Scratch();
  const root = await chrootStore(`${scratch.path}/root`);
  const derivation = DERIVATION!;
  const info = (await storeDatabase().closureOf([derivation])).get(derivation);
  const found = await nixStore("local").infosOf([derivation, ROOTS[0]!]);
  assert.deepEqual([...found.keys()], [derivation, ROOTS[0]]);
  assert.deepEqual(found.get(derivation)?.narSize, info!.narSize);
  const nar = await new Response(nixStore("local").open(derivation, found.get(derivation)!))
    .bytes();
  assert.equal(nar.length, info!.narSize);
  assert.deepEqual([...(await nixStore(root).infosOf([derivation, ROOTS[0]!])).keys()], [ROOTS[0]]);
});

Deno.test("a NAR that is cancelled ends nix", LEAVES_NOTHING, async () => {
  const { big } = await buildFixtures("big");
  const path = parseStorePath(big);
  using store = nixStore("local");
  const info = (await store.infosOf([path])).get(path)!;
  const reader = store.open(path, info).getReader();
  assert.ok((await reader.read()).value!.length > 0);
  await reader.cancel();
  // One that was never read has started nothing.
  await store.open(path, info).cancel();
});

Deno.test("without nix, an error says what to install", async () => {
  await using scratch = new Scratch();
  const script = `import { nixStore } from ${
    JSON.stringify(new URL("../../src/stores/nix_driven.ts", import.meta.url).href)
  };
  await nixStore("local").infosOf([${
    JSON.stringify(hello)
  }]).catch((e) => console.log(e.message));`;
  const file = `${scratch.path}/ask.ts`;
  await Deno.writeTextFile(file, script);
  const { text, stderr } = await runCommand(
    [Deno.execPath(), "run", "--no-config", "--allow-run=nix", "--allow-read", file],
    { env: { PATH: scratch.path } },
  );
  assert.match(
    text,
    /^Cannot run nix: install Nix \(2\.4 or later\) \(Debian: apt-get install nix-bin\)/,
    stderr,
  );
});

Deno.test("URLs that Nix would take for something else are refused", async () => {
  await using scratch = new Scratch();
  const refused: [string, RegExp][] = [
    ["", /Not a store that Nix knows: ""/],
    ["hello", /Not a store that Nix knows/],
    ["--help", /Not a store that Nix knows/],
    ["localhost", /Not a store that Nix knows/],
    ["https://cache.example", /Not a store that Nix knows/],
    ["relative/directory", /Not a store that Nix knows/],
    ["ssh-ng://-oProxyCommand=false", /which host\?/],
    ["ssh://-user@host", /which host\?/],
    ["ssh://user@-oProxyCommand=false", /which host\?/],
    ["ssh-ng://%2DoProxyCommand=false", /which host\?/],
    ["ssh-ng://user@%2DoProxyCommand=false", /which host\?/],
    ["ssh-ng://a@b@-oProxyCommand=false", /which host\?/],
    ["ssh://[-oProxyCommand=false]", /which host\?/],
    ["ssh:///-oProxyCommand=false", /which host\?/],
    ["ssh://host;false", /which host\?/],
    ["ssh://$(false)@host", /which host\?/],
    ["ssh://host/`false`", /which host\?/],
    ["ssh://host#-oProxyCommand=false", /which host\?/],
    ["SSH://-oProxyCommand=false", /Not a store that Nix knows/],
    ["ssh-ng:-oProxyCommand=false", /Not a store that Nix knows/],
    ["ext::sh -c false", /blanks/],
    ["s3://-bucket", /which host\?/],
    ["ssh://", /which host\?/],
    ["s3://?region=eu", /which host\?/],
    ["ssh://user@host --help", /blanks/],
    ["local\n", /blanks/],
    [`${scratch.path}`, /it has no directory nix\/store/],
    [`local?root=${scratch.path}`, /it has no directory nix\/store/],
    ["/nowhere", /it has no directory nix\/store/],
  ];
  for (const [url, message] of refused) {
    assert.throws(() => nixStore(url), (error) => {
      assert.ok(error instanceof UsageError, url);
      assert.match(error.message, message, url);
      return true;
    });
  }
  assert.deepEqual([...Deno.readDirSync(scratch.path)], []);
  for (
    const url of [
      "ssh://host",
      "ssh-ng://first.last+x@host-1.example:22",
      "ssh://user@[fe80::1%eth0]",
    ]
      .concat(["ssh://::1", "ssh://a@b@host", "ssh-ng://host/", "s3://my.bucket-1?region=eu"])
  ) assert.doesNotThrow(() => nixStore(url), url);
});

Deno.test("no message shows a password, or a parameter that may be a secret", () => {
  assert.throws(() => nixStore("ssh-ng://user:hunter2@host"), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /password/);
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
  const { name } = nixStore("s3://bucket?region=eu-west-1&token=hunter2&endpoint=s3.example");
  assert.equal(name, "s3://bucket?region=eu-west-1&token=REDACTED&endpoint=s3.example");
  assert.equal(nixStore("ssh://user@[::1]").name, "ssh://user@[::1]");
});
