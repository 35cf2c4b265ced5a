import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePathPattern } from "../../src/spec/path_pattern.ts";
import { askPython } from "../support/python.ts";
import { samples, SEED } from "../support/samples.ts";

const EXAMPLES: Record<string, { yes: string[]; no: string[] }> = {
  "/": { yes: ["/"], no: ["/a"] },
  "/**": { yes: ["/", "/a", "/a/b"], no: [] },
  "/home/alice": { yes: ["/home/alice"], no: ["/home", "/home/alice/a", "/home/alicea"] },
  "/home/**": { yes: ["/home", "/home/a", "/home/a/b/.c"], no: ["/", "/homes", "/a/home"] },
  "/**/bin": { yes: ["/bin", "/usr/bin", "/a/b/bin"], no: ["/bin/a", "/sbin"] },
  "/a/**/**/b": { yes: ["/a/b", "/a/x/y/b"], no: ["/a/xb", "/ab"] },
  "/*": { yes: ["/a", "/.a", "/\n", "/\udce9"], no: ["/", "/a/b"] },
  "/a**b": { yes: ["/ab", "/axb"], no: ["/a/b"] },
  "/?": { yes: ["/a", "/😀", "/\udc80"], no: ["/ab", "/\udc80\udc81"] },
  "/[a-c😀]": { yes: ["/a", "/b", "/😀"], no: ["/d", "/-"] },
  "/[!a-c]": { yes: ["/d", "/😀", "/\udc80"], no: ["/a", "/"] },
  "/[]-]": { yes: ["/]", "/-"], no: ["/a"] },
  "/[^a]": { yes: ["/^", "/a"], no: ["/b"] },
  "/x[+-a]y": { yes: ["/x0y"], no: ["/x/y"] },
  "/[*]\\a": { yes: ["/*\\a"], no: ["/*a", "/b\\a"] },
  "/a.b+(c){1}|$": { yes: ["/a.b+(c){1}|$"], no: ["/aab+(c){1}|$"] },
};

Deno.test("parsePathPattern() matches as documented", () => {
  for (const [pattern, { yes, no }] of Object.entries(EXAMPLES)) {
    const { matches } = parsePathPattern(pattern);
    for (const path of yes) assert.ok(matches(path), `${pattern} and ${JSON.stringify(path)}`);
    for (const path of no) assert.ok(!matches(path), `${pattern} and not ${JSON.stringify(path)}`);
  }
});

const characters = fc.constantFrom(..."ab/.-", "é", "😀", "\udc80", "\n");

const path = fc.array(characters, { maxLength: 8 })
  .map((text) => `/${text.join("").split("/").filter((part) => part !== "").join("/")}`);

const pattern = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: characters },
    fc.constantFrom("*", "?", "/**", "[ab]", "[!", "]"),
  ),
  { maxLength: 8 },
).map((text) => `/${text.join("")}`);

Deno.test("parsePathPattern() matches as Python's fnmatch does within components", async () => {
  const pairs = samples(fc.tuple(pattern, path), 4000).filter(([pattern]) => isPattern(pattern));
  assert.ok(pairs.length > 500, "too few patterns can be read");
  const expected = await askPython<boolean[]>("path_match.py", pairs);
  assert.ok(expected.filter((matched) => matched).length > 30, "too few paths match");
  for (const [index, [pattern, path]] of pairs.entries()) {
    assert.equal(
      parsePathPattern(pattern).matches(path),
      expected[index],
      `seed ${SEED}: ${JSON.stringify(pattern)} ${JSON.stringify(path)}`,
    );
  }
});

function isPattern(text: string): boolean {
  try {
    parsePathPattern(text);
    return true;
  } catch {
    return false;
  }
}

Deno.test("parsePathPattern() takes no time that grows with the number of adjacent stars", () => {
  const { matches } = parsePathPattern(`${"/**".repeat(30)}/${"*".repeat(30)}b`);
  assert.ok(!matches("/a".repeat(100)));
});

Deno.test("reaches() tells whether something in a directory may match", () => {
  const reaching = [
    "/**",
    "/nix/store",
    "/nix/store/**",
    "/nix/store/x",
    "/n?x/*/x",
    "/**/x",
    "/nix/**",
  ];
  for (const pattern of reaching) {
    assert.ok(parsePathPattern(pattern).reaches("/nix/store"), pattern);
  }
  for (const pattern of ["/", "/nix", "/*", "/home/**", "/nix/var/**", "/nix/[!s]*/x"]) {
    assert.ok(!parsePathPattern(pattern).reaches("/nix/store"), pattern);
  }
});

Deno.test("parsePathPattern() refuses what could never match", () => {
  const failures: [pattern: string, message: RegExp][] = [
    ["", /^expected an absolute path, such as "\/home\/alice\/\*\*"$/],
    ["home/**", /^expected an absolute path/],
    ["/home/", /^a slash at the end, or two in a row, match nothing$/],
    ["/home//a", /^a slash at the end, or two in a row/],
    ["/home/../a", /^no path in the image has a component "\.\."$/],
    ["/./a", /^no path in the image has a component "\."$/],
    ["/a/[b", /^"\[" without "\]" in "\[b"; "\[\[\]" is a bracket$/],
    ["/[a/b]", /^"\[" without "\]" in "\[a"/],
    ["/[]", /^"\[" without "\]"/],
    ["/[z-a]", /^"z-a" is a range from the later to the earlier$/],
  ];
  for (const [pattern, message] of failures) {
    assert.throws(() => parsePathPattern(pattern), { name: "Error", message }, pattern);
  }
});
