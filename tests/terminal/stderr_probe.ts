/**
 * Tells lines while progress is shown on the real standard error; stderr_test.ts runs it.
 * @module
 */

import { ArrivalProgress } from "../../src/terminal/arrival_progress.ts";
import { BlobProgress } from "../../src/terminal/blob_progress.ts";
import { Progress } from "../../src/terminal/progress.ts";
import { stderrOutput, tell } from "../../src/terminal/stderr.ts";

const pause = () => new Promise((resolve) => setTimeout(resolve, 120));

const progress = new Progress(stderrOutput, { colour: true });
progress.start([{ label: "glibc-2.36", paths: 1 }], 2000);
progress.layer(0);
tell("first\n");
progress.bytes(500);
tell("second\n");
await pause();
progress.bytes(500);
progress.finish();
tell("third\n");

const blobs = new BlobProgress(stderrOutput, { colour: true });
blobs.start(["a", "b", "c"]);
blobs.pushing(0, 1000);
await pause();
blobs.pushing(1, 1000);
tell("fourth\nfifth\n");
blobs.sent(0, 10);
tell("sixth\n");
await pause();
blobs.sent(1, 10);
blobs.clear();

const arrival = new ArrivalProgress(stderrOutput, "image");
arrival.arrived(10, 1000);
tell("seventh\n");
await pause();
arrival.arrived(20, 1000);
if (Deno.args[0] !== "unfinished") arrival.finish();
