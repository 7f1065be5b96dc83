import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TOKEN = "admin-token-of-the-measurement";

/** For each list of entities: what the built collector serves at `/t/bench.js` for a site with these entities. */
export async function siteScripts(lists) {
  const data = mkdtempSync(join(tmpdir(), "calljoin-bench-"));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  const env = { ...process.env, PORT: String(port), CALLJOIN_DATA: data, CALLJOIN_ADMIN_TOKEN: TOKEN };
  const child = spawn(process.execPath, ["dist/collector/calljoin.mjs", "serve"], { env, stdio: "ignore" });
  const exited = once(child, "exit");
  const origin = `http://127.0.0.1:${port}`;
  try {
    const deadline = Date.now() + 15_000;
    while (!(await fetch(`${origin}/readyz`).catch(() => undefined))?.ok) {
      if (Date.now() > deadline || child.exitCode !== null)
        throw new Error("the collector did not start: npm run build?");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const scripts = [];
    for (const entities of lists) {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
      const body = JSON.stringify({ name: "Bench", entities });
      const saved = await fetch(`${origin}/v1/sites/bench`, { method: "PUT", headers, body });
      if (!saved.ok) throw new Error(`the site document was refused: ${await saved.text()}`);
      scripts.push(await (await fetch(`${origin}/t/bench.js`)).text());
    }
    return scripts;
  } finally {
    child.kill();
    await exited;
    rmSync(data, { recursive: true, force: true });
  }
}
