import assert from "node:assert/strict";
import { shellEnvironment } from "../../src/nix_shell/environment.ts";
import type { Derivation } from "../../src/store/derivation.ts";

const OPTIONS = {
  homeDirectory: "/home/me",
  searchPath: ["/shell/bin", "/own/bin"],
  certificates: undefined,
  fileDirectory: "/own",
};

function environmentOf(environment: Record<string, string>, options = {}) {
  const derivation = { environment: new Map(Object.entries(environment)) } as unknown as Derivation;
  const { variables, files } = shellEnvironment(derivation, { ...OPTIONS, ...options });
  return { variables: Object.fromEntries(variables), files: Object.fromEntries(files) };
}

const BEFORE = {
  PATH: "/shell/bin:/own/bin",
  HOME: "/home/me",
  NIX_STORE: "/nix/store",
  NIX_BUILD_CORES: "1",
};
const AFTER = {
  NIX_BUILD_TOP: "/build",
  TMPDIR: "/build",
  TEMPDIR: "/build",
  TMP: "/build",
  TEMP: "/build",
  PWD: "/build",
  TERM: "xterm-256color",
};

Deno.test("shellEnvironment() lays the build's place over the derivation over the defaults", () => {
  assert.deepEqual(environmentOf({}).variables, { ...BEFORE, ...AFTER });
  const all = Object.keys({ ...BEFORE, ...AFTER });
  const { variables } = environmentOf({
    ...Object.fromEntries(all.map((name) => [name, "derivation's"])),
    out: "/nix/store/out",
    "": "no name",
    empty: "",
  });
  assert.deepEqual(variables, {
    ...Object.fromEntries(Object.keys(BEFORE).map((name) => [name, "derivation's"])),
    ...AFTER,
    out: "/nix/store/out",
    empty: "",
  });
  assert.deepEqual(Object.keys(variables), Object.keys(variables).sort());
});

Deno.test("shellEnvironment() names certificates where there are some, below the derivation", () => {
  const certificates = "/certificates.crt";
  const { SSL_CERT_FILE, NIX_SSL_CERT_FILE } = environmentOf(
    { SSL_CERT_FILE: "own" },
    { certificates },
  ).variables;
  assert.deepEqual([SSL_CERT_FILE, NIX_SSL_CERT_FILE], ["own", certificates]);
});

Deno.test("shellEnvironment() puts into files what passAsFile names", () => {
  const { variables, files } = environmentOf({
    passAsFile: " text\n  not/there odd/name ",
    text: "text\n",
    "odd/name": "",
    // A variable of that name wins, as with Nix, which takes them in their order.
    textPath: "own",
  });
  // The names are hashed: nix-hash --type sha256 --base32 --flat of a file with the name.
  assert.deepEqual(files, {
    "/own/.attr-1lf969yddshzhld7sr1vbagr07bnygg99lgl6gk5kxcnp4z9wbcq": "text\n",
    "/own/.attr-1dm1im5arqyjvchbvf52nqs96dg69i00pi26v6k3pad9hq1wvxpf": "",
  });
  assert.equal(variables.passAsFile, " text\n  not/there odd/name ");
  assert.equal(variables.text, undefined);
  assert.equal(variables.textPath, "own");
  assert.equal(
    variables["odd/namePath"],
    "/own/.attr-1dm1im5arqyjvchbvf52nqs96dg69i00pi26v6k3pad9hq1wvxpf",
  );
});
