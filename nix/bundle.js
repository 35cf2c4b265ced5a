// Puts the program into one file with esbuild, as `deno task bundle` does with Deno's own bundler:
// bundle.js SOURCE ESBUILD OUT PACKAGE=FILE...

const [source, esbuild, out, ...packages] = Deno.args;

/** What threads run: the source of each, another file, becomes a part of this one. */
const WORKERS = ["compress_worker", "digest_worker"];

function bundle(file) {
  const { success, stdout } = new Deno.Command(esbuild, {
    args: [
      `${source}/${file}`,
      "--bundle",
      "--format=esm",
      "--platform=node",
      "--target=esnext",
      "--charset=utf8",
      "--log-level=warning",
      ...packages.map((alias) => `--alias:${alias}`),
    ],
    stderr: "inherit",
  }).outputSync();
  if (!success) Deno.exit(1);
  return new TextDecoder().decode(stdout);
}

let text = bundle("cli.ts");
for (const worker of WORKERS) {
  const start = `new URL("./${worker}.ts", import.meta.url)`;
  const parts = text.split(start);
  if (parts.length !== 2) throw new Error(`${start} is there ${parts.length - 1} times, not once`);
  const source = encodeURIComponent(bundle(`src/sinks/${worker}.ts`));
  text = parts.join(`"data:text/javascript,${source}"`);
}
Deno.writeTextFileSync(out, text);
