/** The insertion script: the SDK with one site's setup behind it. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { promisify } from "node:util";
import { brotliCompress, constants, crc32, createDeflateRaw, deflateRawSync, gzip } from "node:zlib";
import type { Request, Response } from "express";
import { compileSetup } from "./compile";
import type { KnownSite } from "./registry";

/** A file of JavaScript in every encoding that it is served in. */
export interface Script {
  plain(): Buffer;
  gzip(): Buffer;
  br(): Promise<Buffer>;
  hash: string;
}

export interface Scripts {
  of(site: KnownSite): Promise<Script>;
}

/** Sites whose scripts are kept: 1 KB each, and 8 more where a browser has asked for brotli. */
const MAX_KEPT = 2_000;

/**
 * `sdk` is the text of dist/sdk/script.js, which declares `boot`; `publicUrl` is where browsers reach the collector, were it told. A script that is
 * not kept costs 0.2 ms: what all sites have in common is compressed once, and only the setup is compressed for each. So nothing has to outlast a
 * restart; compressing it whole took 26 ms, and 2,000 sites visited one after the other kept two cores busy with nothing else.
 */
export function createScripts(sdk: string, publicUrl?: string): Scripts {
  const kept = new Map<string, { version: number; script: Script }>();
  const head = compressHead(Buffer.from(opening(sdk)));
  return {
    async of({ site, version, document }) {
      const found = kept.get(site);
      if (found?.version === version) return found.script;
      const [oldest] = kept.keys();
      if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
      const script = joinScript(await head, `${compileSetup(site, document, { version, publicUrl })}${CLOSING}`);
      kept.set(site, { version, script });
      return script;
    },
  };
}

// The setup stands outside of the SDK's scope, so that a name in it is the page's and never one of ours (sdk/README.md).
const opening = (sdk: string) => `(function(){${sdk.trimEnd()}\nreturn boot})()(`;
const CLOSING = ");\n";

export function assemble(sdk: string, setup: string): string {
  return opening(sdk) + setup + CLOSING;
}

/** What every script begins with, and its part of a gzip file (RFC 1952): the header and blocks up to a whole byte. */
interface Head {
  plain: Buffer;
  packed: Buffer;
}

/** Deflate, no flags, no time, as small as can be, of no system (RFC 1952, 2.3). */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);

async function compressHead(plain: Buffer): Promise<Head> {
  const deflate = createDeflateRaw({ level: 9 });
  const parts: Buffer[] = [];
  deflate.on("data", (part: Buffer) => parts.push(part));
  deflate.write(plain);
  // Ends what was written at a byte, and not the stream (RFC 1951, 3.2.4: an empty block that is not compressed).
  await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
  deflate.destroy();
  await once(deflate, "close");
  return { plain, packed: Buffer.concat([GZIP_HEADER, ...parts]) };
}

/** The head with a site's own end: one gzip member, whose last blocks refer to the head's bytes as if they had been compressed together. */
function joinScript(head: Head, end: string): Script {
  const rest = Buffer.from(end);
  const plain = () => Buffer.concat([head.plain, rest]);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(rest, crc32(head.plain)), 0);
  trailer.writeUInt32LE(head.plain.length + rest.length, 4);
  const packed = Buffer.concat([deflateRawSync(rest, { level: 9, dictionary: head.plain.subarray(-32_768) }), trailer]);
  return {
    plain,
    hash: hashOf(plain()),
    gzip: () => Buffer.concat([head.packed, packed]),
    br: lazily(() => promisify(brotliCompress)(plain(), QUICK)),
  };
}

/** 1 ms, in a window as large as the file; the library's own quality, 11, takes 35 for 6 % less. */
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 16 } };

/** A file that is the same for all. */
export async function compress(code: string | Buffer): Promise<Script> {
  const plain = Buffer.from(code);
  const packed = await promisify(gzip)(plain, { level: 9 });
  const br = lazily(() => promisify(brotliCompress)(plain));
  return { plain: () => plain, gzip: () => packed, br, hash: hashOf(plain) };
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The best encoding that the browser takes; it is said in the answer. */
export function encodingOf(request: Request, response: Response): "br" | "gzip" | undefined {
  const accepted = request.acceptsEncodings();
  const encoding = (["br", "gzip"] as const).find((one) => accepted.includes(one));
  if (encoding) response.set("Content-Encoding", encoding);
  response.vary("Accept-Encoding");
  return encoding;
}

/** Answers a script in the best encoding that the browser takes, or 304 where it has it. */
export async function sendScript(request: Request, response: Response, script: Script): Promise<void> {
  const encoding = encodingOf(request, response);
  response.set({
    "Content-Type": "text/javascript; charset=utf-8",
    // Strong, and so another one for each encoding (RFC 9110, 8.8.3).
    ETag: `"${script.hash}${encoding ? `-${encoding}` : ""}"`,
    // Always asked for again: a saved entity shows at the next page view, and the answer is mostly a 304.
    "Cache-Control": "no-cache",
    "Access-Control-Allow-Origin": "*",
  });
  // Before anything is compressed for it.
  if (request.fresh) response.status(304).end();
  else response.send(await script[encoding ?? "plain"]());
}
