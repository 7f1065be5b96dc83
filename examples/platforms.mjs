// Stand-ins for the advertising platforms to which the demo sends conversions. They believe everything, print what they
// were told, and keep nothing. test/collector/convert has what the real platforms check.

import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

/** Starts the stand-ins on a port. The promise resolves when they listen. `signal` stops them. */
export async function startPlatforms(port, signal) {
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const [, answer] = Object.entries(ANSWERS).find(([path]) => request.url.startsWith(path)) ?? [];
    response
      .writeHead(answer ? 200 : 404, { "content-type": "application/json" })
      .end(JSON.stringify(answer?.(body) ?? {}));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  signal.addEventListener("abort", () => server.close().closeAllConnections());
}

/** The platforms' part of a site document: their addresses and their secrets. */
export function platformsAt(port) {
  const at = `http://localhost:${port}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = {
    client_email: "demo@example.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    token_uri: `${at}/google/token`,
  };
  return {
    google: { url: `${at}/google/v1/events:ingest`, api_secret: JSON.stringify(key) },
    meta: { url: `${at}/meta`, api_secret: "demo-token-of-meta" },
    ga4: { url: `${at}/ga4/mp/collect`, api_secret: "demo-secret-of-ga4" },
  };
}

const ANSWERS = {
  "/google/token": () => ({ access_token: "demo", expires_in: 3600, token_type: "Bearer" }),
  "/google/v1/events:ingest": (body) => {
    for (const { transactionId, adIdentifiers } of JSON.parse(body).events)
      told("Google Ads", transactionId, JSON.stringify(adIdentifiers));
    return { requestId: `demo-${Date.now()}` };
  },
  "/google/v1/requestStatus:retrieve": () => ({ requestStatusPerDestination: [{ requestStatus: "SUCCESS" }] }),
  "/meta/": (body) => {
    const { data } = JSON.parse(body);
    for (const { event_name, user_data } of data) told("Meta", event_name, JSON.stringify(user_data));
    return { events_received: data.length };
  },
  "/ga4/": (body) => {
    for (const { name } of JSON.parse(body).events) told("Google Analytics", name, "");
    return {};
  },
};

function told(platform, ...what) {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${platform} was told  ${what.join("  ")}`);
}
