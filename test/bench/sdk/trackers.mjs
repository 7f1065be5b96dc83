import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { siteScripts } from "./site-script.mjs";

/**
 * The trackers that are measured. Each is the file that its package publishes for browsers, installed in the simplest
 * way, with a server that answers at once. All of them keep their defaults, except for the address of that server.
 */
const versionOf = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;

const published = (name, file, tag) => ({
  name: `${name} ${versionOf(name)}`,
  code: readFileSync(`node_modules/${name}/${file}`, "utf8"),
  tag,
});

/** Twenty expressions of the kinds that shops write: variables, look-ups in a data layer, cookies, the document. */
const EXPRESSIONS = [
  "r7k12_si",
  "dataLayer[0].user.id",
  "dataLayer.find((entry) => entry.event === 'cart')?.total",
  "dataLayer.length",
  "document.cookie.match(/_ga=GA\\d\\.\\d\\.([\\d.]+)/)?.[1]",
  "document.cookie.match(/(?:^|; )visit=([^;]+)/)?.[1]",
  "document.querySelector('#total')?.textContent",
  "document.querySelectorAll('.line').length",
  "document.title",
  "location.pathname.split('/')[2]",
  "new URLSearchParams(location.search).get('gclid')",
  "new URLSearchParams(location.search).get('utm_source')",
  "window.shop?.customer?.tier",
  "window.shop?.basket.lines.map((line) => line.sku).join()",
  "window.shop?.basket.lines.reduce((sum, line) => sum + line.price * line.count, 0)",
  "window.shop?.basket",
  "window.rTap?.visitorId",
  "window.neverThere?.value",
  "document.documentElement.lang",
  "screen.width > 600 ? 'desktop' : 'phone'",
];

const asEntity = (value, n) => ({ name: `e${n}`, type: "expression", scope: "session", value });

/** @returns {Promise<{ name: string, code: string, tag: string }[]>} the first is a page without a tracker */
export async function trackers() {
  const [bare, following] = await siteScripts([[], EXPRESSIONS.map(asEntity)]);
  const tag = '<script async src="/tracker.js"></script>';
  // The SDK needs its own path, because that is how it knows where its collector is.
  const own = '<script async src="/t/bench.js"></script>';
  return [
    { name: "no tracker", code: "", tag },
    { name: "calljoin, no entities", code: bare, tag: own },
    { name: "calljoin, 20 expressions", code: following, tag: own },
    published(
      "@snowplow/browser-tracker",
      "dist/index.umd.min.js",
      `<script src="/tracker.js"></script><script>
        snowplowBrowserTracking.newTracker("sp", location.origin, { appId: "shop" });
        snowplowBrowserTracking.trackPageView();
      </script>`,
    ),
    published(
      "@plausible-analytics/tracker",
      "plausible.js",
      `<script type="module">
        import { init } from "/tracker.js";
        init({ domain: "shop.example", endpoint: "/api/event", captureOnLocalhost: true });
      </script>`,
    ),
    published(
      "posthog-js",
      "dist/array.js",
      `<script>
        window.posthog = Object.assign([], { __SV: 1, _i: [["key", { api_host: location.origin }, "posthog"]] });
      </script><script async src="/tracker.js"></script>`,
    ),
  ];
}

export const gzipBytes = (code) => gzipSync(code, { level: 9 }).length;
