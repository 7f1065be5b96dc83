import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { listen } from "./wire.js";

const FIXTURES = "test/browser/fixtures";

/** How one shop's pages are served. */
export interface Served {
  /** Put in for `{{script}}`. */
  script: string;
  /** Put in for `{{collector}}` and `{{site}}`. */
  collector: string;
  site: string;
  headers: Record<string, string>;
  /** Pages of a test's own, by their paths (`/hostile`), in front of the fixtures. */
  pages: Map<string, string>;
  /** What the shop's pages told by `fetch("/tell/…")`. */
  told: string[];
  /** `fetch("/wait/…")` is answered then. */
  go: Promise<void>;
}

/**
 * Serves every shop by its host name: `/spa/products/9` is fixtures/spa.html, `/x.js` a file as it is.
 * `dist/…` gives the build's own files, for the ES module's fixture.
 */
export async function openShops(shops: Map<string, Served>): Promise<{ port: number; close: () => void }> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://any.test");
    const shop = shops.get((request.headers.host ?? "").replace(/:\d+$/, ""));
    const [first = "", ...rest] = pathname.split("/").filter(Boolean);
    const isFile = pathname.endsWith("js");
    const path = first === "dist" ? join("dist", ...rest) : join(FIXTURES, isFile ? first : `${first || "plain"}.html`);
    try {
      if (!shop) throw new Error("no such shop");
      if (first === "wait") await shop.go;
      if (first === "tell") shop.told.push(rest.join("/"));
      if (["wait", "tell", "favicon.ico"].includes(first)) return void response.writeHead(204).end();
      const text = shop.pages.get(pathname) ?? (await readFile(path, "utf8"));
      const type = isFile ? "text/javascript" : "text/html";
      response.writeHead(200, {
        "content-type": `${type}; charset=utf-8`,
        "cache-control": "no-cache",
        ...shop.headers,
      });
      response.end(
        text
          .replaceAll("{{script}}", shop.script)
          .replaceAll("{{collector}}", shop.collector)
          .replaceAll("{{site}}", shop.site),
      );
    } catch {
      response.writeHead(404, { "content-type": "text/html" }).end("<!doctype html><title>Not here</title>");
    }
  });
  const port = await listen(server, 0);
  return {
    port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
