import assert from "node:assert/strict";
import { parseCapabilities } from "../../src/spec/capabilities.ts";

/** What setcap of libcap 2.66 writes on Linux 6.18. */
const KNOWN = {
  "cap_net_bind_service+ep": "0100000200040000000000000000000000000000",
  "cap_net_bind_service=ep": "0100000200040000000000000000000000000000",
  "cap_net_raw=p": "0000000200200000000000000000000000000000",
  "CAP_SETUID,cap_Net_Raw+ep": "0100000280200000000000000000000000000000",
  "cap_chown=p+i": "0000000201000000010000000000000000000000",
  "cap_chown=+p": "0000000201000000000000000000000000000000",
  "cap_chown=p\tcap_kill+p": "0000000221000000000000000000000000000000",
  "cap_chown+i cap_chown=+p": "0000000201000000000000000000000000000000",
  "cap_chown=ep-e": "0000000201000000000000000000000000000000",
  "cap_audit_read+p": "0000000200000000000000002000000000000000",
  "all=ep": "01000002ffffffff00000000ff01000000000000",
  "=p": "00000002ffffffff00000000ff01000000000000",
  "all=ep cap_chown-ep": "01000002feffffff00000000ff01000000000000",
  "=": "0000000200000000000000000000000000000000",
} as const;

Deno.test("parseCapabilities() gives what setcap writes", () => {
  for (const [text, value] of Object.entries(KNOWN)) {
    assert.equal(parseCapabilities(text).toHex(), value, text);
  }
});

Deno.test("parseCapabilities() says what it does not understand", () => {
  const failures: [text: string, message: RegExp][] = [
    ["", /^expected capabilities as setcap takes them, such as "cap_net_raw\+ep"$/],
    [" \n", /^expected capabilities/],
    ["cap_net_raw", /^"cap_net_raw" is no clause as setcap takes it: expected names divided by/],
    ["cap_net_raw+", /^"cap_net_raw\+" is no clause/],
    ["cap_net_raw +ep", /^"cap_net_raw" is no clause/],
    ["+ep", /^"\+ep" is no clause/],
    ["=p-e", /^"=p-e" is no clause/],
    ["cap_net_raw=p=i", /is no clause/],
    ["cap_net_raw+P", /is no clause/],
    ["\u009bcap", /^"\ufffdcap" is no clause/],
    ["cap_net_rwa+ep", /^"cap_net_rwa" is no capability of Linux, did you mean "cap_net_raw"\?$/],
    ["net_raw+ep", /^"net_raw" is no capability of Linux, did you mean "cap_net_raw"\?$/],
    ["cap_chown,+p", /^"" is no capability of Linux$/],
    ["13+p", /^"13" is no capability of Linux$/],
    ["cap_chown=ep cap_kill+p", /^the flag "e" must be there for all the capabilities/],
  ];
  for (const [text, message] of failures) {
    assert.throws(() => parseCapabilities(text), { name: "Error", message }, text);
  }
});
