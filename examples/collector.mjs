// Runs the collector as a child process, on its embedded store.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/**
 * Runs `calljoin serve` until `signal` aborts. The collector's log goes to `data/collector.log`.
 * @param {object} options `{port, data, signal, onJoined}`. `onJoined(site, callId)` is called whenever the collector
 *   logs that a call was joined.
 * @returns {Promise<{adminToken: string, ended: Promise<void>}>} once the collector takes requests. If it ends by
 *   itself, `ended` rejects, and so does this promise, with an `Error` that holds the collector's last words.
 */
export async function runCollector({ port, data, signal, onJoined }) {
  // At its first start, the collector prints the admin token. So only the owner may read the log.
  const log = createWriteStream(join(data, "collector.log"), { flags: "a", mode: 0o600 });
  const { DATABASE_URL: _, ...env } = process.env; // The demo stays on the embedded store.
  const allowed = [env.CALLJOIN_ALLOW_PRIVATE, "localhost"].filter(Boolean).join(","); // The example CRM.
  const child = spawn(process.execPath, ["dist/collector/calljoin.mjs", "serve"], {
    env: { ...env, PORT: String(port), CALLJOIN_DATA: data, CALLJOIN_ALLOW_PRIVATE: allowed, LOG_LEVEL: "info" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  signal.addEventListener("abort", () => child.kill("SIGTERM"));

  let lastWords = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      log.write(chunk);
      lastWords = (lastWords + chunk).slice(-2000);
    });
  }
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { msg, site, call_id } = entry(line);
    if (msg === "call joined") onJoined(site, call_id);
  });

  const ended = once(child, "close").then(([code]) => {
    if (!signal.aborted) throw new Error(`The collector ended (${code}). Its last words:\n${lastWords}`);
  });
  await Promise.race([ended, isReady(port, signal)]);
  const adminToken = env.CALLJOIN_ADMIN_TOKEN || readFileSync(join(data, "admin-token"), "utf8").trim();
  return { adminToken, ended };
}

/** Reads a line of the collector's log. It is JSON, unless Node itself wrote it. */
function entry(line) {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

async function isReady(port, signal) {
  while (!signal.aborted) {
    const response = await fetch(`http://localhost:${port}/readyz`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
