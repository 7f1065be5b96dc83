import { createServer } from "node:http";

/** The same shop page for all trackers. Only the script tag differs. */
const page = (tag) => `<!doctype html>
<html lang="en">
<title>Blue shoe</title>
<script>
  var r7k12_si = "v-81";
  var dataLayer = [{ user: { id: "u-7" } }, { event: "view" }, { event: "cart", total: 49.9 }];
  window.shop = {
    customer: { tier: "gold" },
    basket: { lines: [{ sku: "shoe-9", price: 24.95, count: 2 }, { sku: "hat-1", price: 12, count: 1 }] },
  };
  document.cookie = "_ga=GA1.1.123.456";
  document.cookie = "visit=v-81";
</script>
<h1>Blue shoe</h1>
<p class="line">2 shoes</p>
<p class="line">1 hat</p>
<p id="total">61.90</p>
${tag}`;

/**
 * Serves `/<n>/` with the n-th tracker, and answers everything that trackers send. The Referer tells them apart, so
 * that every tracker finds its script at /tracker.js.
 */
export async function servePages(list) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://any.test");
    for await (const _ of request);
    const shown = /^\/(\d+)\/$/.exec(pathname);
    const number = Number(shown?.[1] ?? /\/(\d+)\/(?:\?|$)/.exec(request.headers.referer ?? "")?.[1] ?? 0);
    const headers = {
      "access-control-allow-origin": request.headers.origin ?? "*",
      "access-control-allow-credentials": "true",
    };
    if (shown) return response.writeHead(200, { "content-type": "text/html" }).end(page(list[number].tag));
    if (pathname === "/tracker.js" || pathname === "/t/bench.js") {
      return response.writeHead(200, { "content-type": "text/javascript" }).end(list[number].code);
    }
    if (pathname === "/v1/snapshots") {
      return response
        .writeHead(202, { ...headers, "content-type": "application/json" })
        .end('{"accepted":1,"duplicate":0,"rejected":[]}');
    }
    if (pathname.endsWith(".js")) return response.writeHead(404).end();
    return response.writeHead(200, { ...headers, "content-type": "application/json" }).end("{}");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
