/**
 * Says on standard error whether its standard output is captured; captured_test.ts runs it.
 * @module
 */

import { isCaptured } from "../../src/terminal/captured.ts";

console.error(await isCaptured() ? "captured" : "not captured");
