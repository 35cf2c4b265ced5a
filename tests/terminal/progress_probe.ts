/**
 * Shows progress on the real standard error; progress_test.ts runs it.
 * @module
 */

import { Progress } from "../../src/terminal/progress.ts";
import { stderrOutput } from "../../src/terminal/stderr.ts";

const progress = new Progress(stderrOutput);
progress.start([{ label: "glibc-2.36 \x1b]0;title\x07", paths: 1 }], 2000);
progress.layer(0);
progress.bytes(1000);
await new Promise((resolve) => setTimeout(resolve, 150));
progress.bytes(500);
progress.finish();
console.log("done");
