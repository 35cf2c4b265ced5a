/**
 * `deno task demo`: from store paths to a running container, saying what it does at each step.
 * @module
 */

import { nixEnvironment } from "./nix_environment.ts";
import { ensurePrograms, findProgram } from "./programs.ts";
import { runTask } from "./programs_missing.ts";
import { programCommand, PROJECT } from "./program_command.ts";

interface Plan {
  readonly layers: readonly { readonly paths: readonly string[]; readonly size: number }[];
}

interface ManifestEntry {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

interface ImageConfig {
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

const SPEC = "examples/hello.json";
const NIX = "examples/demo.nix";

await runTask(() => {
  ensurePrograms({ programs: ["nix-build", "busybox", "tar"] });
  const scratch = Deno.makeTempDirSync({ prefix: "nix-image-demo-" });
  try {
    build();
    const plan = JSON.parse(capture([...programCommand(), "plan", "--json", SPEC])) as Plan;
    const archive = `${scratch}/hello.tar`;
    stream(archive);
    summarise(plan, archive);
    load(archive);
    return 0;
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
});

function build(): void {
  step(`Building the store paths of ${NIX} with nix-build`);
  const busybox = findProgram("busybox") ?? "/usr/bin/busybox";
  const directory = Deno.realPathSync(busybox).replace(/\/[^/]+$/, "");
  const path = capture(
    ["nix-build", NIX, "--out-link", "examples/result", "--arg", "directory", directory],
    nixEnvironment(),
  );
  console.log(`  examples/result -> ${path.trim()}`);
}

function stream(archive: string): void {
  step(`nix-image stream ${SPEC} > ${archive}`);
  // The redirect is the shell's, as a user would write it.
  capture([
    "sh",
    "-c",
    'file=$1; shift; exec "$@" > "$file"',
    "sh",
    archive,
    ...programCommand(),
    "stream",
    SPEC,
  ]);
}

function summarise(plan: Plan, archive: string): void {
  const [entry] = JSON.parse(member(archive, "manifest.json")) as ManifestEntry[];
  if (entry === undefined) throw new Error("The archive names no image");
  const config = JSON.parse(member(archive, entry.Config)) as ImageConfig;
  const digests = config.rootfs.diff_ids;
  step(`The image ${entry.RepoTags.join(", ")}`);
  for (const [index, digest] of digests.entries()) {
    const layer = plan.layers[index];
    const what = layer === undefined || layer.paths.length === 0
      ? "links to the contents"
      : `${layer.size} bytes in ${layer.paths.length} store path(s)`;
    console.log(`  layer ${index + 1}  ${digest.slice(0, 19)}  ${what}`);
    for (const path of layer?.paths ?? []) console.log(`    ${path}`);
  }
  console.log(`  archive  ${Deno.statSync(archive).size} bytes, ${digests.length} layers`);
  console.log(`  digest   sha256:${entry.Config.replace(/\.json$/, "")}`);
}

function load(archive: string): void {
  if (findProgram("docker") === undefined || !succeeds(["docker", "info"])) {
    step("No Docker daemon answers, so the image is not run; where one does:");
    console.log(`  nix-image stream ${SPEC} | docker load`);
    return;
  }
  step("Loading it into Docker and running it");
  console.log(`  ${capture(["docker", "load", "--input", archive]).trim()}`);
  const said = capture(["docker", "run", "--rm", "--network=none", "hello:latest"]).trim();
  console.log(`  docker run says: ${said}`);
}

function step(text: string): void {
  console.log(`\n${text}`);
}

function member(archive: string, name: string): string {
  return capture(["tar", "--extract", "--to-stdout", "--file", archive, name]);
}

function succeeds([program = "", ...args]: readonly string[]): boolean {
  return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
}

/** What a command prints; its standard error is ours. */
function capture(
  [program = "", ...args]: readonly string[],
  env: Record<string, string> = {},
): string {
  const { success, stdout } = new Deno.Command(program, {
    args,
    cwd: PROJECT,
    env,
    stderr: "inherit",
  })
    .outputSync();
  if (!success) throw new Error(`Failed: ${program} ${args.join(" ")}`);
  return new TextDecoder().decode(stdout);
}
