import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { type NixConfPlaces, readNixConf, trustedKeys } from "../../src/stores/nix_conf.ts";
import { PUBLIC_KEY } from "../support/narinfos.ts";

const NIXOS = "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";

function read(files: Record<string, string>, places: NixConfPlaces = {}) {
  return readNixConf({ home: "/home/ann", ...places }, (path) => files[path]);
}

Deno.test("without a configuration, it is as in Nix", () => {
  assert.deepEqual(read({}), {
    trustedPublicKeys: [NIXOS],
    requireSignatures: true,
    netrcFile: "/etc/nix/netrc",
    downloads: {},
  });
});

Deno.test("how long caches are waited for is what nix.conf says, 0 is no word on it", () => {
  const text = "connect-timeout = 5\nstalled-download-timeout = 20\ndownload-attempts = 3\n";
  const { downloads } = read({ "/etc/nix/nix.conf": text });
  assert.deepEqual(downloads, { connectTimeout: 5000, stalledTimeout: 20_000, attempts: 3 });
  const none = text.replace(/\d+/g, "0");
  assert.deepEqual(read({ "/etc/nix/nix.conf": text }, { config: none }).downloads, {});
});

Deno.test("a configuration that can not be is an error that says where", () => {
  for (
    const [text, message] of [
      ["require-sigs = perhaps", /^\/etc\/nix\/nix.conf: .*require-sigs/],
      ["trusted-public-keys k:x", /^\/etc\/nix\/nix.conf: expected trusted-public-keys =/],
      ["include not-there.conf", /includes "not-there.conf", which is not there/],
      ["include nix.conf", /includes itself/],
      ["download-attempts = some", /^\/etc\/nix\/nix.conf: .*download-attempts = a number/],
      ["connect-timeout 5", /^\/etc\/nix\/nix.conf: expected connect-timeout =/],
    ] as const
  ) {
    assert.throws(() => read({ "/etc/nix/nix.conf": text }), (error: Error) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, message);
      return true;
    });
  }
  // What others mean is no matter of ours.
  read({ "/etc/nix/nix.conf": "sandbox\n\nexperimental-features = nix-command # flakes\n" });
});

Deno.test("keys that are given count instead of those of nix.conf", () => {
  const conf = read({});
  const names = (given?: string) => trustedKeys(given, "--x", conf).map(({ name }) => name);
  assert.deepEqual(names(), ["cache.nixos.org-1"]);
  assert.deepEqual(names(PUBLIC_KEY), ["test-1"]);
  assert.throws(() => names("nonsense"), /^ImageError: --x: expected public keys/);
  const none = read({ "/etc/nix/nix.conf": "trusted-public-keys =" });
  assert.deepEqual(trustedKeys(undefined, "--x", none), []);
  const broken = read({ "/etc/nix/nix.conf": "trusted-public-keys = nonsense" });
  assert.throws(() => trustedKeys(undefined, "--x", broken), /nix\.conf/);
});
