/**
 * A repository in a registry (distribution spec 1.1).
 * @module
 */

import { verifiedChunks } from "../base/verified.ts";
import { ImageError } from "../errors.ts";
import { sha256Of } from "../image/image.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import { blobChunks } from "./download.ts";
import { HttpError } from "../http/http_error.ts";
import { redacted } from "../http/redact.ts";
import { Transport, type TransportOptions } from "./transport.ts";
import { type BlobSource, Upload, type UploadedBlob } from "./upload.ts";
import { uploadLocation } from "./upload_location.ts";

/** Options of {@linkcode RegistryClient}. */
export interface ClientOptions extends TransportOptions {
  /** Whether something is to be written. */
  readonly push?: boolean;
  /** Repositories of the same registry whose blobs may be mounted. */
  readonly mountFrom?: readonly string[];
}

/** A manifest as the registry has it. */
export interface StoredManifest {
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** All kinds of manifests and indexes. */
export const MANIFEST_TYPES: readonly string[] = [
  MEDIA_TYPE.index,
  MEDIA_TYPE.manifest,
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** Registries take no larger one (distribution spec, pushing manifests). */
const MOST_OF_MANIFEST = 4 << 20;
const MOST_TAGS = 100_000;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Talks to a registry about one repository. Disposing of it closes its connections. */
export class RegistryClient implements Disposable {
  /** The host as it is named in references. */
  readonly host: string;
  /** Such as `library/alpine`. */
  readonly repository: string;
  readonly #transport: Transport;
  /** One for all that is done: a token service is asked but once. */
  readonly #scope: string;

  /** @throws {UsageError} if the host can not be one. */
  constructor(host: string, repository: string, options: ClientOptions) {
    const { push = false, mountFrom = [] } = options;
    this.host = host;
    this.repository = repository;
    this.#transport = new Transport(host, repository, options);
    const scopes = new Set([
      `repository:${repository}:pull${push ? ",push" : ""}`,
      ...mountFrom.filter((from) => from !== repository).map((from) => `repository:${from}:pull`),
    ]);
    this.#scope = [...scopes].join(" ");
  }

  /**
   * Whether the repository has a blob, of this size if it is given.
   *
   * @param size in bytes, if it is known
   * @param isSure whether the blob can have no other size; else it counts as missing then
   * @throws {HttpError} if the registry does not say, or has it with another size.
   */
  async hasBlob(digest: string, size?: number, isSure = true): Promise<boolean> {
    const response = await this.#request("HEAD", `blobs/${digest}`, [200, 404]);
    response.drop();
    if (response.status === 404) return false;
    const length = response.header("content-length") ?? `${size}`;
    const said = response.header("docker-content-digest") ?? digest;
    const wrongSize = size !== undefined && Number(length) !== size;
    if (!wrongSize && (said === digest || !DIGEST.test(said))) return true;
    if (wrongSize && !isSure) return false;
    throw new HttpError(
      `HEAD ${redacted(response.url)}: the registry has another blob there: ` +
        (wrongSize ? `${length} bytes, not ${size}` : said),
    );
  }

  /**
   * A blob's bytes: a stream that fails unless they have the digest, and the size if it is given.
   * What is cut off goes on where it was.
   */
  getBlob(digest: string, size?: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const name = `${this.host}/${this.repository}: the blob ${digest}`;
    const chunks = blobChunks(this.#transport, {
      target: this.#path(`blobs/${digest}`),
      scope: this.#scope,
    });
    return verifiedChunks(chunks, { digest, name, ...size === undefined ? {} : { size } });
  }

  /**
   * Has the registry take a blob over from another of its repositories.
   *
   * @returns whether it did; else what {@linkcode RegistryClient.uploadBlob} may go on with
   * @throws {HttpError} if it fails.
   */
  async mountBlob(digest: string, from: string): Promise<true | URL> {
    const query = new URLSearchParams({ mount: digest, from });
    const response = await this.#request("POST", `blobs/uploads/?${query}`, [201, 202]);
    response.drop();
    if (response.status === 201) return true;
    const { http } = this.#transport;
    return await uploadLocation(response.url, response.header("location"), {
      isProxied: (url) => http.isProxied(url),
    });
  }

  /**
   * Sends a blob. Where the connection is lost, it goes on where the registry allows that, and
   * begins anew elsewhere.
   *
   * @param location of an upload that was begun
   * @throws {HttpError} if it fails.
   * @throws what the source throws.
   */
  async uploadBlob(source: BlobSource, location?: URL): Promise<UploadedBlob> {
    const upload = new Upload(this.#transport, source, {
      scope: this.#scope,
      target: this.#path("blobs/uploads/"),
      hasBlob: (digest, size) => this.hasBlob(digest, size),
      location,
    });
    return await upload.run();
  }

