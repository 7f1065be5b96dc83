/**
 * The console's sessions. A session is a signed cookie. It says which token somebody signed in with, and which
 * sign-out of that token was the latest at that time. The signing key is derived from the admin token. So all
 * collectors on a database agree, and a different admin token ends every session.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type Asker, hashToken, isToken } from "../http/auth";
import type { Store } from "../store/store";

export const COOKIE = "calljoin_console";

export const SESSION_MS = 12 * 3_600_000;

/**
 * How long a link that signs in once is valid. It is short, because the link is for a person who is at the screen now.
 */
const LINK_MS = 3_600_000;

/** How often the collector writes, at most, when a token was last used. */
const USED_MS = 60_000;

/** The name of the operator's own token. No named token may have this name. */
export const OPERATOR = "admin token";

const sessionText = z.tuple([z.string(), z.string(), z.number()]);
const linkText = z.tuple([z.string(), z.number()]);

export interface Sessions {
  /** Who has this token: the operator, or the holder of a named token. Null if nobody has it. */
  askerWith(token: string): Promise<Asker | null>;
  /** Who is signed in, according to a request's `Cookie` header. */
  askerIn(cookies: string): Promise<Asker | null>;
  /** Signs somebody in. Answers the cookie's value, and when the session ends. */
  begin(asker: Asker): Promise<{ value: string; expires_at: number }>;
  /** Ends every session of a token, on every collector. */
  endAll(asker: Asker): Promise<void>;
  /** A key that signs in the operator, once and within an hour. */
  makeLink(): string;
  /** The operator if the key is ours, is still valid and nobody has used it; otherwise null. */
  spendLink(key: string): Promise<Asker | null>;
}

export function createSessions({
  store,
  clock,
  adminToken,
}: {
  store: Store;
  clock: () => number;
  adminToken: string;
}): Sessions {
  const key = Buffer.from(hkdfSync("sha256", adminToken, "", "calljoin console", 32));
  const hash = hashToken(adminToken);
  const operator: Asker = { name: OPERATOR, role: "admin", sites: null, hash, expires_at: null };

  /** The purpose is part of the signed text. So what was signed for one purpose is not valid for another. */
  const macOf = (purpose: string, text: string) => createHmac("sha256", key).update(`${purpose}\n${text}`).digest();

  function sign(purpose: string, parts: unknown[]): string {
    const text = Buffer.from(JSON.stringify(parts)).toString("base64url");
    return `${text}.${macOf(purpose, text).toString("base64url")}`;
  }

  function read<T extends z.ZodType>(purpose: string, signed: string, schema: T): z.output<T> | null {
    const [text = "", mac = ""] = signed.split(".");
    const [given, right] = [Buffer.from(mac, "base64url"), macOf(purpose, text)];
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
    return schema.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
  }

  async function askerBy(tokenHash: string): Promise<Asker | null> {
    if (tokenHash === hash) return operator;
    const row = await store.token(tokenHash);
    if (!row) return null;
    const now = clock();
    if (now - (row.last_used_at ?? 0) >= USED_MS) await store.noteUse(tokenHash, now, now - USED_MS + 1);
    const { name, role, sites } = row;
    return { name, role, sites: sites === null ? null : JSON.parse(sites), hash: tokenHash, expires_at: null };
  }

  /** The token's latest sign-out. */
  async function lastEnd(tokenHash: string): Promise<string> {
    return (await store.marks("", "signed_out", tokenHash))[0]?.said ?? "";
  }

  return {
    async askerWith(token) {
      return isToken(token, hash) ? operator : askerBy(hashToken(token));
    },

    async askerIn(cookies) {
      const [, value = ""] = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;\\s]+)`).exec(cookies) ?? [];
      const [tokenHash, end, expires_at] = read("session", value, sessionText) ?? ["", "", 0];
      if (clock() >= expires_at) return null;
      const [asker, last] = await Promise.all([askerBy(tokenHash), lastEnd(tokenHash)]);
      return asker && last === end ? { ...asker, expires_at } : null;
    },

    async begin(asker) {
      const expires_at = clock() + SESSION_MS;
      return { value: sign("session", [asker.hash, await lastEnd(asker.hash), expires_at]), expires_at };
    },

    async endAll({ hash: name }) {
      const said = randomBytes(12).toString("base64url");
      await store.putMark({ site: "", kind: "signed_out", name, at: clock(), said });
    },

    makeLink: () => sign("link", [randomBytes(16).toString("base64url"), clock() + LINK_MS]),

    async spendLink(link) {
      const [id, until] = read("link", link, linkText) ?? ["", 0];
      if (clock() >= until) return null;
      const isFirst = await store.addMark({ site: "", kind: "link", name: id, at: clock(), said: "" });
      await store.deleteMarks("", "link", clock() - 2 * LINK_MS);
      return isFirst ? operator : null;
    },
  };
}
