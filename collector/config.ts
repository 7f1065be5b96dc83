/** The environment, parsed once (contract 10). Whatever is wrong with it stops the start and is named. */
import { BlockList, isIP } from "node:net";
import { z } from "zod";

const number = (text: string, what: string, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, what)
    .transform(Number)
    .refine((value) => value <= max, what)
    .prefault(text);

/** Hops, or the addresses of the proxies whose `X-Forwarded-*` count. */
const proxies = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine((parts) => (parts.length === 1 && /^\d{1,2}$/.test(parts[0] ?? "")) || parts.every(isNetwork), {
    error: "must be a number of hops, or addresses and CIDRs with commas between",
  })
  .transform((parts) => (/^\d+$/.test(parts[0] ?? "") ? Number(parts[0]) : parts));

/** Hosts, addresses and CIDRs that webhooks may reach although they are not public. */
const exceptions = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine((parts) => parts.every((part) => isNetwork(part) || /^(?![\d.]+$)[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(part)), {
    error: "must be hosts, addresses or CIDRs with commas between",
  });

/** Pino's. Each request is a line at debug, each join one at info. */
const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

const schema = z
  .object({
    PORT: number("8787", "must be a port, 0 to 65535", 65_535),
    CALLJOIN_DATA: z.string().default("./data"),
    DATABASE_URL: z.string().refine(isPostgresUrl, "must be postgres://USER:PASSWORD@HOST/DATABASE").optional(),
    CALLJOIN_SHARDED: z.enum(["true", "false"], "must be true or false").default("false"),
    CALLJOIN_ADMIN_TOKEN: z.string().regex(/^\S+$/, "must be one word without spaces").optional(),
    CALLJOIN_RATE_LIMIT: number("600", "must be a whole number, 0 for no limit", 1e9),
    CALLJOIN_TRUST_PROXY: proxies.optional(),
    CALLJOIN_ALLOW_PRIVATE: exceptions.default([]),
    LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
  })
  // One that is made at the first start is kept in a folder, and another collector on the same database has another folder.
  .refine(
    ({ DATABASE_URL, CALLJOIN_ADMIN_TOKEN }) => DATABASE_URL === undefined || CALLJOIN_ADMIN_TOKEN !== undefined,
    {
      path: ["CALLJOIN_ADMIN_TOKEN"],
      error: "must be set where DATABASE_URL is, the same for every collector",
    },
  )
  .refine(({ DATABASE_URL, CALLJOIN_SHARDED }) => DATABASE_URL !== undefined || CALLJOIN_SHARDED === "false", {
    path: ["CALLJOIN_SHARDED"],
    error: "must be false where there is no DATABASE_URL",
  });

export interface Config {
  port: number;
  dataFolder: string;
  /** PostgreSQL's; undefined where SQLite is used. */
  databaseUrl: string | undefined;
  /** True where that database spreads its rows over several machines by their keys. */
  sharded: boolean;
  /** Undefined where it has to be made. */
  adminToken: string | undefined;
  /** Public requests a minute and address; 0 is no limit. */
  rateLimit: number;
  /** What Express's `trust proxy` takes. */
  trustProxy: number | string[] | false;
  logLevel: (typeof LOG_LEVELS)[number];
  /** Hosts, addresses and CIDRs that webhooks may reach although they are not public. */
  allowPrivate: string[];
}

/** Reads the configuration; throws an `Error` that names each wrong variable and why. Empty counts as unset. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(set);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
    throw new Error(`the configuration is not valid:\n${lines.join("\n")}`);
  }
  const { data } = parsed;
  return {
    port: data.PORT,
    dataFolder: data.CALLJOIN_DATA,
    databaseUrl: data.DATABASE_URL,
    sharded: data.CALLJOIN_SHARDED === "true",
    adminToken: data.CALLJOIN_ADMIN_TOKEN,
    rateLimit: data.CALLJOIN_RATE_LIMIT,
    trustProxy: data.CALLJOIN_TRUST_PROXY ?? false,
    allowPrivate: data.CALLJOIN_ALLOW_PRIVATE,
    logLevel: data.LOG_LEVEL,
  };
}

/** True for a URL that names a PostgreSQL. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\/[^/]/.test(text) && URL.canParse(text);
}

/** Where a database is, without who may use it. */
export function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port ? `:${port}` : ""}${pathname}`;
}

/** True for an address or a CIDR that Node itself takes for one. */
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
