// `npm start` needs nothing but Node. It installs and builds everything, then runs the collector on its embedded store,
// with the example shop and the example CRM. It logs each call that is joined. Ctrl-C stops everything; the data stay
// in ./data.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCollector } from "./collector.mjs";
import { readCall, setUpSite } from "./demo.mjs";
import { platformsAt, startPlatforms } from "./platforms.mjs";
import { prepare } from "./prepare.mjs";
import { conversionsLineOf, lineOf } from "./report.mjs";
import { createShop } from "./shop/server.mjs";

const SITE = "shop-uk";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());

// When npm is stopped, it also ends its shell, but not what the shell runs. Then nobody is left to stop this process.
const parent = process.ppid;
if (process.env.npm_lifecycle_event) {
  setInterval(() => process.ppid !== parent && stop.abort(), 500).unref();
}

main().catch((error) => {
  if (!stop.signal.aborted) {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
  stop.abort();
});

async function main() {
  mustBeNode(20, 19);
  process.chdir(fileURLToPath(new URL("..", import.meta.url)));
  const port = portFrom("PORT", 8787);
  const shopPort = portFrom("SHOP_PORT", port + 1);
  const crmPort = portFrom("CRM_PORT", port + 2);
  const platformsPort = portFrom("PLATFORMS_PORT", port + 3);
  await mustBeFree("PORT", port);
  await mustBeFree("SHOP_PORT", shopPort);
  await mustBeFree("CRM_PORT", crmPort);
  await mustBeFree("PLATFORMS_PORT", platformsPort);
  prepare();

  const data = process.env.CALLJOIN_DATA || "./data";
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const settings = { collector: `http://localhost:${port}`, site: SITE };
  const onJoined = (site, id) => site === SITE && tell(settings, id);
  const { adminToken, ended } = await runCollector({ port, data, signal: stop.signal, onJoined });
  settings.adminToken = adminToken;

  const shop = `http://localhost:${shopPort}`;
  const document = JSON.parse(readFileSync("examples/shop/site.json", "utf8"));
  const places = { origin: shop, crm: `http://localhost:${crmPort}/calls`, platforms: platformsAt(platformsPort) };
  await startPlatforms(platformsPort, stop.signal);
  const { tokens, secret, files } = await setUpSite(settings, document, places, join(data, "demo.json"));
  settings.tokens = tokens;
  if (secret) startCrm(crmPort, secret);
  await serveShop(settings, shopPort);
  console.log(`
  The shop       ${shop}   open it, look around, press "Call us"
  The console    ${await signInLink(settings)}   signs in once, within an hour
  The collector  ${settings.collector}   site ${SITE}; its log: ${join(data, "collector.log")}
  The CRM        ${places.crm}   is told of matched calls, by webhook
  From an advert ${shop}/?gclid=Cj0-demo   the call is then a conversion in Google Ads; with msclkid or fbclid elsewhere
  For Google Ads ${settings.collector}${files["google-file"] ?? " (no file)"}
  Admin token    ${process.env.CALLJOIN_ADMIN_TOKEN ? "as in CALLJOIN_ADMIN_TOKEN" : `in ${join(data, "admin-token")}`}
  Vendor tokens  in ${join(data, "demo.json")}

Joined calls appear here. Ctrl-C stops everything; the data stay in ${data}.
`);
  await ended;
  console.log("\nStopped.");
}

async function serveShop(settings, port) {
  const server = createShop(settings).listen(port, "127.0.0.1");
  await once(server, "listening");
  stop.signal.addEventListener("abort", () => server.close().closeAllConnections());
}

/** The console's address, with a key that signs in. */
async function signInLink({ collector, adminToken }) {
  const headers = { authorization: `Bearer ${adminToken}` };
  const response = await fetch(`${collector}/v1/session/link`, { method: "POST", headers });
  return `${collector}${(await response.json()).path}`;
}

/** Starts the CRM, which prints what it is told. It is a separate program, as it would be in real life. */
function startCrm(port, secret) {
  const env = { ...process.env, PORT: String(port), CALLJOIN_WEBHOOK_SECRET: secret };
  const child = spawn(process.execPath, ["examples/crm/receiver.mjs"], { env, stdio: "inherit" });
  stop.signal.addEventListener("abort", () => child.kill());
}

/** How long the stand-ins for the platforms take at most, in ms. */
const TOLD_MS = 1_000;

/**
 * Logs a call that was just joined, for the first time or again. A moment later, logs how it stands with the
 * platforms.
 */
async function tell(settings, id) {
  try {
    console.log(lineOf(await readCall(settings, id), new Date()));
    await new Promise((resolve) => setTimeout(resolve, TOLD_MS));
    const conversions = conversionsLineOf(await readCall(settings, id));
    if (conversions) console.log(conversions);
  } catch (error) {
    if (!stop.signal.aborted) console.error(error.message);
  }
}

function mustBeNode(wantedMajor, wantedMinor) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new Error(`Calljoin needs Node ${wantedMajor}.${wantedMinor} or newer; this is ${process.versions.node}.`);
}

function portFrom(variable, otherwise) {
  const port = Number(process.env[variable] || otherwise);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${variable} is "${process.env[variable] ?? port}": it must be a port number, 1 to 65535.`);
}

async function mustBeFree(variable, port) {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening").catch(() => {
    throw new Error(
      `Port ${port} is in use. Stop what runs there, or choose another: ${variable}=${port + 10} npm start`,
    );
  });
  server.close();
  await once(server, "close");
}
