/** Reads screenshots: PNG with 8 bits a channel, not interlaced (PNG specification, sections 5, 9, 11). */

import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import assert from "node:assert/strict";

/** The colours of an image. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** The colour of a pixel, as CSS has it: `#rrggbb`. */
  at(x: number, y: number): string;
}

/** Decodes a PNG of three or four channels. */
export function decodePng(file: Uint8Array<ArrayBuffer>): Pixels {
  const view = new DataView(file.buffer, file.byteOffset);
  const parts: Uint8Array[] = [];
  for (let at = 8; at < file.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (type === "IDAT") parts.push(file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, colourType, , , interlace] = file.subarray(24, 29);
  assert.ok(depth === 8 && (colourType === 2 || colourType === 6) && interlace === 0);
  const channels = colourType === 2 ? 3 : 4;
  const rows = unfiltered(inflateSync(Buffer.concat(parts)), width * channels, height, channels);
  return {
    width,
    height,
    at(x, y) {
      const start = (y * width + x) * channels;
      const bytes = [...rows.subarray(start, start + 3)];
      return `#${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    },
  };
}

function unfiltered(data: Uint8Array, stride: number, height: number, channels: number) {
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= channels ? rows[at - channels]! : 0;
      const up = y > 0 ? rows[at - stride]! : 0;
      const corner = x >= channels && y > 0 ? rows[at - stride - channels]! : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter!]!;
      rows[at] = data[y * (stride + 1) + 1 + x]! + guess;
    }
  }
  return rows;
}

function paeth(left: number, up: number, corner: number): number {
  const distance = (value: number) => Math.abs(left + up - corner - value);
  if (distance(left) <= distance(up) && distance(left) <= distance(corner)) return left;
  return distance(up) <= distance(corner) ? up : corner;
}
