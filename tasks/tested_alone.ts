/**
 * Integration tests that are not run beside others.
 * @module
 */

/**
 * Files of tests/integration/, and why each is alone: it looks at all of something that others change,
 * or fails where the machine is slow for some seconds.
 */
export const TESTED_ALONE: Readonly<Record<string, string>> = {
  "doctor_test.ts":
    "a program that does not answer within 5 seconds counts as one that does not work",
  "filter_test.ts": "waits for 200 ms to see that a program has taken all that it will",
  "interrupted_commands_test.ts": "what a killed program leaves has 10 seconds to end well",
  "nix_database_test.ts": "compares all that the host's Nix database has, before and after",
  "plan_test.ts": "compares how long two commands take",
  "run_as_root_failures_test.ts": "machines that are silent for 10 seconds are ended",
  "scripts_test.ts": "a script has to end within 2.5 seconds",
};
