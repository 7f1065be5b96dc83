/** The doctor on addresses: where the collector listens, where the world reaches it, and what proxies between say. */
import { createServer } from "node:net";
import type { Config } from "../config";
import type { Seen } from "../http/seen";
import { type Finding, failed, ok, warning } from "./finding";

const PATIENCE_MS = 5_000;

/** Node's codes, and what to do about each. */
const WAYS_OUT: [RegExp, string][] = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, "its name is not known to DNS: add a record, or correct CALLJOIN_PUBLIC_URL"],
  [/^ECONNREFUSED$/, "nothing listens there: start the proxy, and open the port in the firewall"],
  [/CERT|SIGNATURE|SELF_SIGNED|TLS|SSL/, "its certificate is not valid for it: renew it, with its whole chain"],
  [
    /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|23|EHOSTUNREACH|ENETUNREACH)$/,
    "nobody answers: see to the firewall, the proxy, and the address in DNS",
  ],
];

export async function* checkAddresses(
  config: Config,
  token: string | undefined,
  get: typeof fetch,
): AsyncGenerator<Finding> {
  const own = await checkOwn(config, get);
  yield own.finding;
  const { publicUrl } = config;
  if (publicUrl === undefined) {
    const todo = "set it where the collector is behind a proxy: tags, signed URLs and OpenAPI go by it";
    yield warning("public address", "CALLJOIN_PUBLIC_URL is not set", todo);
    return;
  }
  if (!own.isRunning) {
    const todo = "start the collector, and run the doctor again";
    yield warning("public address", `${publicUrl} was not tried`, todo);
    return;
  }
  const reached = await checkPublic(publicUrl, config.port, get);
  yield reached;
  if (reached.state !== "FAILED") yield await checkProxy(config, publicUrl, token, get);
}

/** HOST and PORT: a collector, another program, or nobody, and then whether this one could listen there. */
async function checkOwn({ host, port }: Config, get: typeof fetch): Promise<{ finding: Finding; isRunning: boolean }> {
  const name = host === undefined || /^(0\.0\.0\.0|::)$/.test(host) ? "127.0.0.1" : host;
  const origin = `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
  const part = "address";
  const live = await ask(`${origin}/livez`, get);
  if (isAlive(live)) {
    const ready = await ask(`${origin}/readyz`, get);
    if (ready.status === 200) return { finding: ok(part, `a collector answers at ${origin}`), isRunning: true };
    const what = `the collector at ${origin} is not ready: ${ready.text}`;
    return { finding: failed(part, what, "see its log"), isRunning: true };
  }
  if (live.status !== null) {
    const what = `PORT: another program answers at ${origin}`;
    return { finding: failed(part, what, "stop it, or set another PORT"), isRunning: false };
  }
  const code = await whyNotListening(host, port);
  if (code === null) return { finding: ok(part, `${origin} is free; no collector runs there`), isRunning: false };
  const todo =
    {
      EACCES: "ports below 1024 are root's: set a higher PORT",
      EADDRINUSE: "stop the program that has it, or set another PORT",
    }[code] ?? "set HOST to an address of this machine, or leave it out";
  return { finding: failed(part, `cannot listen at ${origin}: ${code}`, todo), isRunning: false };
}

function whyNotListening(host: string | undefined, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? "unknown"));
    server.listen({ port, host }, () => server.close(() => resolve(null)));
  });
}

async function checkPublic(publicUrl: string, port: number, get: typeof fetch): Promise<Finding> {
  const part = "public address";
  const live = await ask(`${publicUrl}/livez`, get);
  if (live.status === null) {
    const [, todo] = WAYS_OUT.find(([codes]) => codes.test(live.text)) ?? [];
    return failed(part, `${publicUrl} cannot be reached from here: ${live.text}`, todo);
  }
  if (live.location) {
    const todo = `set CALLJOIN_PUBLIC_URL to where it leads (${live.location}), or take the redirect away`;
    return failed(part, `${publicUrl} redirects: browsers' snapshots and vendors' calls do not follow`, todo);
  }
  if (!isAlive(live)) {
    const todo = `let the proxy hand ${new URL(publicUrl).pathname} on to port ${port}`;
    return failed(part, `${publicUrl}/livez is answered ${live.status}, and not by a collector`, todo);
  }
  if (isPlain(publicUrl)) {
    const todo = "put TLS before it: browsers load no http script into an https page";
    return warning(part, `${publicUrl} reaches the collector, without TLS`, todo);
  }
  return ok(part, `${publicUrl} reaches the collector`);
}

/** Asks the collector, through the public address, what it sees of the request. */
async function checkProxy(
  config: Config,
  publicUrl: string,
  token: string | undefined,
  get: typeof fetch,
): Promise<Finding> {
  const skipped = (why: string) => warning("proxy headers", `not looked at: ${why}`);
  if (isPlain(publicUrl)) return skipped("the admin token is not sent without TLS");
  if (token === undefined) return skipped("the admin token is not known here; set CALLJOIN_ADMIN_TOKEN");
  const answer = await ask(`${publicUrl}/v1/seen`, get, { authorization: `Bearer ${token}` });
  if (answer.status !== 200)
    return skipped(`the collector at ${publicUrl} answered ${answer.status}; has it another admin token?`);
  return judge(JSON.parse(answer.text), config.trustProxy !== false, new URL(publicUrl));
}

function judge({ peer, address, protocol, host, forwarded, trusted }: Seen, isConfigured: boolean, url: URL): Finding {
  const part = "proxy headers";
  if (forwarded.length > 0 && !trusted) {
    return failed(
      part,
      `${peer} says for whom it asks, and is not believed: all visitors share one limit`,
      `if that is your proxy: CALLJOIN_TRUST_PROXY=${peer}`,
    );
  }
  if (isConfigured && forwarded.length === 0) {
    return failed(
      part,
      `the request came from ${peer} without X-Forwarded-For`,
      "let the proxy send X-Forwarded-For, -Proto and -Host; or take CALLJOIN_TRUST_PROXY away",
    );
  }
  if (`${protocol}:` !== url.protocol || host !== url.host) {
    const todo = "let the proxy send X-Forwarded-Proto and X-Forwarded-Host, and name it in CALLJOIN_TRUST_PROXY";
    return warning(part, `asked for ${url.origin}, the collector saw ${protocol}://${host}`, todo);
  }
  return ok(part, `requests come from ${peer}${trusted ? `, for ${address}` : ""}`);
}

interface Reply {
  /** Null where there was none; then `text` is the error's code. */
  status: number | null;
  text: string;
  location?: string | null;
}

async function ask(url: string, get: typeof fetch, headers: Record<string, string> = {}): Promise<Reply> {
  try {
    const response = await get(url, { headers, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    return { status: response.status, text: await response.text(), location: response.headers.get("location") };
  } catch (error) {
    const { cause, code, message } = error as Error & { code?: string | number; cause?: { code?: string } };
    return { status: null, text: String(cause?.code ?? code ?? message) };
  }
}

function isAlive({ status, text }: Reply): boolean {
  return status === 200 && text === '{"status":"alive"}';
}

/** Without TLS, and not on this machine. */
function isPlain(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
