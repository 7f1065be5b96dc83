/** Reads the environment, once (contract 10). Anything wrong with it stops the start, and the error names it. */
import { readFileSync } from "node:fs";
import { BlockList, isIP } from "node:net";
import { parse } from "pg-connection-string";
import { compile } from "proxy-addr";
import { z } from "zod";
import { isFolder } from "./folder";
import type { Place } from "./http/doors";

const number = (text: string, what: string, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, what)
    .transform(Number)
    .refine((value) => value <= max, what)
    .prefault(text);

/** A number of hops, or the addresses of the proxies whose `X-Forwarded-*` headers count. */
const proxies = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine((parts) => (parts.length === 1 && /^\d{1,2}$/.test(parts[0] ?? "")) || areProxies(parts), {
    error: "must be a number of hops, or addresses and CIDRs separated by commas; /0 would trust everybody",
  })
  .transform((parts) => (/^\d+$/.test(parts[0] ?? "") ? Number(parts[0]) : parts));

/** Hosts, addresses and CIDRs that webhooks may reach even though they are not public. */
const exceptions = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine((parts) => parts.every((part) => isNetwork(part) || /^(?![\d.]+$)[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(part)), {
    error: "must be hosts, addresses or CIDRs separated by commas",
  });

/** Where browsers and vendors reach the collector: scheme, host and, optionally, a path prefix. */
const publicUrl = z
  .string()
  .refine(
    isPublicUrl,
    "must be an http:// or https:// URL with no more than a host and a path, such as https://calls.shop.example/calljoin",
  )
  .transform((text) => new URL(text).href.replace(/\/+$/, ""));

/** A secret that lets somebody in, wherever it is kept. */
export const secret = z
  .string()
  // A header is bytes. curl sends any other character as UTF-8, but Node reads it as Latin-1 (RFC 9110, 5.5).
  .regex(
    /^[!-~]{16,}$/,
    "must be at least 16 characters of printable ASCII without spaces, so that nobody can guess it",
  );

/** Pino's levels. Each request is logged at debug, each join at info. */
const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

const place = z
  .string()
  .regex(/^(on|off|\d{1,5})$/, "must be on, off or a port number")
  .transform((text): Place => (text === "on" || text === "off" ? text : Number(text)))
  .refine((value) => typeof value === "string" || (value > 0 && value <= 65_535), "must be a port, 1 to 65535")
  .prefault("on");

const VARIABLES = {
  HOST: z
    .string()
    .regex(/^\S+$/, "must be an address or a host name")
    .optional()
    .describe("address to listen on; default: all interfaces"),
  PORT: number("8787", "must be a port, 0 to 65535", 65_535).describe("port to listen on; default: 8787"),
  CALLJOIN_DATA: z.string().default("./data").describe("folder of the SQLite store; default: ./data"),
  DATABASE_URL: z
    .string()
    .superRefine((text, { addIssue }) => {
      const why = whyNoPostgres(text);
      if (why !== null) addIssue(why);
    })
    .optional()
    .describe("postgres://USER:PASSWORD@HOST/DATABASE; default: SQLite"),
  CALLJOIN_SHARDED: z
    .enum(["true", "false"], "must be true or false")
    .default("false")
    .describe("true if that database is sharded; default: false"),
  CALLJOIN_ADMIN_TOKEN: secret.optional().describe("your token; default: made at the first start"),
  CALLJOIN_PUBLIC_URL: publicUrl
    .optional()
    .describe("public address of the collector, such as https://calls.shop.example/cj; default: none"),
  CALLJOIN_TRUST_PROXY: proxies
    .optional()
    .describe("proxies to trust: addresses, CIDRs or a number of hops; default: none"),
  CALLJOIN_ALLOW_PRIVATE: exceptions
    .default([])
    .describe("private hosts and CIDRs that webhooks may reach; default: none"),
  CALLJOIN_SECRETS: z
    .string()
    .refine(isFolder, "must be an existing folder")
    .optional()
    .describe("folder with the credentials that sites name in api_secret_file; default: none"),
  CALLJOIN_RATE_LIMIT: number("600", "must be a whole number, 0 for no limit", 1e9).describe(
    "public requests per minute from one address, 0 for no limit; default: 600",
  ),
  CALLJOIN_METRICS: place.describe("where to serve /metrics: on, off or a port number; default: on"),
  CALLJOIN_METRICS_TOKEN: secret.optional().describe("bearer token that /metrics requires; default: none"),
  CALLJOIN_CONSOLE: place.describe("where to serve /console: on, off or a port number; default: on"),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`)
    .default("info")
    .describe(`${LOG_LEVELS.join(", ")}; default: info`),
};

/** The variables, what they are for and their defaults, for `--help`. */
export function describeVariables(): string {
  const lines = Object.entries(VARIABLES).map(([name, { description }]) => `  ${name.padEnd(24)}${description}`);
  const files = SECRETS.map((name) => `${name}_FILE`).join(", ");
  return `Environment variables:\n${lines.join("\n")}\n\nA secret may be in a file instead: ${files}.`;
}

/** These secrets may also come from a file, named by `NAME_FILE`, which is how containers pass secrets. */
const SECRETS = ["CALLJOIN_ADMIN_TOKEN", "CALLJOIN_METRICS_TOKEN", "DATABASE_URL"];

const schema = z
  .object(VARIABLES)
  // A token made at the first start is kept in a folder. Another collector on the same database has another folder.
  .refine(
    ({ DATABASE_URL, CALLJOIN_ADMIN_TOKEN }) => DATABASE_URL === undefined || CALLJOIN_ADMIN_TOKEN !== undefined,
    {
      path: ["CALLJOIN_ADMIN_TOKEN"],
      error: "must be set if DATABASE_URL is set, to the same value for every collector",
    },
  )
  .refine(({ PORT, CALLJOIN_METRICS, CALLJOIN_CONSOLE }) => ![CALLJOIN_METRICS, CALLJOIN_CONSOLE].includes(PORT), {
    path: ["PORT"],
    error: "must not be the port of CALLJOIN_METRICS or CALLJOIN_CONSOLE; to serve them at PORT, set them to on",
  })
  .refine(({ DATABASE_URL, CALLJOIN_SHARDED }) => DATABASE_URL !== undefined || CALLJOIN_SHARDED === "false", {
    path: ["CALLJOIN_SHARDED"],
    error: "must be false if DATABASE_URL is not set",
  });

/** The values of `VARIABLES`, under the names that the code uses. */
export type Config = ReturnType<typeof readConfig>;

type Environment = Record<string, string | undefined>;

/**
 * Reads the configuration. Throws an `Error` that names each wrong variable and says why. An empty variable counts as
 * unset.
 */
export function readConfig(env: Environment) {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse({ ...set, ...secretsInFiles(set) });
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
    throw new Error(`the configuration is not valid:\n${lines.join("\n")}`);
  }
  const { data } = parsed;
  return {
    host: data.HOST,
    port: data.PORT,
    dataFolder: data.CALLJOIN_DATA,
    databaseUrl: data.DATABASE_URL,
    sharded: data.CALLJOIN_SHARDED === "true",
    adminToken: data.CALLJOIN_ADMIN_TOKEN,
    rateLimit: data.CALLJOIN_RATE_LIMIT,
    trustProxy: data.CALLJOIN_TRUST_PROXY ?? (false as const),
    allowPrivate: data.CALLJOIN_ALLOW_PRIVATE,
    secretsFolder: data.CALLJOIN_SECRETS,
    /** Without a trailing slash. */
    publicUrl: data.CALLJOIN_PUBLIC_URL,
    metrics: data.CALLJOIN_METRICS,
    console: data.CALLJOIN_CONSOLE,
    metricsToken: data.CALLJOIN_METRICS_TOKEN,
    logLevel: data.LOG_LEVEL,
  };
}

function secretsInFiles(set: Environment): Environment {
  const named = SECRETS.flatMap((name) => {
    const file = set[`${name}_FILE`];
    return file === undefined ? [] : [{ name, file }];
  });
  return Object.fromEntries(named.map(({ name, file }) => [name, secretIn(name, file, set[name])]));
}

function secretIn(name: string, file: string, other: string | undefined): string {
  const wrong = (why: string) => new Error(`the configuration is not valid:\n  ${name}_FILE: ${why}`);
  if (other !== undefined) throw wrong(`must not be set if ${name} is set`);
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw wrong(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (text === "") throw wrong(`${file} is empty`);
  return text;
}

/**
 * A line for each variable that starts with `CALLJOIN_` but is not one of ours. It may be a typo, or one of our
 * variables that has no such prefix.
 */
export function unknownVariables(env: Environment): string[] {
  const known = [...Object.keys(VARIABLES), ...SECRETS.map((name) => `${name}_FILE`)];
  const unknown = Object.keys(env).filter((name) => name.startsWith("CALLJOIN_") && !known.includes(name));
  const bare = (name: string) => name.replace(/^CALLJOIN_/, "");
  return unknown.map((name) => {
    const far = (one: string) => distance(bare(name), bare(one));
    const [nearest = ""] = known.sort((a, b) => far(a) - far(b));
    // If more than a third of the name differs, it is a different word.
    const advice = far(nearest) * 3 <= bare(name).length ? `; did you mean ${nearest}?` : "";
    return `${name} is not a Calljoin variable and is ignored${advice}`;
  });
}

/** The number of characters to insert, remove or replace to turn one text into the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Why a URL does not name a PostgreSQL database that the driver can look for, or null if it does. */
export function whyNoPostgres(text: string): string | null {
  try {
    if (/^postgres(ql)?:\/\//.test(text) && parse(text)) return null;
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    // The parser reads the certificates that the URL names.
    if (/^E[A-Z]+$/.test(code)) return `names files that cannot be read: ${message}`;
  }
  return "must be postgres://USER:PASSWORD@HOST/DATABASE, or postgres:///DATABASE?host=/FOLDER for a socket";
}

function isPublicUrl(text: string): boolean {
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return false;
  const { search, hash, username, password } = new URL(text);
  return search + hash + username + password === "" && !/[?#]/.test(text);
}

/** True if the code that reads `X-Forwarded-For` accepts all of them. */
function areProxies(parts: string[]): boolean {
  try {
    compile(parts);
    return parts.every(isNetwork);
  } catch {
    return false;
  }
}

/** True for an address or a CIDR that Node itself accepts. */
function isNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? "ipv4" : "ipv6");
    return true;
  } catch {
    return false;
  }
}
