import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { isLoopback, isPrivateAddress } from "../../src/http/addresses.ts";
import { proxyFor } from "../../src/http/proxy.ts";
import { redacted } from "../../src/http/redact.ts";
import { endpointOf, formatReference, parseReference } from "../../src/registry/reference.ts";

const DIGEST = `sha256:${"0a".repeat(32)}`;

Deno.test("references are taken apart as Docker does", () => {
  for (
    const [text, host, repository, tag, digest] of [
      ["alpine", "docker.io", "library/alpine", "latest"],
      ["docker://alpine:3", "docker.io", "library/alpine", "3"],
      ["docker.io/me/app", "docker.io", "me/app", "latest"],
      ["index.docker.io/alpine", "docker.io", "library/alpine", "latest"],
      ["me/app:1", "docker.io", "me/app", "1"],
      ["localhost/app", "localhost", "app", "latest"],
      ["docker://localhost:5000/a/b_c/d--e:V.1", "localhost:5000", "a/b_c/d--e", "V.1"],
      ["[::1]:5000/app", "[::1]:5000", "app", "latest"],
      [`reg.example/app@${DIGEST}`, "reg.example", "app", undefined, DIGEST],
      [`reg.example/app:2@${DIGEST}`, "reg.example", "app", "2", DIGEST],
    ] as const
  ) {
    assert.deepEqual(parseReference(text), { host, repository, tag, digest }, text);
    assert.deepEqual(parseReference(formatReference(parseReference(text))), parseReference(text));
  }
  assert.equal(endpointOf("docker.io"), "registry-1.docker.io");
  assert.equal(endpointOf("reg.example:5000"), "reg.example:5000");
});

Deno.test("what is no reference is refused", () => {
  for (
    const text of [
      "",
      "App",
      "reg.example/App",
      "reg.example/app:",
      "reg.example/app:a/b:c",
      "reg.example/a//b",
      "reg.example/../b",
      "https://reg.example/app",
      "user:pass@reg.example/app",
      "reg.example:port/app",
      "reg.example/app@sha256:12",
      "reg.example/app?x=1",
      "reg.example/app\n",
      `reg.example/${"a".repeat(256)}`,
    ]
  ) assert.throws(() => parseReference(text), UsageError, text);
});

Deno.test("addresses of this host and of private networks are known, in all spellings", () => {
  for (const host of ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"]) {
    assert.ok(isLoopback(host), host);
  }
  for (const host of ["localhost.example", "128.0.0.1", "[::2]", "1270.0.0.1"]) {
    assert.ok(!isLoopback(host), host);
  }
  const urls = ["http://2130706433", "http://0x7f.1", "http://[::ffff:169.254.169.254]"];
  for (
    const host of [
      ...urls.map((url) => new URL(url).hostname),
      "10.1.2.3",
      "172.16.0.1",
      "192.168.1.1",
      "169.254.169.254",
      "100.64.0.1",
      "0.0.0.0",
      "::",
      "fe80::1",
      "fd00::1",
      "::ffff:10.0.0.1",
      "64:ff9b::a00:1",
    ]
  ) assert.ok(isPrivateAddress(host), host);
  for (const host of ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]) {
    assert.ok(!isPrivateAddress(host), host);
  }
});

Deno.test("a proxy is used as the variables say", () => {
  const settings = {
    http: "http://p1:1",
    https: "p2:2",
    no: "a.example, .b.example,*.c.example,d.example:99",
  };
  const port = (url: string) => proxyFor(new URL(url), settings)?.port;
  assert.equal(port("http://x.example/"), "1");
  assert.equal(port("https://x.example/"), "2");
  for (const url of ["a.example", "y.a.example", "z.b.example", "c.example", "localhost:5000"]) {
    assert.equal(port(`https://${url}/`), undefined, url);
  }
  assert.equal(port("https://d.example:99/"), undefined);
  assert.equal(port("https://d.example/"), "2");
  assert.equal(proxyFor(new URL("https://x.example"), { ...settings, no: "*" }), undefined);
  assert.throws(
    () => proxyFor(new URL("https://x.example"), { https: "socks5://user:secret@p" }),
    (error: Error) => error instanceof UsageError && !error.message.includes("secret"),
  );
});

Deno.test("URLs in messages have no secrets", () => {
  assert.equal(
    redacted(new URL("https://u:p@reg.example/v2/a/blobs/uploads/1?_state=s3cret&digest=sha256:1")),
    "https://reg.example/v2/a/blobs/uploads/1?_state=REDACTED&digest=sha256:1",
  );
});
