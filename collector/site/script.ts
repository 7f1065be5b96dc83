/** The insertion script: the SDK, followed by one site's setup. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { type BrotliOptions, brotliCompress, constants, gzipSync } from "node:zlib";
import type { Request, Response } from "express";
import { compileSetup } from "./compile";
import type { KnownSite } from "./registry";

/** A JavaScript file in every encoding that it is served in. */
export interface Script {
  plain: Buffer;
  gzip: Buffer;
  br(): Promise<Buffer>;
  hash: string;
}

/** A site's script. */
export type ScriptOf = (site: KnownSite) => Script;

/** How many sites' scripts to keep: some 20 KB each, and 6 more if a browser has asked for brotli. */
const MAX_KEPT = 500;

/**
 * `sdk` is the text of dist/sdk/script.js, which declares `boot`. `publicUrl` is where browsers reach the collector, if
 * it is configured.
 */
export function createScripts(sdk: string, publicUrl?: string): ScriptOf {
  const kept = new Map<string, { version: number; script: Script }>();
  return ({ site, version, document }) => {
    const found = kept.get(site);
    if (found?.version === version) return found.script;
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    const script = compress(assemble(sdk, compileSetup(site, document, { version, publicUrl })), QUICK);
    kept.set(site, { version, script });
    return script;
  };
}

/**
 * The setup stays outside the SDK's scope, so that a name in it is the page's and never one of ours (sdk/README.md).
 */
function assemble(sdk: string, setup: string): string {
  return `(function(){${sdk.trimEnd()}\nreturn boot})()(${setup});\n`;
}

/**
 * Takes 1 ms, with a window as large as the file. The library's default quality, 11, takes 35 ms and saves only 6 %
 * more.
 */
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 16 } };

/** A file in its encodings: gzip at once (0.2 ms), brotli when a browser asks for it. */
export function compress(code: string | Buffer, brotli: BrotliOptions = {}): Script {
  const plain = Buffer.from(code);
  const packed = gzipSync(plain, { level: 9 });
  const br = lazily(() => promisify(brotliCompress)(plain, brotli));
  return { plain, gzip: packed, br, hash: hashOf(plain) };
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}

export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The best encoding that the browser accepts. Also sets the answer's headers for it. */
function encodingOf(request: Request, response: Response): "br" | "gzip" | undefined {
  const accepted = request.acceptsEncodings();
  const encoding = (["br", "gzip"] as const).find((one) => accepted.includes(one));
  if (encoding) response.set("Content-Encoding", encoding);
  response.vary("Accept-Encoding");
  return encoding;
}

/** Sends a file in the best encoding that the browser accepts, or a 304 if the browser has it already. */
export async function sendFile(
  request: Request,
  response: Response,
  file: Script,
  headers: Record<string, string>,
): Promise<void> {
  const encoding = encodingOf(request, response);
  response.set({
    ...headers,
    // This is a strong ETag, so each encoding needs its own (RFC 9110, 8.8.3).
    ETag: `"${file.hash}${encoding ? `-${encoding}` : ""}"`,
  });
  // Answer a 304 before compressing anything.
  if (request.fresh) response.status(304).end();
  else response.send(await (encoding === "br" ? file.br() : file[encoding ?? "plain"]));
}
