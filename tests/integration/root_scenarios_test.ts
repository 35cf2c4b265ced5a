/**
 * nixpkgs' own test scenarios for what is outside of the store: commands, helpers, the Nix
 * database. Numbered as there, with a real Docker daemon.
 * @module
 */

import assert from "node:assert/strict";
import { debianClosure } from "../support/debian_closure.ts";
import { Docker } from "../support/dockerd.ts";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { Scratch } from "../support/scratch.ts";

const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(() => docker.stop());

const paths = await buildFixtures(
  "bash",
  "busybox",
  "cacert",
  "coreutils",
  "etcActivation",
  "hello",
  "message",
);
const [bash = "", coreutils = "", hello = "", nix = ""] = await debianClosure(
  ["bash", "coreutils", "hello", "nix-bin"],
);
/** What commands in a fake chroot find there, which holds the store and no other program. */
const fakechroot = {
  enableFakechroot: true,
  shell: `${bash}/bin/bash`,
  path: [coreutils],
};
/** Debian's nix-store finds its libraries where Debian has them, so that all of them are linked to. */
const NIX_CONTENTS = await closureOf(nix, coreutils, bash);
const NIX_ENVIRONMENT = [
  "PATH=/bin:/usr/bin",
  "LD_LIBRARY_PATH=/usr/lib/nix:/usr/lib/x86_64-linux-gnu",
];
const MOUNTED_STORE = "--volume=/nix/store:/nix/store:ro";

Deno.test("scenarios 3 and 7: made in a fake chroot, an image without store paths runs only where the store is mounted", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "hello-no-store-fakechroot",
    tag: "latest",
    contents: [paths.hello],
    config: { Cmd: ["hello"] },
    includeStorePaths: false,
    fakeRootCommands: "test -e /nix/store && mkdir /made",
    ...fakechroot,
  });
  const image = await docker.load(spec);
  await assert.rejects(docker.run(image), /executable file not found|no such file/);
  const run = ["run", "--rm", "--network=none", MOUNTED_STORE, image];
  assert.equal(await docker.docker(...run), "Hello, world!\n");
});

Deno.test("scenarios 4 and 5: without store paths nothing below /nix/store is in the image, with a fake chroot or without", async () => {
  await using scratch = new Scratch();
  for (const how of [{}, { fakeRootCommands: "mkdir /made", ...fakechroot }]) {
    const spec = scratch.spec({
      name: "flattened",
      contents: [paths.hello],
      includeStorePaths: false,
      ...how,
    });
    const names = await docker.exportedNames(await docker.load(spec));
    assert.ok(names.includes("bin/hello"), names.join(" "));
    assert.equal(names.includes("made/"), "fakeRootCommands" in how);
    assert.deepEqual(names.filter((name) => /nix\/store\/./.test(name)), []);
  }
});

Deno.test("scenario 16: a server with directories that extraCommands made answers", async () => {
  await using scratch = new Scratch();
  const port = freePort();
  const spec = scratch.spec({
    name: "server",
    contents: [paths.busybox],
    extraCommands: `
      mkdir -p tmp/client_body var/log/server www
      echo "it works" > www/index.html
    `,
    config: {
      Cmd: ["busybox", "httpd", "-f", "-p", `127.0.0.1:${port}`, "-h", "/www"],
      ExposedPorts: { "80/tcp": {} },
    },
  });
  const image = await docker.load(spec);
  const container = (await docker.docker("run", "--detach", "--network=host", image)).trim();
  try {
    assert.equal(await fetchSoon(`http://127.0.0.1:${port}/`), "it works\n");
  } finally {
    await docker.docker("rm", "--force", container);
  }
});

Deno.test("scenario 18, extraCommands: quotes and parentheses in a command arrive", async () => {
  await using scratch = new Scratch();
  for (const type of ["single", "layered"]) {
    const spec = scratch.spec({
      type,
      name: "quotes",
      tag: type,
      [type === "single" ? "copyToRoot" : "contents"]: [paths.coreutils],
      extraCommands: `(: "it's") && echo '(extra "quoted")' > "extra (it's)"`,
    });
    const text = await docker.run(await docker.load(spec), "cat", "/extra (it's)");
    assert.equal(text, '(extra "quoted")\n');
  }
});

Deno.test("scenario 21: a layered image runs, with the file that extraCommands wrote", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "layered-image",
    tag: "latest",
    contents: [paths.hello, paths.bash, paths.coreutils],
    extraCommands: "echo layered > extraCommands",
    config: { Cmd: ["hello"] },
  });
  const image = await docker.load(spec);
  assert.equal(await docker.run(image), "Hello, world!\n");
  assert.equal(await docker.run(image, "cat", "/extraCommands"), "layered\n");
});

Deno.test("scenario 34: a store path that a command only used is not in the image", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "no-store-paths",
    extraCommands: `
      ${paths.hello}/bin/hello
      mkdir bin
      cp ${paths.busybox}/bin/busybox bin/sh
      ln -s ${paths.busybox}/bin/busybox bin/ls
    `,
  });
  const image = await docker.load(spec);
  const listed = await docker.run(image, "ls", "/nix/store");
  assert.equal(listed, `${paths.busybox.slice("/nix/store/".length)}\n`);
});

