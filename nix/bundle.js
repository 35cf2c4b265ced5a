// Puts the program into one file with esbuild, as `deno task bundle` does with Deno's own bundler:
// bundle.js SOURCE ESBUILD OUT PACKAGE=FILE...

const [source, esbuild, out, ...packages] = Deno.args;

/** What starts a thread: its source is another file, which becomes a part of this one. */
const WORKER = 'new URL("./compress_worker.ts", import.meta.url)';

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

const parts = bundle("cli.ts").split(WORKER);
if (parts.length !== 2) throw new Error(`${WORKER} is there ${parts.length - 1} times, not once`);
const worker = encodeURIComponent(bundle("src/sinks/compress_worker.ts"));
Deno.writeTextFileSync(out, parts.join(`"data:text/javascript,${worker}"`));
