import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A browser that is steered over WebDriver's own commands; one tab. */
export interface Driver {
  go: (url: string) => Promise<void>;
  /** Runs a function body in the page; what it returns is its JSON. */
  run: <T>(body: string) => Promise<T>;
  close: () => Promise<void>;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const WEBKIT_DRIVER = "/usr/bin/WebKitWebDriver";
const MINI_BROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

function spawnIn(command: string, args: string[], home: string, env: Record<string, string> = {}) {
  const child = spawn(command, args, { env: { ...process.env, HOME: home, ...env }, stdio: "ignore", detached: true });
  child.once("error", () => {});
  return child;
}

/** Ends a process with all that it has started. */
async function end(child: ChildProcess, home: string): Promise<void> {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  if (child.pid && child.exitCode === null) {
    process.kill(-child.pid, "SIGKILL");
    await exited;
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

async function untilOpen<T>(open: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      if (attempt > 150) throw error;
      await pause(200);
    }
  }
}

/** Debian's webkit2gtk-driver, in a virtual display (xvfb). */
async function openWebKit(port: number): Promise<Driver> {
  const home = mkdtempSync(join(tmpdir(), "calljoin-webkit-"));
  const env = { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", LIBGL_ALWAYS_SOFTWARE: "1" };
  const child = spawnIn("/usr/bin/xvfb-run", ["-a", WEBKIT_DRIVER, `--port=${port}`], home, env);
  const send = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: { error?: string; message?: string } | null };
    if (value?.error) throw new Error(`${path}: ${value.error} ${value.message}`);
    return value;
  };
  const options = { "webkitgtk:browserOptions": { binary: MINI_BROWSER, args: ["--automation"] } };
  try {
    const session = await untilOpen(() => send("POST", "/session", { capabilities: { alwaysMatch: options } }));
    const root = `/session/${(session as { sessionId: string }).sessionId}`;
    return {
      go: async (url) => void (await send("POST", `${root}/url`, { url })),
      run: async <T>(script: string) => (await send("POST", `${root}/execute/sync`, { script, args: [] })) as T,
      close: () => end(child, home),
    };
  } catch (error) {
    await end(child, home);
    throw error;
  }
}

/** What is installed here of the engines that Playwright cannot steer. */
export const ENGINES: [name: string, open: (port: number) => Promise<Driver>][] = [];
if (existsSync(WEBKIT_DRIVER) && existsSync(MINI_BROWSER) && existsSync("/usr/bin/xvfb-run")) {
  ENGINES.push(["WebKitGTK", openWebKit]);
}
