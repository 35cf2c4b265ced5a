/**
 * What `--version` prints.
 * @module
 */

import { COMMIT, VERSION } from "../build_info.ts";

/** The version, and the commit of an executable. */
export const VERSION_TEXT: string = COMMIT === undefined ? VERSION : `${VERSION} (${COMMIT})`;
