/** Reads a request's body: complete, limited in size, and safe to walk. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import express, { type Request, type RequestHandler } from "express";
import type { z } from "zod";
import { checked, invalid, Problem } from "./problem";

/**
 * The body as bytes, whatever its content type. Throws a 413 above `limit` bytes. For a compressed body, the unpacked
 * size counts.
 */
export function readBody(limit: number): (request: IncomingMessage, response: ServerResponse) => Promise<Buffer> {
  const unpacked = express.raw({ type: () => true, limit }) as (
    request: IncomingMessage & { body?: unknown },
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void;
  return (request: IncomingMessage & { body?: unknown }, response) =>
    new Promise((resolve, reject) => {
      if (request.headers["content-encoding"]) {
        unpacked(request, response, (error) => {
          if (error) reject(error);
          else resolve(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
        });
        return;
      }
      // Most bodies are small and plain. Reading one takes a fraction of the time that it would take to find out what
      // else it might be.
      const parts: Buffer[] = [];
      let bytes = 0;
      request.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes <= limit) parts.push(part);
      });
      request.on("end", () => {
        if (bytes > limit) reject(new Problem(413, "the body is too large"));
        else resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts));
      });
      request.on("error", () => reject(new Problem(400, "the body was cut off")));
    });
}

/** The same for an Express route. `bytesOf` returns the bytes. */
export function rawBody(limit: number): RequestHandler {
  const read = readBody(limit);
  return async (request, response, next) => {
    request.body = await read(request, response);
    next();
  };
}

/** The body that `rawBody` read. Empty if there is none. */
export function bytesOf(request: Request): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** Parses the body by its schema. Throws a 400 that says what is wrong with it. */
export function bodyOf<T extends z.ZodType>(schema: T, request: Request, detail: string): z.output<T> {
  return checked(schema, jsonOf(bytesOf(request)), detail);
}

/** Some editors and tools put this before UTF-8 (RFC 8259, 8.1: a reader may ignore it). */
const BOM = /^\uFEFF/;

/** Deeper than any document of ours, and far below the depth at which walking it would overflow the stack. */
const MAX_DEPTH = 64;

/**
 * Parses bytes as JSON. Throws a 400 that says where the fault is, if the text is not JSON, is nested too deep, or has
 * a `__proto__` key. None of our documents has that key, and one that slipped through would be read from every object.
 */
export function jsonOf(bytes: Buffer, parse: (text: string) => unknown = JSON.parse): unknown {
  if (bytes.length === 0) throw new Problem(400, "the body is empty; send JSON");
  let value: unknown;
  try {
    if (!isUtf8(bytes)) throw new Error("must be UTF-8");
    value = parse(bytes.toString().replace(BOM, ""));
  } catch (error) {
    throw invalid("the body is not valid JSON", [{ path: "", message: (error as Error).message }]);
  }
  guard(value, [], 0);
  return value;
}

function guard(value: unknown, path: string[], depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > MAX_DEPTH) {
    throw invalid("the body is nested too deeply", [
      { path: "", message: `must not be nested more than ${MAX_DEPTH} levels deep` },
    ]);
  }
  for (const key of Object.keys(value)) {
    if (key === "__proto__") {
      throw invalid("the body has a forbidden key", [{ path: [...path, key].join("."), message: "is not allowed" }]);
    }
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner !== "object" || inner === null) continue;
    path.push(key);
    guard(inner, path, depth + 1);
    path.pop();
  }
}
