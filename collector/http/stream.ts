/**
 * Answers that may be large. They go out in pieces, as fast as the client reads them, and are never in memory as a
 * whole.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";

/** Sends pieces of text. An error on the way cuts the answer off, so that half of it is not mistaken for all. */
export async function sendPieces(
  response: Response,
  type: string,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  response.set("Content-Type", type);
  await pipeline(Readable.from(pieces), response);
}

/** Sends `{"key": [...items], ...rest}`. Each item is made when its turn comes. */
export async function sendList<T>(
  response: Response,
  key: string,
  items: T[],
  toJson: (item: T) => unknown,
  rest: Record<string, unknown>,
): Promise<void> {
  async function* pieces() {
    yield `{${JSON.stringify(key)}:[`;
    for (const [index, item] of items.entries()) yield (index > 0 ? "," : "") + JSON.stringify(await toJson(item));
    const more = JSON.stringify(rest);
    yield more === "{}" ? "]}" : `],${more.slice(1)}`;
  }
  await sendPieces(response, "application/json; charset=utf-8", pieces());
}
