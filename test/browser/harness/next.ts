import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The shop of fixtures/next, built and served by Next.js itself. Who only wants Calljoin need not install that: 330 MB. */
export interface NextShop {
  port: number;
  close: () => Promise<void>;
}

/**
 * @param snippet put in for `// docs/tag.md`
 * @param collector where its pages have the tag from
 */
export async function openNext(snippet: string, collector: string): Promise<NextShop> {
  const folder = mkdtempSync(join(tmpdir(), "calljoin-next-"));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  try {
    cpSync("test/browser/fixtures/next", folder, { recursive: true });
    const screen = join(folder, "app/screen.js");
    writeFileSync(
      screen,
      readFileSync(screen, "utf8").replace("// docs/tag.md", () => snippet),
    );
    await ended(run("npm", ["ci", "--no-audit", "--no-fund"], folder, collector));
    const next = join(folder, "node_modules/next/dist/bin/next");
    await ended(run(process.execPath, [next, "build"], folder, collector));
    const served = run(process.execPath, [next, "start", "--hostname", "127.0.0.1", "--port", "0"], folder, collector);
    return {
      port: await portOf(served),
      close: async () => {
        served.child.kill("SIGKILL");
        await once(served.child, "close");
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

interface Running {
  child: ChildProcess;
  said: () => string;
}

function run(command: string, args: string[], cwd: string, collector: string): Running {
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", COLLECTOR: collector };
  const child = spawn(command, args, { cwd, env, shell: process.platform === "win32" });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return { child, said: () => output };
}

async function ended({ child, said }: Running): Promise<void> {
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`${child.spawnargs.join(" ")} failed: ${said()}`);
}

/** Next.js says where it listens once it is up. */
function portOf({ child, said }: Running): Promise<number> {
  return new Promise((done, fail) => {
    child.stdout?.on("data", () => {
      const port = /Local:\s+http:\S+:(\d+)/.exec(said())?.[1];
      if (port) done(Number(port));
    });
    child.once("exit", () => fail(new Error(`next start ended: ${said()}`)));
  });
}
