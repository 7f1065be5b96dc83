/** The console's files, as they were built. What they ask for are the routes that everybody has. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Router } from "express";
import { Problem } from "../http/problem";
import { compress, lazily, type Script, sendFile } from "../site/script";

/**
 * Nothing but the collector's own files and routes; nothing inline, and no text that becomes code or markup (https://www.w3.org/TR/CSP3/,
 * https://www.w3.org/TR/trusted-types/): what pages and vendors have sent is shown here.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Frame-Options": "DENY",
};

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** A name with its content's hash in it (`app-Bq3x81Zk.js`) is never another file's. */
const HASHED = /^[^/]+[-.][A-Za-z0-9_-]{8,}\.\w+$/;

const PAGE = "index.html";

/**
 * Serves a folder's files below `/console/`, read when they are first asked for. An address that names none is a page of the console: it is
 * answered by `index.html`, whose references (`"./app.js"`) go up as far as the address is deep, and so work below any path.
 */
export function serveConsole(folder: URL): Router {
  const router = Router();
  const root = fileURLToPath(folder);
  const names = lazily(() => new Set(filesIn(root)));
  const files = new Map<string, Script>();
  const page = lazily(() => readFileSync(join(root, PAGE), "utf8"));

  function fileOf(name: string): Script {
    const known = files.get(name);
    if (known) return known;
    const file = compress(readFileSync(join(root, name)));
    files.set(name, file);
    return file;
  }

  router.get("/console{/*path}", async (request, response) => {
    response.set(HEADERS);
    // Relative: whatever takes a prefix off, the browser's address has it.
    if (request.path === "/console") return response.redirect(308, "console/");
    const asked = request.path.slice("/console/".length);
    const type = TYPES[extname(asked)];
    if (names().has(asked) && type) {
      const cache = HASHED.test(asked) ? "public, max-age=31536000, immutable" : "no-cache";
      return sendFile(request, response, fileOf(asked), { "Content-Type": type, "Cache-Control": cache });
    }
    if (!names().has(PAGE)) throw new Problem(404, "the console has not been built: run npm run build");
    // Of an older build: a page for a script would only be another error. Any other name may be a site's, a webhook's or a visitor's.
    if (type && HASHED.test(asked)) throw new Problem(404, `there is no ${request.path}`);
    const up = "../".repeat(asked.split("/").length - 1) || "./";
    response.set({ "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8" });
    response.send(page().replaceAll('"./', `"${up}`));
  });
  return router;
}

/** The names of a folder's files, below it; none where it is not there. */
function filesIn(folder: string): string[] {
  try {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true });
    return found.flatMap((one) =>
      one.isFile() ? [join(one.parentPath, one.name).slice(folder.length).replaceAll("\\", "/")] : [],
    );
  } catch {
    return [];
  }
}
