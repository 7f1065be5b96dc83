// `npm start`: on a machine that has only Node, installs and builds, then runs the collector on its embedded store with
// the example shop, and logs each call that is joined. Ctrl-C stops everything; the data stay in ./data.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readCall, setUpSite } from "./demo.mjs";
import { prepare } from "./prepare.mjs";
import { lineOf } from "./report.mjs";
import { createShop } from "./shop/server.mjs";

const SITE = "shop-uk";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const port = portFrom("PORT", 8787);
const shopPort = portFrom("SHOP_PORT", port + 1);
const data = process.env.CALLJOIN_DATA ?? "./data";
const collector = `http://localhost:${port}`;
const shop = `http://localhost:${shopPort}`;

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());

main().catch((error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
  stop.abort();
});

async function main() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Calljoin needs Node 20.19 or newer; this is ${process.versions.node}.`);
  }
  await mustBeFree("PORT", port);
  await mustBeFree("SHOP_PORT", shopPort);
  prepare();
  mkdirSync(data, { recursive: true, mode: 0o700 });

  const settings = { collector, site: SITE, adminToken: "" };
  settings.adminToken = await startCollector((id) => tell(settings, id));
  const document = { ...JSON.parse(readFileSync("examples/shop/site.json", "utf8")), origins: [shop] };
  const tokens = await setUpSite(settings, document, join(data, "demo.json"));

  const server = createShop({ ...settings, tokens }).listen(shopPort, "127.0.0.1");
  await once(server, "listening");
  stop.signal.addEventListener("abort", () => server.close().closeAllConnections());
  if (stop.signal.aborted) return;

  console.log(`
  The shop       ${shop}   open it, look around, press "Call us"
  The collector  ${collector}   site ${SITE}; its log: ${join(data, "collector.log")}
  Admin token    ${process.env.CALLJOIN_ADMIN_TOKEN ? "as in CALLJOIN_ADMIN_TOKEN" : `in ${join(data, "admin-token")}`}
  Vendor tokens  in ${join(data, "demo.json")}

Joined calls appear here. Ctrl-C stops everything; the data stay in ${data}.
`);
}

/** Logs a call that was just joined, for the first time or anew. */
async function tell(settings, id) {
  try {
    console.log(lineOf(await readCall(settings, id), new Date()));
  } catch (error) {
    if (!stop.signal.aborted) console.error(error.message);
  }
}

/**
 * Runs `calljoin serve` until we stop, its log going to a file; answers with the admin token once it takes requests.
 * @param {(id: string) => void} onJoined told the call's id whenever the collector logs that one was joined
 */
async function startCollector(onJoined) {
  const log = createWriteStream(join(data, "collector.log"), { flags: "a" });
  const { DATABASE_URL: _, ...env } = process.env; // The demo stays on the embedded store.
  const child = spawn(process.execPath, ["dist/collector/calljoin.mjs", "serve"], {
    env: { ...env, PORT: String(port), CALLJOIN_DATA: data, LOG_LEVEL: "info" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      log.write(chunk);
      said = (said + chunk).slice(-4000);
    });
  }
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { msg, site, call_id } = entry(line);
    if (msg === "call joined" && site === SITE) onJoined(call_id);
  });
  stop.signal.addEventListener("abort", () => child.kill("SIGTERM"));
  const ended = once(child, "exit").then(([code]) => {
    if (!stop.signal.aborted) throw new Error(`The collector ended (${code}). Its last words:\n${said}`);
  });
  ended.catch((error) => {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
    stop.abort();
  });
  await Promise.race([ended, isReady()]);
  return process.env.CALLJOIN_ADMIN_TOKEN ?? readFileSync(join(data, "admin-token"), "utf8").trim();
}

/** A line of the collector's log, which is JSON but for what Node itself may say. */
function entry(line) {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

async function isReady() {
  while (!stop.signal.aborted) {
    const response = await fetch(`${collector}/readyz`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function portFrom(variable, otherwise) {
  const port = Number(process.env[variable] || otherwise);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  console.error(`${variable} is "${process.env[variable]}": it must be a port number, 1 to 65535.`);
  process.exit(1);
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
