import assert from "node:assert/strict";
import fc from "fast-check";
import { ImageError } from "../../src/errors.ts";
import { type Derivation, parseDerivation } from "../../src/store/derivation.ts";
import { storePath } from "../support/store_paths.ts";

const OUT = storePath("hello"), DOC = storePath("hello-doc");
const GCC = storePath("gcc.drv"), LIB = storePath("lib.drv"), SOURCE = storePath("builder.sh");

const HELLO = `Derive([("doc","${DOC}","",""),("out","${OUT}","r:sha256","0123")],` +
  `[("${GCC}",["lib","out"]),("${LIB}",[])],["${SOURCE}"],"x86_64-linux","/bin/sh",` +
  String.raw`["-e","a \"quoted\" \\ word"],[("empty",""),("text","tab\tline\nreturn\rä")])`;

const parse = (text: string) => parseDerivation(new TextEncoder().encode(text), "x.drv");

function failure(text: string): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ImageError, String(error));
    return error.message;
  }
  assert.fail(`taken: ${text.slice(0, 200)}`);
}

Deno.test("parseDerivation() reads all parts", () => {
  assert.deepEqual(
    parse(HELLO),
    {
      outputs: new Map([
        ["doc", { path: DOC, hashAlgorithm: "", hash: "" }],
        ["out", { path: OUT, hashAlgorithm: "r:sha256", hash: "0123" }],
      ]),
      inputs: new Map([[GCC, ["lib", "out"]], [LIB, []]]),
      sources: [SOURCE],
      system: "x86_64-linux",
      builder: "/bin/sh",
      args: ["-e", 'a "quoted" \\ word'],
      environment: new Map([["empty", ""], ["text", "tab\tline\nreturn\rä"]]),
    } satisfies Derivation,
  );
});

Deno.test("parseDerivation() reads a derivation without anything, and outputs of unknown place", () => {
  const { outputs, environment } = parse('Derive([("out","","r:sha256","")],[],[],"","",[],[])');
  assert.deepEqual([...outputs], [["out", { path: null, hashAlgorithm: "r:sha256", hash: "" }]]);
  assert.equal(environment.size, 0);
});

Deno.test("parseDerivation() takes a backslash before any other character for nothing", () => {
  const { builder } = parse(String.raw`Derive([],[],[],"","\a\\n\"\__proto__",[],[])`);
  assert.equal(builder, String.raw`a\n"__proto__`);
});

Deno.test("parseDerivation() reads strings of megabytes", () => {
  const words = 'a "word" and \\ more\n'.repeat(200_000);
  const written = words.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  const { environment } = parse(`Derive([],[],[],"","",[],[("a","${written}")])`);
  assert.equal(environment.get("a"), words);
});

Deno.test("parseDerivation() says where it is not a derivation", () => {
  const at = (what: string, place: number) =>
    `x.drv: not a derivation as Nix writes them: expected ${what} at character ${place}`;
  assert.equal(failure(""), at('"Derive("', 0));
  assert.equal(failure("\ufeff" + HELLO), at('"Derive("', 0));
  assert.equal(failure(`${HELLO}\n`), at("the end", HELLO.length));
  assert.equal(failure("Derive([,"), at('"("', 8));
  assert.equal(failure('Derive([],[],[],"a"'), at('","', 19));
  assert.equal(failure('Derive([],[],[],"a\\'), at("a string that ends, without NUL", 16));
  assert.equal(failure('Derive([],[],[],"a\0"'), at("a string that ends, without NUL", 16));
  assert.equal(failure('Derive([],[],[],"a\\\0"'), at("a string that ends, without NUL", 16));
  assert.equal(failure('Derive([],[],["/a"]'), at("a path of the store /nix/store", 14));
  assert.equal(
    failure('Derive([("out","/gnu/store/a","","")]'),
    at("a path of the store /nix/store", 15),
  );
  assert.equal(
    failure('Derive([],[],[],"","",[],[("a",""),("a","")])'),
    at('no second "a"', 35),
  );
});

Deno.test("parseDerivation() says what is too new, and what is no text", () => {
  assert.match(failure('DrvWithVersion("xp-dyn-drv",'), /^x\.drv: a dynamic derivation/);
  assert.throws(
    () => parseDerivation(Uint8Array.of(0x44, 0xff), "x.drv"),
    /^ImageError: x\.drv: not in UTF-8/,
  );
});

Deno.test("parseDerivation() fails with an ImageError alone, at once, whatever it reads", () => {
  const mutations = fc.array(
    fc.record({
      at: fc.nat(HELLO.length),
      removed: fc.nat(4),
      added: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('"', "\\", "[", "]", "(", ",")),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(mutations, (mutations) => {
      let text = HELLO;
      for (const { at, removed, added } of mutations) {
        text = text.slice(0, at) + added + text.slice(at + removed);
      }
      try {
        parse(text);
      } catch (error) {
        assert.ok(error instanceof ImageError, String(error));
      }
    }),
    { numRuns: 5000, seed: 8 },
  );
});

Deno.test("parseDerivation() reads back any strings", () => {
  const text = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
  const write = (text: string) =>
    `"${
      text.replace(
        /[\\"\n\r\t]/g,
        (one) => "\\" + ({ "\n": "n", "\r": "r", "\t": "t" }[one] ?? one),
      )
    }"`;
  fc.assert(
    fc.property(fc.array(text), fc.dictionary(text, text), (args, environment) => {
      const variables = Object.entries(environment);
      const written = `Derive([],[],[],"","",[${args.map(write)}],[${
        variables.map(([name, value]) => `(${write(name)},${write(value)})`)
      }])`;
      const parsed = parse(written);
      assert.deepEqual(parsed.args, args);
      assert.deepEqual([...parsed.environment], variables);
    }),
    { seed: 8 },
  );
});
