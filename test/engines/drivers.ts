import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
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
const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => existsSync(path));
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

/** Firefox speaks the same commands on a socket of its own, Marionette: `length:[0, id, command, parameters]`. */
async function openFirefox(port: number): Promise<Driver> {
  const home = mkdtempSync(join(tmpdir(), "calljoin-firefox-"));
  writeFileSync(join(home, "user.js"), `user_pref("marionette.port", ${port});\n`);
  const child = spawnIn(FIREFOX ?? "", ["--headless", "--marionette", "--profile", home, "about:blank"], home);
  try {
    const socket = await untilOpen(
      () =>
        new Promise<Socket>((resolve, reject) => {
          const opened = connect(port, "127.0.0.1", () => resolve(opened)).once("error", reject);
        }),
    );
    const send = marionette(socket);
    await send("WebDriver:NewSession", {});
    return {
      go: async (url) => void (await send("WebDriver:Navigate", { url })),
      // As a script of the page's: a steered script may have globals of its own, before Firefox 153 behind a wrapper.
      run: async <T>(body: string) => {
        const script = `const element = document.createElement("script");
          element.textContent = arguments[0]; document.documentElement.append(element); element.remove();
          return (window.wrappedJSObject ?? window).answered`;
        const args = [`window.answered = (function () { ${body} })()`];
        return ((await send("WebDriver:ExecuteScript", { script, args })) as { value: T }).value;
      },
      close: async () => {
        socket.destroy();
        await end(child, home);
      },
    };
  } catch (error) {
    await end(child, home);
    throw error;
  }
}

function marionette(socket: Socket) {
  let buffer = Buffer.alloc(0);
  let id = 0;
  const waiting = new Map<number, (answer: [unknown, unknown]) => void>();
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const colon = buffer.indexOf(":");
      const length = Number(buffer.subarray(0, colon).toString());
      if (colon < 0 || buffer.length < colon + 1 + length) return;
      const message: unknown = JSON.parse(buffer.subarray(colon + 1, colon + 1 + length).toString());
      buffer = buffer.subarray(colon + 1 + length);
      if (Array.isArray(message)) waiting.get(message[1])?.([message[2], message[3]]);
    }
  });
  return (command: string, parameters: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      id += 1;
      waiting.set(id, ([error, value]) =>
        error ? reject(new Error(`${command}: ${JSON.stringify(error)}`)) : resolve(value),
      );
      const text = JSON.stringify([0, id, command, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}

/** The engines that are installed here, beside Chromium. */
export const ENGINES: [name: string, open: (port: number) => Promise<Driver>][] = [];
if (FIREFOX) ENGINES.push(["Firefox", openFirefox]);
if (existsSync(WEBKIT_DRIVER) && existsSync(MINI_BROWSER) && existsSync("/usr/bin/xvfb-run")) {
  ENGINES.push(["WebKitGTK", openWebKit]);
}
