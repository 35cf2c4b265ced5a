/**
 * Blobs to a registry (distribution spec, pushing blobs): begun, sent as one long chunk, and named
 * by their digest at the end, which thus need not be known before.
 * @module
 */

import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import { HttpError } from "../http/http_error.ts";
import type { HttpResponse } from "../http/client.ts";
import { redacted } from "../http/redact.ts";
import { withRetries } from "../http/retry.ts";
import type { Transport } from "./transport.ts";
import { uploadLocation } from "./upload_location.ts";

/** Bytes that are to become a blob. */
export interface BlobSource {
  /** What to call it in an error. */
  readonly name: string;
  /** The same bytes each time. */
  open(): ReadableStream<Uint8Array>;
  /** `sha256:` and 64 hexadecimal digits, if it is known: then nothing else is stored. */
  readonly digest?: string | undefined;
  /** In bytes, if it is known. */
  readonly size?: number | undefined;
  /** Told of the bytes that have gone out since the last call. */
  readonly onSent?: (count: number) => void;
}

/** A blob that the registry has now. */
export interface UploadedBlob {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** Where an upload goes. */
export interface UploadPlace {
  /** Uploads begin there. */
  readonly target: string;
  readonly scope: string;
  readonly hasBlob: (digest: string, size: number) => Promise<boolean>;
  /** Of an upload that was begun already. */
  readonly location: URL | undefined;
}

/** The bytes are others than was said of them. */
export class WrongBytes extends ImageError {}

/** What registries answer if an upload can not go on where it was. */
const STALE = new Set([400, 404, 416]);

/** One upload, through all its attempts. */
export class Upload {
  readonly #transport: Transport;
  readonly #source: BlobSource;
  readonly #place: UploadPlace;
  #location: URL | undefined;
  /** Whether bytes may have gone to that location. */
  #begun = false;
  #result: UploadedBlob | undefined;

  constructor(transport: Transport, source: BlobSource, place: UploadPlace) {
    this.#transport = transport;
    this.#source = source;
    this.#place = place;
    this.#location = place.location;
  }

  /** See {@linkcode RegistryClient.uploadBlob}. */
  async run(): Promise<UploadedBlob> {
    const { retries, onRetry } = this.#transport;
    return await withRetries(retries, () => this.#attempt(), onRetry);
  }

  async #attempt(): Promise<UploadedBlob> {
    // The answer may have been lost when all had gone well.
    if (this.#result && await this.#isThere(this.#result)) return this.#result;
    const offset = await this.#offset();
    try {
      return await this.#send(offset);
    } catch (error) {
      const stale = error instanceof HttpError && offset > 0 && STALE.has(error.status ?? 0);
      if (!stale) throw error;
      this.#forget();
      throw new HttpError(error.message, { cause: error, transient: true });
    }
  }

  async #send(offset: number): Promise<UploadedBlob> {
    const location = this.#location ?? await this.#begin();
    this.#location = location;
    this.#begun = true;
    const bytes = new SentBytes(this.#source, offset);
    const { size } = this.#source;
    const headers: Record<string, string> = { "content-type": "application/octet-stream" };
    if (size !== undefined) headers["content-length"] = `${size - offset}`;
    if (size !== undefined && offset > 0) headers["content-range"] = `${offset}-${size - 1}`;
    try {
      const response = await this.#transport.once({
        method: "PATCH",
        target: location,
        scope: this.#place.scope,
        headers,
        body: bytes.stream,
        expected: [202, 204],
      });
      this.#location = await this.#locationIn(response);
      if (!bytes.complete) throw this.#unfinished(response);
    } catch (error) {
      // What went wrong here is not the registry's affair, and would go wrong again.
      if (bytes.failure || !(error instanceof HttpError)) await this.#cancel(location);
      throw bytes.failure ? bytes.failure.error : error;
    }
    this.#result = bytes.result();
    await this.#checkDigest(this.#result);
    await this.#finish(this.#location, this.#result);
    if (await this.#isThere(this.#result)) return this.#result;
    throw new HttpError(
      `PUT ${redacted(this.#location)}: the registry has not stored what it took`,
      { transient: true },
    );
  }

