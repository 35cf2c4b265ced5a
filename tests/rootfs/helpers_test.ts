import assert from "node:assert/strict";
import { helperEntries, type HelperOptions } from "../../src/rootfs/helpers.ts";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { contentOf, textOf } from "../support/entry_content.ts";
import { storePath } from "../support/store_paths.ts";

const A = storePath("a", "a"), B = storePath("b", "b"), C = storePath("c", "c");
const BUNDLE = "etc/ssl/certs/ca-bundle.crt";

function options(more: Partial<HelperOptions>): HelperOptions {
  return {
    fakeNss: { extraPasswdLines: [], extraGroupLines: [] },
    candidates: [],
    searchPath: "",
    storeRoot: "",
    owner: { uid: 0, gid: 0 },
    ...more,
  };
}

/** Makes files, those in a `bin` executable. */
function makePrograms(root: string, files: Record<string, string>): void {
  makeFiles(root, files);
  for (const [name, content] of Object.entries(files)) {
    if (/\/bin\/\w+$/.test(name) && !content.startsWith("-> ")) Deno.chmodSync(root + name, 0o555);
  }
}

async function targets(
  ...[names, more]: [Parameters<typeof helperEntries>[0], Partial<HelperOptions>]
) {
  const entries = await helperEntries(names, options(more));
  return Object.fromEntries(Array.from(entries, ([path, { target }]) => [path, target]));
}

Deno.test("helperEntries() links to the first candidate that has the file", async () => {
  await inDirectory(async (storeRoot) => {
    makePrograms(storeRoot, {
      [`${A}/bin/sh`]: "a shell",
      [`${A}/bin/env`]: `-> ${storePath("gone")}/bin/env`,
      [`${B}/bin/env`]: "-> coreutils",
      [`${B}/bin/coreutils`]: "",
      [`${B}/${BUNDLE}`]: "certificates",
      [`${C}/bin/bash`]: `-> ${B}/bin/coreutils`,
      [`${C}/bin/env`]: "",
      [`${C}/${BUNDLE}`]: "",
    });
    const found = await targets(["usrBinEnv", "binSh", "caCertificates"], {
      candidates: [A, B, C],
      storeRoot,
    });
    assert.deepEqual(found, {
      "usr/bin/env": `${B}/bin/env`,
      // Before any other shell comes bash.
      "bin/sh": `${C}/bin/bash`,
      "etc/ssl/certs/ca-bundle.crt": `${B}/${BUNDLE}`,
      "etc/ssl/certs/ca-certificates.crt": `${B}/${BUNDLE}`,
      "etc/pki/tls/certs/ca-bundle.crt": `${B}/${BUNDLE}`,
    });
    const shell = { candidates: [B, A], storeRoot, searchPath: `${C}/bin` };
    assert.deepEqual(await targets(["binSh"], shell), { "bin/sh": `${A}/bin/sh` });
  });
});

Deno.test("helperEntries() takes Debian's name of the certificates where there is no other", async () => {
  await inDirectory(async (storeRoot) => {
    const debian = "etc/ssl/certs/ca-certificates.crt";
    makeFiles(storeRoot, { [`${A}/${debian}`]: "" });
    const found = await targets(["caCertificates"], { candidates: [A], storeRoot });
    assert.deepEqual(new Set(Object.values(found)), new Set([`${A}/${debian}`]));
    assert.equal(Object.keys(found).length, 3);
  });
});

