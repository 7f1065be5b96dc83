/** Serves the console's built files. The console itself uses the same routes as everybody else. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Router } from "express";
import { Problem } from "../http/problem";
import { compress, lazily, type Script, sendFile } from "../site/script";

/**
 * The console shows what pages and vendors have sent. So the policy allows only the collector's own files and routes.
 * It allows nothing inline, and no text that becomes code or markup (https://www.w3.org/TR/CSP3/,
 * https://www.w3.org/TR/trusted-types/).
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

/** A file whose name contains the hash of its content (`app-Bq3x81Zk.js`) never changes. */
const HASHED = /^[^/]+[-.][A-Za-z0-9_-]{8,}\.\w+$/;

const PAGE = "index.html";

/**
 * Serves a folder's files below `/console/`, and reads each file when it is first asked for. An address that names no
 * file is a page of the console. The answer is then `index.html`. Its references (`"./app.js"`) are rewritten to go up
 * as many levels as the address is deep, so they work below any path.
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
    // A relative redirect. A proxy may have removed a prefix from the path, but the browser's address still has it.
    if (request.path === "/console") return response.redirect(308, "console/");
    const asked = request.path.slice("/console/".length);
    const type = TYPES[extname(asked)];
    if (names().has(asked) && type) {
      const cache = HASHED.test(asked) ? "public, max-age=31536000, immutable" : "no-cache";
      return sendFile(request, response, fileOf(asked), { "Content-Type": type, "Cache-Control": cache });
    }
    if (!names().has(PAGE)) throw new Problem(404, "the console has not been built: run npm run build");
    // The file belongs to an older build. A page in place of a script would only cause another error. Any other name
    // may be that of a site, a webhook or a visitor.
    if (type && HASHED.test(asked)) throw new Problem(404, `there is no ${request.path}`);
    const up = "../".repeat(asked.split("/").length - 1) || "./";
    response.set({ "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8" });
    response.send(page().replaceAll('"./', `"${up}`));
  });
  return router;
}

/** The paths of all files in a folder, relative to it. Empty if there is no such folder. */
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
