/**
 * Which test files run when, and which are not run beside others.
 * @module
 */

/** Files of tests/integration/ that are run by themselves, and why. */
export const TESTED_ALONE: Readonly<Record<string, string>> = {
  "filter_test.ts": "waits for 200 ms to see that a program has taken all that it will",
  "nix_database_test.ts": "compares all that the host's Nix database has, before and after",
  "plan_test.ts": "compares how long two commands take",
  "scripts_test.ts": "a script has to end within 2.5 seconds",
};

/**
 * Files that fail where the machine is slow for some seconds, and why. They wait for most of the time,
 * so that the machine is not slow where all of them run, and nothing else.
 */
export const TESTED_WHERE_CALM: Readonly<Record<string, string>> = {
  "doctor_test.ts":
    "a program that does not answer within 5 seconds counts as one that does not work",
  "interrupted_commands_test.ts": "what a killed program leaves has 10 seconds to end well",
  "run_as_root_failures_test.ts": "machines that are silent for 10 seconds are ended",
};

/**
 * The files that take longest, from the slowest on. They start first, so that none of them is left
 * when all others have ended.
 */
export const SLOW: readonly string[] = [
  "tests/base/hostile_images_test.ts",
  "tests/sinks/shared_digests_test.ts",
  "tests/vm/machine_test.ts",
  "tests/store/nar_decompress_test.ts",
  "tests/base/fuzz_test.ts",
  "tests/sinks/push_faults_test.ts",
  "tests/sinks/oci_layout_test.ts",
  "tests/layer/store_layer_test.ts",
  "tests/layer/nar_layer_test.ts",
  "tests/base/open_images_test.ts",
  "tests/integration/documentation_test.ts",
  "tests/integration/nix_functions_test.ts",
  "tests/integration/run_as_root_test.ts",
  "tests/integration/load_test.ts",
  "tests/integration/guest_test.ts",
  "tests/integration/shared_cache_test.ts",
  "tests/integration/hostile_servers_test.ts",
  "tests/integration/remote_stores_test.ts",
  "tests/integration/remote_files_test.ts",
  "tests/integration/compile_test.ts",
  "tests/integration/base_scenarios_test.ts",
  "tests/integration/index_test.ts",
  "tests/integration/root_scenarios_test.ts",
  "tests/integration/exit_status_test.ts",
  "tests/integration/single_scenarios_test.ts",
  "tests/integration/run_as_root_order_test.ts",
  "tests/integration/library_guide_test.ts",
  "tests/integration/merge_test.ts",
  "tests/integration/real_software_test.ts",
  "tests/integration/pull_test.ts",
  "tests/integration/cache_repository_test.ts",
  "tests/integration/executable_test.ts",
];

/** The same files, those of {@linkcode SLOW} first. */
export function slowFirst(files: readonly string[]): string[] {
  const place = (file: string) => {
    const found = SLOW.findIndex((slow) => file.endsWith(slow));
    return found < 0 ? SLOW.length : found;
  };
  return files.toSorted((a, b) => place(a) - place(b));
}
