/** The samples of docs/deploy.md, each run in front of a collector where its program is installed. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request as ask } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type Collector, freePort, startCollector } from "../contract/process";
import { newContext, view } from "../contract/shop";
import { blocksOf } from "./markdown";

interface Proxy {
  /** The command that starts it on the sample. */
  start(place: Place): { command: string; args: string[]; env?: Record<string, string> };
}

interface Place {
  folder: string;
  sample: string;
  port: number;
  upstream: string;
  certificate: string;
  key: string;
}

const HOST = "www.shop.example";

const PROXIES: Record<string, { language: string } & Proxy> = {
  nginx: {
    language: "nginx",
    start({ folder, sample, port, upstream, certificate, key }) {
      const placed = sample
        .replace("127.0.0.1:8787", upstream)
        .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
        .replace("/etc/ssl/shop.example.pem", certificate)
        .replace("/etc/ssl/shop.example.key", key);
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (name) => `${name}_temp_path ${folder}/t;`,
      );
      const file = join(folder, "nginx.conf");
      writeFileSync(
        file,
        `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
        events {} http { access_log off; ${temporary.join(" ")}\n${placed}\n}`,
      );
      return { command: "nginx", args: ["-e", `${folder}/error.log`, "-c", file] };
    },
  },
  caddy: {
    language: "caddyfile",
    start({ folder, sample, port, upstream, certificate, key }) {
      const placed = sample
        .replace("127.0.0.1:8787", upstream)
        .replace(`${HOST} {`, `https://${HOST}:${port} {\n\tbind 127.0.0.1\n\ttls ${certificate} ${key}`);
      const file = join(folder, "Caddyfile");
      writeFileSync(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${placed}`);
      const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
      return { command: "caddy", args: ["run", "--config", file, "--adapter", "caddyfile"], env };
    },
  },
  /**
   * Its options and their defaults are in https://doc.traefik.io/traefik/reference/, under install-configuration/entrypoints (forwardedHeaders.trustedIPs: none;
   * http.maxHeaderBytes: 1 MiB), install-configuration/providers/others/file, install-configuration/tls/certificate-resolvers/acme,
   * routing-configuration/http/middlewares/stripprefix and routing-configuration/http/load-balancing/serverstransport
   * (forwardingTimeouts.idleConnTimeout: 90 s); a body is of any size unless its middleware `buffering` says otherwise.
   */
  traefik: {
    language: "yaml",
    start({ folder, sample, port, upstream, certificate, key }) {
      const placed = sample
        .replace("127.0.0.1:8787", upstream)
        .replace("tls: { certResolver: letsencrypt }", "tls: {}");
      const file = join(folder, "dynamic.yaml");
      writeFileSync(file, `${placed}tls:\n  certificates: [{ certFile: ${certificate}, keyFile: ${key} }]\n`);
      const started = blocksOf("docs/deploy.md").find(({ text }) => text.startsWith("traefik "));
      const [command = "", ...options] = started?.text.match(/[^\s\\]+/g) ?? [];
      const args = options
        .filter((option) => !option.startsWith("--certificatesResolvers."))
        .map((option) => option.replace("=:443", `=127.0.0.1:${port}`).replace("/etc/traefik/calljoin.yaml", file));
      return { command, args };
    },
  },
};

let collector: Collector | undefined;
let proxy: ChildProcess | undefined;
let folder = "";
let agent: Agent | undefined;

afterEach(async () => {
  agent?.destroy();
  if (proxy && proxy.exitCode === null) {
    proxy.kill("SIGTERM");
    await once(proxy, "exit");
  }
  await collector?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const isInstalled = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

describe.each(Object.entries(PROXIES))("behind %s, as docs/deploy.md sets it up", (name, { language, start }) => {
  it.skipIf(!isInstalled(name) || !isInstalled("openssl"))(
    `the collector is reached by TLS at a path, and knows visitors by their own addresses (${name} and openssl must be installed)`,
    async () => {
      folder = mkdtempSync(join(tmpdir(), `calljoin-${name}-`));
      mkdirSync(join(folder, "t"));
      const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
      const subject = ["-subj", `/CN=${HOST}`, "-addext", `subjectAltName=DNS:${HOST}`];
      const asked = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        certificate,
      ];
      execFileSync("openssl", [...asked, ...subject], { stdio: "ignore" });
      const port = await freePort();
      const origin = `https://${HOST}:${port}`;
      collector = await startCollector({
        CALLJOIN_PUBLIC_URL: `https://${HOST}/cj`,
        CALLJOIN_TRUST_PROXY: "127.0.0.1",
        CALLJOIN_RATE_LIMIT: "20",
      });
      const [sample, ...more] = blocksOf("docs/deploy.md").filter((block) => block.language === language);
      expect(more).toEqual([]);
      const upstream = new URL(collector.origin).host;
      const { command, args, env } = start({ folder, sample: sample?.text ?? "", port, upstream, certificate, key });
      let said = "";
      proxy = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
      for (const stream of [proxy.stdout, proxy.stderr])
        stream?.on("data", (chunk) => {
          said += chunk;
        });
      agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
      const through = (method: string, path: string, headers: Record<string, string> = {}, body = "") =>
        exchange(agent as Agent, port, method, path, { host: `${HOST}:${port}`, ...headers }, body);
      for (let n = 0; n < 200; n += 1) {
        const answer = await through("GET", "/cj/readyz").catch(() => null);
        if (answer?.status === 200) break;
        expect([proxy.exitCode, said]).toEqual([null, expect.any(String)]);
        await wait(50);
      }

      // The tag, which knows its collector's address.
      const token = collector.adminToken;
      const document = { name: "Shop", vendors: [{ name: "infinity" }] };
      await collector.request("PUT", "/v1/sites/my-shop", { token, json: document });
      const tag = await through("GET", "/cj/t/my-shop.js");
      expect(tag.status).toBe(200);
      expect(tag.body).toContain(`https://${HOST}/cj`);

      // A visitor with all the cookies that a browser keeps of a shop.
      const context = newContext();
      const now = Date.now();
      const snapshot = {
        v: 1,
        site: "my-shop",
        context_id: context,
        sent_at: now,
        snapshots: [view("v1", now - 1_000)],
      };
      const cookies = { cookie: `calljoin=${context}.rest; other=${"x".repeat(32_000)}`, origin };
      const posted = await through("POST", "/cj/v1/snapshots", cookies, JSON.stringify(snapshot));
      expect([posted.status, posted.body]).toEqual([202, expect.stringContaining('"accepted":1')]);

      // Whom it is from is what the proxy says, not what the visitor says of themselves.
      const statuses: number[] = [];
      for (let n = 0; n < 40; n += 1) {
        const forged = { "x-forwarded-for": `198.51.100.${n}`, forwarded: `for=198.51.100.${n}` };
        statuses.push((await through("POST", "/cj/v1/snapshots", forged, "{}")).status);
      }
      expect(statuses).toContain(429);
      expect(collector.output()).not.toContain("CALLJOIN_TRUST_PROXY");
    },
    60_000,
  );
});

function exchange(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
    const options = { agent, host: "127.0.0.1", port, servername: HOST, method, path, headers };
    const request = ask(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.on("error", reject).end(body);
  });
}