Deno.test("scenario 35: a layered image with a Nix database passes nix-store --verify", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "files-in-store",
    contents: [...NIX_CONTENTS, paths.hello],
    helpers: ["fakeNss"],
    includeNixDB: true,
    config: { Env: NIX_ENVIRONMENT },
  });
  const image = await docker.load(spec);
  await docker.run(image, "nix-store", "--verify", "--check-contents");
  assert.equal(await docker.run(image, "cat", paths.message), "Hello, world!\n");
});

Deno.test("scenario 40: fakeRootCommands change an owner", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "owner",
    contents: [paths.coreutils],
    fakeRootCommands: "mkdir -p ./home/alice && chown 1000 ./home/alice",
  });
  const image = await docker.load(spec);
  assert.equal(
    await docker.run(image, "stat", "-c", "%u:%g", "/home/alice", "/home"),
    "1000:0\n0:0\n",
  );
});

Deno.test("scenario 44: a store path that only the output of fakeRootCommands mentions is in the image", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "mentioned",
    fakeRootCommands: `ln -s ${paths.hello}/bin/hello ./hello`,
    config: { Cmd: ["/hello"] },
  });
  assert.equal(await docker.run(await docker.load(spec)), "Hello, world!\n");
});

Deno.test("scenario 47: in a fake chroot commands write to /bin", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "fakechroot",
    fakeRootCommands: `
      mkdir /bin
      ln -s ${hello}/usr/bin/hello /bin/hello
    `,
    ...fakechroot,
    config: { Cmd: ["hello"] },
  });
  assert.equal(await docker.run(await docker.load(spec)), "Hello, world!\n");
});

Deno.test("scenario 48: a plain directory is taken into both types of image", async () => {
  await using scratch = new Scratch();
  await Deno.mkdir(`${scratch.path}/test-dummy`);
  await Deno.writeTextFile(`${scratch.path}/test-dummy/hello.txt`, "Hello there\n");
  for (const type of ["single", "layered"]) {
    const spec = scratch.spec({
      type,
      name: "plain",
      tag: type,
      [type === "single" ? "copyToRoot" : "contents"]: ["./test-dummy", paths.coreutils],
    });
    const image = await docker.load(spec);
    assert.equal(await docker.run(image, "cat", "/hello.txt"), "Hello there\n");
  }
});

Deno.test("scenario 50: an /etc that was activated in a fake chroot is readable", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "etc",
    contents: [paths.coreutils],
    fakeRootCommands: `${paths.etcActivation}/bin/activate`,
    ...fakechroot,
  });
  const image = await docker.load(spec);
  assert.equal(await docker.run(image, "cat", "/etc/some-config-file"), "some text\n");
});

Deno.test("scenario 51: CA certificates are at their three places", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "certificates",
    contents: [paths.coreutils, paths.cacert],
    helpers: ["caCertificates"],
  });
  const image = await docker.load(spec);
  const places = [
    "/etc/ssl/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
  ];
  for (const place of places) {
    assert.equal(await docker.run(image, "cat", place), "a certificate\n");
  }
});

Deno.test("scenario 53: in a layered image with a Nix database nix-store answers", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "layered-with-db",
    contents: NIX_CONTENTS,
    helpers: ["fakeNss"],
    includeNixDB: true,
    config: { Env: [...NIX_ENVIRONMENT, `GREETER=${paths.hello}`] },
  });
  const image = await docker.load(spec);
  const query = (...args: string[]) => docker.run(image, "nix-store", "--query", ...args);
  assert.match(await query("--references", "/bin/bash"), /-libc6-/);
  // What came in through the config is registered too, which upstream's is not.
  assert.match(await query("--references", paths.hello), /-message\n/);
});

Deno.test("scenario 63: an owner that was set in a fake chroot stays", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "chown",
    contents: [paths.coreutils],
    fakeRootCommands: "touch /testfile && chown 12345:12345 /testfile",
    ...fakechroot,
  });
  const image = await docker.load(spec);
  assert.equal(await docker.run(image, "stat", "-c", "%u:%g", "/testfile"), "12345:12345\n");
});

Deno.test("helpers give an image /bin/sh, /usr/bin/env and users", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec({
    name: "helpers",
    contents: [paths.coreutils],
    helpers: ["binSh", "usrBinEnv", "fakeNss"],
    fakeNss: { extraPasswdLines: ["alice:x:1000:1000:Alice:/home/alice:/bin/sh"] },
  });
  const image = await docker.load(spec);
  assert.equal(
    await docker.docker("run", "--rm", "--network=none", "--user=alice", image, "id", "-u"),
    "1000\n",
  );
  assert.equal(
    await docker.run(image, "/usr/bin/env", "-i", "/bin/sh", "-c", "echo here"),
    "here\n",
  );
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** What a server that is starting up answers with status 200. */
async function fetchSoon(url: string): Promise<string> {
  for (let attempt = 0;; attempt++) {
    try {
      const response = await fetch(url);
      const text = await response.text();
      assert.equal(response.status, 200);
      return text;
    } catch (error) {
      if (attempt === 100 || error instanceof assert.AssertionError) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
