/**
 * `deno task demo`: from store paths to a running container, saying what it does at each step.
 * @module
 */

import { readImage } from "../tests/support/archive.ts";
import { nixEnvironment } from "./nix_environment.ts";
import { busyboxDirectory, ensurePrograms, findProgram } from "./programs.ts";
import { runTask } from "./programs_missing.ts";
import { programCommand, PROJECT } from "./program_command.ts";

interface Plan {
  readonly layers: readonly { readonly paths: readonly string[]; readonly size: number }[];
}

const SPEC = "examples/hello.json";
const NIX = "examples/demo.nix";

await runTask(async () => {
  ensurePrograms({ programs: ["nix-build", "busybox", "tar"] });
  const scratch = Deno.makeTempDirSync({ prefix: "nix-image-demo-" });
  try {
    build();
    const plan = JSON.parse(capture([...programCommand(), "plan", "--json", SPEC])) as Plan;
    const archive = `${scratch}/hello.tar`;
    stream(archive);
    await summarise(plan, archive);
    load(archive);
    return 0;
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
});

function build(): void {
  step(`Building the store paths of ${NIX} with nix-build`);
  const path = capture(
    ["nix-build", NIX, "--out-link", "examples/result", "--arg", "directory", busyboxDirectory()],
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

async function summarise(plan: Plan, archive: string): Promise<void> {
  const { manifest, config } = await readImage(archive);
  const digests = config.rootfs.diff_ids;
  step(`The image ${manifest.RepoTags.join(", ")}`);
  for (const [index, digest] of digests.entries()) {
    const layer = plan.layers[index];
    const what = layer === undefined || layer.paths.length === 0
      ? "links to the contents"
      : `${layer.size} bytes in ${layer.paths.length} store path(s)`;
    console.log(`  layer ${index + 1}  ${digest.slice(0, 19)}  ${what}`);
    for (const path of layer?.paths ?? []) console.log(`    ${path}`);
  }
  console.log(`  archive  ${Deno.statSync(archive).size} bytes, ${digests.length} layers`);
  console.log(`  digest   sha256:${manifest.Config.replace(/\.json$/, "")}`);
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
