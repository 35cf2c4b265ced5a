import assert from "node:assert/strict";
import { skopeoError } from "../../src/registry/skopeo_error.ts";

function logged(message: string): string {
  return `time="2026-01-31T12:00:00Z" level=warning msg="something else"\n` +
    `time="2026-01-31T12:00:00Z" level=fatal msg=${JSON.stringify(message)}\n`;
}

function message(said: string, status = "exit status 1"): string {
  return skopeoError("host/app:1", said, status).message;
}

Deno.test("skopeoError() has the reason alone, and what to do", () => {
  const reason = "reading manifest 1 in host/app: manifest unknown: manifest unknown";
  for (
    const said of [
      `Error parsing image name "docker://host/app:1": ${reason}`,
      `initializing source docker://host/app:1: ${reason}`,
    ]
  ) {
    assert.equal(
      message(logged(said)),
      `Cannot get host/app:1 from its registry: ${reason}\n  check its name, tag and digest`,
    );
  }
});

Deno.test("skopeoError() shows no secrets and no control characters", () => {
  const said = message(
    logged(
      'Get "https://user:secret@host/v2/?token=secret&x=secret": dial http://user:secret@proxy \u001b[31m',
    ),
  );
  assert.doesNotMatch(said, /secret|user/);
  assert.ok(!said.includes("\u001b"));
  assert.match(said, /https:\/\/host\/v2\/\?…/);
});

Deno.test("skopeoError() passes on what is no log, and a death without words", () => {
  assert.match(message("panic: out of memory\n"), /: {3}panic: out of memory$/);
  assert.match(message("", "ended by SIGKILL"), /: skopeo failed \(ended by SIGKILL\)$/);
});
