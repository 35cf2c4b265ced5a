import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { cacheCredentials } from "../../src/stores/cache_credentials.ts";
import { inDirectory } from "../support/directories.ts";

const CACHES = ["https://a.example/x", "http://b.example:8080", "file:///cache"]
  .map((url) => new URL(url));
const A = CACHES[0]!, B = CACHES[1]!;

Deno.test("caches are known to by token, or else by password", async () => {
  await inDirectory((directory) => {
    const netrcFile = `${directory}/netrc`;
    Deno.writeTextFileSync(netrcFile, "machine b.example login ann password s3cret");
    const ann = { username: "ann", password: "s3cret" };
    const known = (tokens: string | undefined, ...caches: URL[]) => {
      const find = cacheCredentials({ netrcFile, tokens }, caches);
      return [find(A), find(B)];
    };
    assert.deepEqual(known(undefined, ...CACHES), [undefined, ann]);
    assert.deepEqual(known("", ...CACHES), [undefined, ann]);
    assert.deepEqual(known("t0ken\n", A, CACHES[2]!), [{ token: "t0ken" }, ann]);
    const lines = "a.example one\n\n b.example:8080\ttwo \n";
    assert.deepEqual(known(lines, ...CACHES), [{ token: "one" }, { token: "two" }]);
    assert.deepEqual(known("b.example:8081 two", ...CACHES), [undefined, ann]);
  });
});

Deno.test("whose token it is has to be clear, and no message shows it", async () => {
  await inDirectory((directory) => {
    const places = { netrcFile: `${directory}/none`, tokensFrom: "FILE" };
    for (
      const tokens of ["s3cret", "a.example s3cret more", "s3cret\ns3cret", "a.example s3cr\u00e9t"]
    ) {
      assert.throws(() => cacheCredentials({ ...places, tokens }, CACHES), (error: Error) => {
        assert.ok(error instanceof UsageError, tokens);
        assert.match(error.message, /^FILE: expected lines of HOST TOKEN/);
        return !/s3cr/.test(error.message);
      });
    }
    assert.throws(
      () => cacheCredentials({ ...places, netrcFrom: "NETRC" }, CACHES),
      /Cannot read the netrc file .*none \(NETRC\)/,
    );
    // Nobody would be shown it.
    cacheCredentials({ ...places, netrcFrom: "NETRC" }, CACHES.slice(2));
  });
});
