/**
 * Runs a machine as the program would, with its permissions, and prints what it is told, one JSON
 * array a line. Argument: the machine and the options, as JSON.
 */

import { ImageError } from "../../src/errors.ts";
import { endOnSignals } from "../../src/process/cleanup.ts";
import { runMachine, ScriptFailure } from "../../src/vm/machine.ts";

const { machine, options } = JSON.parse(Deno.args[0] ?? "");
endOnSignals();
const say = (...words: unknown[]) => console.log(JSON.stringify(words));
try {
  await runMachine(machine, {
    ...options,
    searchPath: Deno.env.get("PATH") ?? "",
    onOutput: (text) => say("output", text),
    onPhase: (name) => say("phase", name),
    onWarning: (text) => say("warning", text),
  });
  say("done");
} catch (error) {
  if (error instanceof ScriptFailure) say("script", error.script, error.status);
  if (error instanceof ImageError) say("error", error.message);
  else throw error;
}