  /**
   * A manifest or an index.
   *
   * @param reference a tag or a digest
   * @param accept media types; all kinds by default
   * @throws {HttpError} if there is none, or it is not the one it should be.
   */
  async getManifest(
    reference: string,
    accept: readonly string[] = MANIFEST_TYPES,
  ): Promise<StoredManifest> {
    const response = await this.#transport.request({
      method: "GET",
      target: this.#path(`manifests/${reference}`),
      scope: this.#scope,
      headers: { accept: accept.join(", ") },
      expected: [200],
    });
    const bytes = await response.bytes(MOST_OF_MANIFEST);
    const digest = sha256Of(bytes);
    const said = response.header("docker-content-digest");
    for (const expected of [said, reference]) {
      if (expected === undefined || !DIGEST.test(expected) || expected === digest) continue;
      throw new HttpError(
        `GET ${
          redacted(response.url)
        }: the manifest is damaged or another one: it has ${digest}, ` +
          `not ${expected}`,
      );
    }
    const mediaType = response.header("content-type")?.split(";")[0]?.trim() ?? "";
    return { mediaType, digest, bytes };
  }

  /**
   * What a tag or a digest stands for; undefined if for nothing. The digest is what the registry
   * says, if it says it.
   *
   * @throws {HttpError} if the registry does not say.
   */
  async headManifest(
    reference: string,
  ): Promise<{ readonly digest: string | undefined; readonly mediaType: string } | undefined> {
    const response = await this.#transport.request({
      method: "HEAD",
      target: this.#path(`manifests/${reference}`),
      scope: this.#scope,
      headers: { accept: MANIFEST_TYPES.join(", ") },
      expected: [200, 404],
    });
    response.drop();
    if (response.status === 404) return undefined;
    const digest = response.header("docker-content-digest");
    return {
      digest: digest !== undefined && DIGEST.test(digest) ? digest : undefined,
      mediaType: response.header("content-type")?.split(";")[0]?.trim() ?? "",
    };
  }

  /**
   * Writes a manifest, all of whose blobs are there.
   *
   * @param reference a tag or its digest
   * @returns its digest
   * @throws {HttpError} if the registry does not take it, or took something else.
   */
  async putManifest(
    reference: string,
    { mediaType, bytes }: Pick<StoredManifest, "mediaType" | "bytes">,
  ): Promise<string> {
    const response = await this.#transport.request({
      method: "PUT",
      target: this.#path(`manifests/${reference}`),
      scope: this.#scope,
      headers: { "content-type": mediaType },
      body: bytes,
      expected: [200, 201, 204],
    });
    response.drop();
    const digest = sha256Of(bytes);
    const said = response.header("docker-content-digest");
    if (said === undefined || said === digest || !DIGEST.test(said)) return digest;
    throw new HttpError(
      `PUT ${
        redacted(response.url)
      }: the registry has stored another manifest: ${said}, not ${digest}`,
    );
  }

  /**
   * All tags of the repository.
   *
   * @throws {ImageError} if they can not be listed.
   */
  async tags(): Promise<string[]> {
    const tags: string[] = [];
    let target: string | URL | undefined = this.#path("tags/list");
    while (target !== undefined) {
      const response = await this.#transport.request({
        method: "GET",
        target,
        scope: this.#scope,
        expected: [200],
      });
      const page = tagsIn(await response.bytes(MOST_OF_MANIFEST));
      if (page === undefined || tags.length > MOST_TAGS) {
        throw new ImageError(`GET ${redacted(response.url)}: expected a list of tags`);
      }
      tags.push(...page);
      const next = /^\s*<([^>]*)>\s*;\s*rel="?next"?/.exec(response.header("link") ?? "")?.[1];
      const url = next === undefined ? null : URL.parse(next, response.url);
      target = page.length > 0 && url?.origin === response.url.origin ? url : undefined;
    }
    return tags;
  }

  async #request(method: string, path: string, expected: readonly number[]) {
    const target = this.#path(path);
    return await this.#transport.request({ method, target, scope: this.#scope, expected });
  }

  #path(path: string): string {
    return `${this.repository}/${path}`;
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }
}

function tagsIn(bytes: Uint8Array): string[] | undefined {
  try {
    const { tags } = JSON.parse(new TextDecoder().decode(bytes)) as { tags?: unknown };
    if (tags === null) return [];
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string")) return tags;
  } catch {
    // No JSON.
  }
  return undefined;
}
