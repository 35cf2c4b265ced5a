/** How skopeo is started, told by a program in its place. */

import assert from "node:assert/strict";
import { nixImage } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

/** Writes each start's arguments on lines of their own, and the auth file that they name; fails. */
const STUB = `#!/bin/sh
for argument; do
  printf '%s\\n' "$argument"
  case $argument in --authfile=*) cat "\${argument#*=}"; ls -l "\${argument#*=}" ;; esac
done >> "$LOG"
echo 'level=fatal msg="the end"' >&2
exit 1
`;

interface Started {
  readonly args: string[];
  readonly stderr: string;
}

async function started(
  args: readonly string[],
  more: { readonly stdin?: string; readonly home?: string } = {},
): Promise<Started> {
  await using scratch = new Scratch();
  await Deno.writeTextFile(`${scratch.path}/skopeo`, STUB, { mode: 0o755 });
  const log = `${scratch.path}/log`;
  const { code, stderr } = await nixImage([...args, "-o", `${scratch.path}/x.tar`], {
    env: {
      PATH: `${scratch.path}:${Deno.env.get("PATH")}`,
      LOG: log,
      TMPDIR: scratch.path,
      ...more.home === undefined ? {} : { HOME: more.home },
    },
    ...more.stdin === undefined ? {} : { stdin: more.stdin },
  });
  assert.equal(code, 1, stderr);
  const left = [...Deno.readDirSync(scratch.path)].map(({ name }) => name).sort();
  assert.deepEqual(left, ["log", "skopeo"]);
  const text = (await Deno.readTextFile(log)).replaceAll(scratch.path, "TMP")
    .replace(/nix-image-[0-9a-f]{16}/g, "WORK");
  return { args: text.split("\n").slice(0, -1), stderr };
}

Deno.test("skopeo is told how to reach the registry, and where its files may be", async () => {
  const { args, stderr } = await started([
    ...["pull", "alpine:3", "--tls-verify=false", "--cert-dir", "certs"],
  ]);
  assert.deepEqual(args.filter((arg) => arg !== "--insecure-policy"), [
    "--tmpdir=TMP/WORK",
    "inspect",
    "--raw",
    "--tls-verify=false",
    "--cert-dir=certs",
    "docker://docker.io/library/alpine:3",
  ]);
  assert.equal(
    stderr,
    "nix-image: Cannot get docker.io/library/alpine:3 from its registry: the end\n",
  );
});

Deno.test("a digest replaces the tag that skopeo would not take beside it", async () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const expected = `docker://host:1/app@${digest}`;
  for (
    const args of [
      [`host:1/app@${digest}`],
      [`host:1/app:1@${digest}`],
      ["host:1/app:1", "--digest", digest],
      ["docker://host:1/app", "--digest", digest],
    ]
  ) assert.equal((await started(["pull", ...args])).args.at(-1), expected);
});

Deno.test("a password goes into a file that is the user's alone, never to a command line", async () => {
  const { args, stderr } = await started(
    ["pull", "host:1/app", "--username", "me", "--password-stdin"],
    { stdin: "se:cret\n" },
  );
  const at = args.indexOf("--authfile=TMP/WORK/auth.json");
  const [shown = "", listed = ""] = args.slice(at + 1);
  // `cat` of a text without a line end: what `ls` prints is on the same line.
  const [json = ""] = /^\{.*\}(?=-)|^\{.*\}$/.exec(shown) ?? [];
  assert.deepEqual(JSON.parse(json), { auths: { "host:1": { auth: btoa("me:se:cret") } } });
  assert.match(shown + listed, /-rw-{7}/);
  assert.doesNotMatch(args.filter((arg) => arg.startsWith("-")).join() + stderr, /se:cret|creds/);
});

Deno.test("options that do not go together are refused", async () => {
  const host = "host:1/app";
  for (
    const [args, message] of [
      [["--username", "me"], /--username: give the password on standard input/],
      [["--password-stdin"], /--password-stdin: give a --username/],
      [["--username", "a", "--password-stdin", "--authfile", "x"], /give one of them/],
      [["--tls-verify", "no"], /Expected true or false/],
      [["--digest", "sha256:1"], /--digest: expected sha256: and 64/],
      [["--hash", "sha256-"], /--hash: expected a SHA-256/],
      [["--format", "oci", "--hash", "0".repeat(64)], /--hash is for --format docker-archive/],
      [["--final-name", "a:b"], /--final-name: expected a name in lower case/],
      [["--final-name", "A"], /--final-name/],
      [["--final-tag", "-"], /--final-tag: expected a tag/],
      [["--locked", "--digest", `sha256:${"a".repeat(64)}`], /cannot be used with/],
      [["--arch", "sparc"], /--arch: expected one of/],
    ] as const
  ) {
    const { code, stderr } = await nixImage(["pull", host, "-o", "/dev/null/x", ...args], {
      stdin: "",
    });
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});
