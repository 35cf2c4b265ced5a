/** What verbs say of stores that are elsewhere where these are of no use. */

import assert from "node:assert/strict";
import { nixImage } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
Deno.test.afterAll(async () => await scratch[Symbol.asyncDispose]());

const spec = scratch.spec({ name: "app", tag: "1", store: "file:///nowhere" });
const conf = scratch.spec({ store_layers: [], customisation_layer: "/nowhere" });
const graph = scratch.spec({});
const image = `${scratch.path}/image.tar`;

/** Nobody is asked for what is not needed: the store of the spec is not there. */
const built = await nixImage(["build", "-q", spec, "--compressor", "none", "-o", image]);
assert.equal(built.code, 0, built.stderr);

const store = ["--store", "https://cache.example"];
const isImage = /expected an image, found JSON; nix-image build makes an image of a spec/;

for (
  const [args, message] of [
    [["check", spec], isImage],
    [["diff", image, spec], isImage],
    [["export", spec, "-o", `${image}.root`], isImage],
    [["merge", image, spec, "-o", `${image}.merged`], isImage],
    [["load", image, ...store], /--store is for a spec, and this is an image/],
    [["push", image, "docker://r.example/a:1", "--no-check-sigs"], /--no-check-sigs is for a spec/],
    [["index", image, "-o", `${image}.index`, ...store], /--store is for a spec/],
    [["plan", "--closure", graph, ...store], /--store is for a spec, and there is none/],
    [["plan", spec, "--closure", graph, ...store], /--closure tells of .* on the disk.*one of the/],
    [["plan", spec, "--closure", graph, "--netrc-file", graph], /--netrc-file is for stores/],
    [["stream", "--tar", conf, ...store], /--store is for a spec, and this is a conf\.json/],
    [["layer", spec, "-o", `${image}.layer`, "--store", "ftp://x"], /ftp:/],
  ] as const
) {
  Deno.test(`${args[0]} says what is wrong: ${message.source}`, async () => {
    const { code, text, stderr } = await nixImage([...args]);
    assert.deepEqual([code, text], [2, ""], stderr);
    assert.match(stderr, message);
  });
}
