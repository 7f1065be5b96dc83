/** The insertion script: the SDK with one site's setup, compressed once for each version of the site. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import type { Request, Response } from "express";
import { compileSetup } from "./compile";
import type { KnownSite } from "./registry";

/** A file of JavaScript in every encoding that it is served in. */
export interface Script {
  plain: Buffer;
  gzip: Buffer;
  br: Buffer;
  hash: string;
}

export interface Scripts {
  of(site: KnownSite): Promise<Script>;
}

/** Sites whose scripts are kept: some 20 KB each. */
const MAX_KEPT = 500;

/** `sdk` is the text of dist/sdk/script.js, which declares `boot`. */
export function createScripts(sdk: string): Scripts {
  const kept = new Map<string, { version: number; script: Promise<Script> }>();
  return {
    of(site) {
      const found = kept.get(site.site);
      if (found?.version === site.version) return found.script;
      if (kept.size >= MAX_KEPT) kept.clear();
      const script = compress(assemble(sdk, compileSetup(site.site, site.document)));
      kept.set(site.site, { version: site.version, script });
      return script;
    },
  };
}

/** The setup stands outside of the SDK's scope, so that a name in it is the page's and never one of ours (sdk/README.md). */
export function assemble(sdk: string, setup: string): string {
  return `(function(){${sdk.trimEnd()}\nreturn boot})()(${setup});\n`;
}

export async function compress(code: string): Promise<Script> {
  const plain = Buffer.from(code);
  const hash = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  return { plain, hash, gzip: await promisify(gzip)(plain, { level: 9 }), br: await promisify(brotliCompress)(plain) };
}

/** Answers a script in the best encoding that the browser takes, or 304 where it has it. */
export function sendScript(request: Request, response: Response, script: Script): void {
  const accepted = request.acceptsEncodings();
  const encoding = (["br", "gzip"] as const).find((one) => accepted.includes(one));
  if (encoding) response.set("Content-Encoding", encoding);
  response
    .vary("Accept-Encoding")
    .set({
      "Content-Type": "text/javascript; charset=utf-8",
      // Strong, and so another one for each encoding (RFC 9110, 8.8.3).
      ETag: `"${script.hash}${encoding ? `-${encoding}` : ""}"`,
      // Always asked for again: a saved entity shows at the next page view, and the answer is mostly a 304.
      "Cache-Control": "no-cache",
      "Access-Control-Allow-Origin": "*",
    })
    .send(encoding ? script[encoding] : script.plain);
}
