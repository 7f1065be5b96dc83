// The example shop's server: pages, files, and the two routes with which the "Call us" panel plays the vendor.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { callEvent, placeCall, readCall } from "./vendor.mjs";

const folder = new URL("./", import.meta.url);

const PAGES = {
  "/": { page: "home", title: "Fern & Kettle" },
  "/basket": { page: "basket", title: "Basket · Fern & Kettle" },
  "/help": { page: "help", title: "Help · Fern & Kettle" },
};
/** One page serves all routes of the range. The browser draws them. */
const RANGE = { page: "range", title: "Fern & Kettle" };
const UNKNOWN = { page: "unknown", title: "No such page · Fern & Kettle", status: 404 };

const TYPES = { ".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml" };

/**
 * Creates the shop's server, which does not listen yet.
 * @param {object} settings `{collector, site, tokens: {vendor: token}, adminToken}`; `collector` is an origin
 */
export function createShop(settings) {
  return createServer((request, response) => {
    answer(settings, request).then(
      ({ status = 200, type, body }) => {
        response
          .writeHead(status, { ...headers(settings.collector), "content-type": `${type}; charset=utf-8` })
          .end(body);
      },
      (error) => {
        console.error(error);
        response.writeHead(500).end();
      },
    );
  });
}

/** The policy allows only the shop itself and the collector. The tag needs no more, because it evaluates nothing. */
function headers(collector) {
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${collector}`,
    `connect-src 'self' ${collector}`,
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
  };
}

async function answer(settings, request) {
  const [pathname] = request.url.split("?", 1);
  if (pathname.startsWith("/api/calls")) return await vendorRoute(settings, request, pathname);
  if (request.method !== "GET" && request.method !== "HEAD") return said(405, "Not a method of this page.");
  if (Object.hasOwn(PAGES, pathname)) return await page(settings, PAGES[pathname]);
  if (pathname.startsWith("/range/")) return await page(settings, RANGE);
  return (await file(pathname)) ?? (await page(settings, UNKNOWN));
}

async function page({ collector, site }, { page, title, status }) {
  const part = (name) => readFile(new URL(`pages/${name}.html`, folder), "utf8");
  const [layout, main, panel] = await Promise.all([part("layout"), part(page), part("panel")]);
  const values = { collector, site, page, title: title.replace("&", "&amp;"), main, panel };
  return { status, type: "text/html", body: layout.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]) };
}

/** One of the shop's files, or undefined if there is no such file. */
async function file(pathname) {
  const type = TYPES[extname(pathname)];
  // The names of the shop's own files have no other characters. So no path leads out of public/.
  if (!type || !/^(\/[a-z-]+)+\.[a-z]+$/.test(pathname)) return undefined;
  try {
    return { type, body: await readFile(new URL(`public${pathname}`, folder)) };
  } catch {
    return undefined;
  }
}

/** `POST /api/calls` plays the vendor, `GET /api/calls/CALL_ID` reads the call again. */
async function vendorRoute(settings, request, pathname) {
  try {
    if (request.method === "GET")
      return json(200, { call: await readCall(settings, pathname.slice("/api/calls/".length)) });
    // A page of another site must ask before it sends this type, and is always refused. So nobody else places calls.
    if (request.method !== "POST" || !request.headers["content-type"]?.startsWith("application/json")) {
      return said(405, "Calls are placed by the panel.");
    }
    const placed = callEvent(await bodyOf(request).catch(() => ({})), Date.now());
    if (!placed) return said(400, "There is no such kind of call.");
    return json(200, { sent: { events: [placed.event] }, call: await placeCall(settings, placed) });
  } catch (error) {
    return said(502, error.message);
  }
}

async function bodyOf(request) {
  let body = "";
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 16_384) throw new Error("That is too much for a call.");
  }
  const asked = JSON.parse(body);
  return typeof asked === "object" && asked !== null ? asked : {};
}

const json = (status, value) => ({ status, type: "application/json", body: JSON.stringify(value) });
const said = (status, message) => json(status, { message });
