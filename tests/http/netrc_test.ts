import assert from "node:assert/strict";
import { loginFor } from "../../src/http/netrc.ts";

const NETRC = `# machine commented.example login no password no
machine cache.example login ann password s3cret
machine CAPITALS.example
  login bob
  password "two words \\"quoted\\""
  account none
machine token.example password t0ken
macdef init
machine in-macro.example login no password no

machine cache.example login second password no
machine nameonly.example login carol
machine late.example password p login dora
`;

Deno.test("the login of a host is that of its first machine", () => {
  const cases: Record<string, [string, string] | undefined> = {
    "cache.example": ["ann", "s3cret"],
    "capitals.example": ["bob", 'two words "quoted"'],
    "token.example": ["", "t0ken"],
    "late.example": ["dora", "p"],
    "nameonly.example": undefined,
    "in-macro.example": undefined,
    "commented.example": undefined,
    "example": undefined,
    "sub.cache.example": undefined,
  };
  for (const [host, login] of Object.entries(cases)) {
    const expected = login && { username: login[0], password: login[1] };
    assert.deepEqual(loginFor(NETRC, host), expected, host);
  }
  const withDefault = `${NETRC}default login all password same`;
  assert.deepEqual(loginFor(withDefault, "other.example"), { username: "all", password: "same" });
  assert.equal(loginFor(withDefault, "cache.example")?.username, "ann");
});

Deno.test("a netrc file that is cut off has no login", () => {
  for (const text of ["", "machine", "machine h", "machine h login", 'machine h password "']) {
    assert.equal(loginFor(text, "h")?.username ?? "none", text.includes("password") ? "" : "none");
  }
});
