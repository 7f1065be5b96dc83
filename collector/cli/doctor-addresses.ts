/**
 * The doctor on addresses: where the collector listens, where the world reaches it, and what the proxies in between
 * say.
 */
import { createServer } from "node:net";
import type { Config } from "../config";
import type { Seen } from "../http/seen";
import { type Finding, failed, ok, warning } from "./finding";

const PATIENCE_MS = 5_000;

/** Node's error codes, and what to do about each. */
const WAYS_OUT: [RegExp, string][] = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, "DNS does not know its name: add a record, or correct CALLJOIN_PUBLIC_URL"],
  [/^ECONNREFUSED$/, "nothing listens there: start the proxy, and open the port in the firewall"],
  [/CERT|SIGNATURE|SELF_SIGNED|TLS|SSL/, "its certificate is not valid: renew it, with its whole chain"],
  [
    /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|23|EHOSTUNREACH|ENETUNREACH)$/,
    "nothing answers: check the firewall, the proxy, and the address in DNS",
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
    const todo = "set it if the collector is behind a proxy: tags, signed URLs and OpenAPI use it";
    yield warning("public address", "CALLJOIN_PUBLIC_URL is not set", todo);
    return;
  }
  if (!own.isRunning) {
    const todo = "start the collector, and run calljoin doctor again";
    yield warning("public address", `did not try ${publicUrl}`, todo);
    return;
  }
  const reached = await checkPublic(publicUrl, config.port, get);
  yield reached;
  if (reached.state !== "FAILED") yield await checkProxy(config, publicUrl, token, get);
}

/**
 * Checks HOST and PORT. Finds a collector, another program or nobody. If nobody, checks whether this collector could
 * listen there.
 */
async function checkOwn({ host, port }: Config, get: typeof fetch): Promise<{ finding: Finding; isRunning: boolean }> {
  const name = host === undefined || /^(0\.0\.0\.0|::)$/.test(host) ? "127.0.0.1" : host;
  const origin = `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
  const part = "address";
  const live = await ask(`${origin}/livez`, get);
  if (isAlive(live)) {
    const ready = await ask(`${origin}/readyz`, get);
    if (ready.status === 200) return { finding: ok(part, `a collector answers at ${origin}`), isRunning: true };
    const what = `the collector at ${origin} is not ready: ${ready.text}`;
    return { finding: failed(part, what, "read its log"), isRunning: true };
  }
  if (live.status !== null) {
    const what = `PORT: another program answers at ${origin}`;
    return { finding: failed(part, what, "stop it, or set another PORT"), isRunning: false };
  }
  const code = await whyNotListening(host, port);
  if (code === null) return { finding: ok(part, `${origin} is free; no collector runs there`), isRunning: false };
  const todo =
    {
      EACCES: "only root may use ports below 1024: set a higher PORT",
      EADDRINUSE: "stop the program that uses it, or set another PORT",
    }[code] ?? "set HOST to an address of this machine, or remove it";
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
    const todo = `set CALLJOIN_PUBLIC_URL to its target (${live.location}), or remove the redirect`;
    return failed(part, `${publicUrl} redirects, and the tag and vendors do not follow redirects`, todo);
  }
  if (!isAlive(live)) {
    const todo = `let the proxy pass ${new URL(publicUrl).pathname} on to port ${port}`;
    return failed(part, `${publicUrl}/livez answers ${live.status}, and is not a collector`, todo);
  }
  if (isPlain(publicUrl)) {
    const todo = "put a proxy with TLS in front: browsers do not load an http script into an https page";
    return warning(part, `${publicUrl} reaches the collector, but without TLS`, todo);
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
  const skipped = (why: string) => warning("proxy headers", `not checked: ${why}`);
  if (isPlain(publicUrl)) return skipped("the doctor does not send the admin token without TLS");
  if (token === undefined) return skipped("the doctor does not know the admin token; set CALLJOIN_ADMIN_TOKEN");
  const answer = await ask(`${publicUrl}/v1/seen`, get, { authorization: `Bearer ${token}` });
  if (answer.status !== 200)
    return skipped(`the collector at ${publicUrl} answered ${answer.status}; does it have another admin token?`);
  return judge(JSON.parse(answer.text), config.trustProxy !== false, new URL(publicUrl));
}

function judge({ peer, address, protocol, host, forwarded, trusted }: Seen, isConfigured: boolean, url: URL): Finding {
  const part = "proxy headers";
  if (forwarded.length > 0 && !trusted) {
    return failed(
      part,
      `${peer} forwards visitors' addresses but is not trusted, so all visitors share one rate limit`,
      `if that is your proxy, set CALLJOIN_TRUST_PROXY=${peer}`,
    );
  }
  if (isConfigured && forwarded.length === 0) {
    return failed(
      part,
      `the request came from ${peer} without X-Forwarded-For`,
      "let the proxy send X-Forwarded-For, -Proto and -Host, or remove CALLJOIN_TRUST_PROXY",
    );
  }
  if (`${protocol}:` !== url.protocol || host !== url.host) {
    const todo = "let the proxy send X-Forwarded-Proto and X-Forwarded-Host, and name it in CALLJOIN_TRUST_PROXY";
    return warning(part, `asked for ${url.origin}, the collector saw ${protocol}://${host}`, todo);
  }
  return ok(part, `requests come from ${peer}${trusted ? `, for ${address}` : ""}`);
}

interface Reply {
  /** Null if there was no answer. Then `text` is the error's code. */
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