Deno.test("helperEntries() finds on PATH what is in the store, through a profile and its links", async () => {
  await inDirectory(async (host) => {
    const storeRoot = `${host}/root`;
    makePrograms(host, { "/usr/bin/env": "of the host", "/usr/bin/bash": "of the host" });
    makePrograms(storeRoot, {
      [`${A}/bin/env`]: "-> ../libexec/env",
      [`${A}/libexec`]: `-> ${B}/bin`,
      [`${B}/bin/env`]: "-> coreutils",
      [`${B}/bin/coreutils`]: "",
      [`${B}/${BUNDLE}`]: "",
      [`${C}/bin/bash`]: "",
    });
    makeFiles(host, {
      "profile": "-> generations/1",
      "generations/1": `-> ${A}`,
      "tools": `-> ${C}/bin`,
    });
    Deno.mkdirSync(`${storeRoot}${A}/etc/ssl`, { recursive: true });
    Deno.symlinkSync(`${B}/etc/ssl/certs`, `${storeRoot}${A}/etc/ssl/certs`);
    const searchPath = [
      "",
      "bin",
      "/proc/self/cwd/bin",
      `${host}/none/bin`,
      `${host}/usr/bin/`,
      `${host}/profile/bin/`,
      `${host}/tools`,
    ].join(":");
    const found = await targets(["usrBinEnv", "binSh", "caCertificates"], {
      searchPath,
      storeRoot,
    });
    assert.equal(found["usr/bin/env"], `${B}/bin/env`);
    assert.equal(found["bin/sh"], `${C}/bin/bash`);
    assert.equal(found["etc/pki/tls/certs/ca-bundle.crt"], `${B}/${BUNDLE}`);
    // A directory in the store is taken as it is, as if the spec named it.
    const direct = await targets(["usrBinEnv"], { searchPath: `${A}/bin`, storeRoot });
    assert.deepEqual(direct, { "usr/bin/env": `${A}/bin/env` });
  });
});

Deno.test("helperEntries() says what to add where nothing fits", async () => {
  await inDirectory(async (storeRoot) => {
    makeFiles(storeRoot, {
      // Neither a directory, nor a file that can't be executed, nor links that lead nowhere.
      [`${A}/bin/env/x`]: "",
      [`${B}/bin/env`]: "",
      [`${C}/bin/env`]: "-> env2",
      [`${C}/bin/env2`]: "-> env",
      [`${C}/bin/sh`]: `-> ${storeRoot}/sh`,
      [`${C}/bin/bash`]: "-> /usr/bin/env",
      "sh": "",
    });
    const none = { candidates: [A, B, C, `${C}/bin/env`, storePath("gone")], storeRoot };
    const messages = {
      usrBinEnv: "bin/env: name coreutils",
      binSh: "bin/bash or bin/sh: name bash",
      caCertificates:
        "etc/ssl/certs/ca-bundle.crt or etc/ssl/certs/ca-certificates.crt: name cacert",
    };
    for (const [name, needed] of Object.entries(messages)) {
      await assert.rejects(helperEntries([name as keyof typeof messages], options(none)), {
        name: "UsageError",
        message: `"helpers": ${name} needs a store path with ${needed} ` +
          "in contents, copyToRoot or path",
      });
    }
  });
});

Deno.test("helperEntries() makes users and groups with the extra lines in between", async () => {
  const entries = await helperEntries(
    ["fakeNss"],
    options({
      fakeNss: {
        extraPasswdLines: ["app:x:1000:1000:é:/app:/bin/app", "b:x:2:2::/:/b"],
        extraGroupLines: ["app:x:1000:"],
      },
      owner: { uid: 5, gid: 6 },
    }),
  );
  const texts: Record<string, string | null> = {};
  for (const entry of entries.values()) {
    const { path, type, mode, uid, gid } = entry;
    assert.deepEqual([mode, uid, gid], [type === "directory" ? 0o755 : 0o644, 5, 6]);
    texts[path] = entry.open ? await textOf(entry) : null;
  }
  assert.deepEqual(texts, {
    "etc/passwd": "root:x:0:0:root user:/var/empty:/bin/sh\n" +
      "app:x:1000:1000:é:/app:/bin/app\nb:x:2:2::/:/b\n" +
      "nobody:x:65534:65534:nobody:/var/empty:/bin/sh\n",
    "etc/group": "root:x:0:\napp:x:1000:\nnobody:x:65534:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
    "var/empty": null,
  });
  // A file may be read more than once: scanned, and then written.
  const passwd = entries.get("etc/passwd");
  assert.ok(passwd);
  assert.equal((await contentOf(passwd)).length, passwd.size);
  assert.deepEqual(await helperEntries([], options({})), new Map());
});