  async #isThere({ digest, size }: UploadedBlob): Promise<boolean> {
    return await this.#place.hasBlob(digest, size);
  }

  /** How many bytes the registry has of an earlier attempt. */
  async #offset(): Promise<number> {
    if (this.#location === undefined || !this.#begun) return 0;
    try {
      const response = await this.#transport.once({
        method: "GET",
        target: this.#location,
        scope: this.#place.scope,
        expected: [204],
      });
      this.#location = await this.#locationIn(response);
      const range = /^(?:bytes=)?0-(\d{1,15})$/.exec(response.header("range") ?? "");
      const last = Number(range?.[1] ?? 0);
      // Docker's registry says 0-0 of nothing, too.
      return last > 0 ? last + 1 : this.#forget();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return this.#forget();
    }
  }

  #forget(): number {
    this.#location = undefined;
    return 0;
  }

  async #begin(): Promise<URL> {
    const { target, scope } = this.#place;
    return await this.#locationIn(
      await this.#transport.request({ method: "POST", target, scope, expected: [202] }),
    );
  }

  async #locationIn(response: HttpResponse): Promise<URL> {
    response.drop();
    const { http } = this.#transport;
    return await uploadLocation(response.url, response.header("location"), {
      isProxied: (url) => http.isProxied(url),
    });
  }

  #unfinished(response: HttpResponse): HttpError {
    return new HttpError(
      `PATCH ${redacted(response.url)}: the registry did not wait for the end of what it was sent`,
      { transient: true },
    );
  }

  /** Others than those that were named must not be stored under any name. */
  async #checkDigest({ digest, size }: UploadedBlob): Promise<void> {
    const { digest: expected = digest, size: expectedSize = size, name } = this.#source;
    if (expected === digest && expectedSize === size) return;
    if (this.#location) await this.#cancel(this.#location);
    throw new WrongBytes(
      `${name}: it has become ${digest} (${size} bytes), and ${expected} (${expectedSize} bytes) ` +
        "was expected",
    );
  }

  async #finish(location: URL, { digest }: UploadedBlob): Promise<void> {
    const target = new URL(location);
    // As it is: what it was signed with depends on how it is spelt.
    target.search += `${target.search === "" ? "?" : "&"}digest=${encodeURIComponent(digest)}`;
    const response = await this.#transport.once({
      method: "PUT",
      target,
      scope: this.#place.scope,
      headers: { "content-type": "application/octet-stream" },
      body: new Uint8Array(0),
      expected: [200, 201, 204],
    });
    response.drop();
    const said = response.header("docker-content-digest");
    if (said === undefined || said === digest || !said.startsWith("sha256:")) return;
    throw new HttpError(
      `PUT ${redacted(target)}: the registry has stored another blob: ${said}, not ${digest}`,
    );
  }

  async #cancel(target: URL): Promise<void> {
    try {
      const { scope } = this.#place;
      const expected = [200, 202, 204];
      (await this.#transport.once({ method: "DELETE", target, scope, expected })).drop();
    } catch {
      // The registry drops it some day.
    }
  }
}

/** The bytes of a source from an offset on; all of them are hashed. */
class SentBytes {
  /** What goes out. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Whether the source has come to its end. */
  complete = false;
  /** What the source failed with. */
  failure: { readonly error: unknown } | undefined;
  readonly #hash = createHash("sha256");
  #size = 0;

  constructor(source: BlobSource, offset: number) {
    let skip = offset;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    this.stream = new ReadableStream({
      pull: async (controller) => {
        try {
          reader ??= source.open().getReader();
          for (;;) {
            const { value, done } = await reader.read();
            if (done) {
              this.complete = true;
              return controller.close();
            }
            this.#hash.update(value);
            this.#size += value.length;
            const rest = value.subarray(Math.min(skip, value.length));
            skip -= value.length - rest.length;
            if (rest.length === 0) continue;
            source.onSent?.(rest.length);
            return controller.enqueue(rest);
          }
        } catch (error) {
          this.failure = { error };
          throw error;
        }
      },
      cancel: (reason) => reader?.cancel(reason),
    }, { highWaterMark: 0 });
  }

  result(): UploadedBlob {
    return { digest: `sha256:${this.#hash.digest("hex")}`, size: this.#size };
  }
}
