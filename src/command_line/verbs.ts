/**
 * The verbs, in the order of the help. Each is loaded when it is asked for.
 * @module
 */

import type { Verbs } from "./verb.ts";

/** Verbs under the headings that they have in the help. */
export const VERBS: Verbs = {
  "Make images": [
    { name: "stream", load: async () => (await import("./verbs/stream.ts")).command },
    { name: "build", load: async () => (await import("./verbs/build.ts")).command },
    { name: "load", load: async () => (await import("./verbs/load.ts")).command },
    { name: "push", load: async () => (await import("./verbs/push.ts")).command },
    { name: "index", load: async () => (await import("./verbs/index.ts")).command },
    { name: "shell", load: async () => (await import("./verbs/shell.ts")).command },
    { name: "layer", load: async () => (await import("./verbs/layer.ts")).command },
  ],
  "Look at images": [
    { name: "plan", load: async () => (await import("./verbs/plan.ts")).command },
    { name: "inspect", load: async () => (await import("./verbs/inspect.ts")).command },
    { name: "diff", load: async () => (await import("./verbs/diff.ts")).command },
    { name: "check", load: async () => (await import("./verbs/check.ts")).command },
  ],
  "Use images that are there": [
    { name: "pull", load: async () => (await import("./verbs/pull.ts")).command },
    { name: "prefetch", load: async () => (await import("./verbs/prefetch.ts")).command },
    { name: "merge", load: async () => (await import("./verbs/merge.ts")).command },
    { name: "export", load: async () => (await import("./verbs/export.ts")).command },
  ],
  "Find your way": [
    { name: "doctor", load: async () => (await import("./verbs/doctor.ts")).command },
    { name: "schema", load: async () => (await import("./verbs/schema.ts")).command },
    { name: "helper", load: async () => (await import("./verbs/helper.ts")).command },
    { name: "tarsum", load: async () => (await import("./verbs/tarsum.ts")).command },
    {
      name: "completions",
      load: async () => (await import("./verbs/completions.ts")).commandFor(VERBS),
    },
    { name: "man", load: async () => (await import("./verbs/man.ts")).commandFor(VERBS) },
    { name: "version", load: async () => (await import("./verbs/version.ts")).command },
  ],
};
