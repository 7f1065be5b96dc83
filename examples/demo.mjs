// The demo site in a running collector: its document, its vendors' tokens, its calls.

import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

/**
 * Saves the demo's site document where the collector has none or the demo's was edited, and sees to one token for each vendor.
 * What the user has saved since stays otherwise, and `origin` is added where it is missing. The tokens are kept in `file`, as
 * the collector tells each only once.
 * @returns {Promise<Record<string, string>>} vendor name to token
 */
export async function setUpSite({ collector, site, adminToken }, document, origin, file) {
  const admin = (method, path, body) => request(method, `${collector}/v1/sites/${site}${path}`, adminToken, body);
  const kept = read(file);
  const { status, body: saved } = await admin("GET", "");
  const isEdited = !isDeepStrictEqual(kept.document, document);
  if (status !== 200 || isEdited) await done(admin("PUT", "", { ...document, origins: [origin] }));
  else if (!saved.origins.includes(origin)) {
    await done(admin("PUT", "", { ...saved, origins: [...saved.origins, origin] }));
  }

  const tokens = {};
  for (const { name } of document.vendors) {
    const works = kept.tokens?.[name] && (await post(collector, site, kept.tokens[name])).status === 202;
    tokens[name] = works ? kept.tokens[name] : (await done(admin("POST", `/vendors/${name}/token`))).token;
  }
  writeFileSync(file, `${JSON.stringify({ site, tokens, document }, null, 2)}\n`, { mode: 0o600 });
  return tokens;
}

/** Posts no event at all: 202 says that the token is good. */
const post = (collector, site, token) => request("POST", `${collector}/v1/calls/${site}`, token, { events: [] });

/** A call as the collector answers it now. */
export function readCall({ collector, site, adminToken }, id) {
  return done(request("GET", `${collector}/v1/sites/${site}/calls/${id}`, adminToken));
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

async function request(method, url, token, body) {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  return { method, url, status: response.status, body: await response.json().catch(() => ({})) };
}

/** The answer's body; throws an `Error` that says what the collector did not take. */
async function done(asked) {
  const { method, url, status, body } = await asked;
  if (status < 300) return body;
  const errors = (body.errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`).join("");
  throw new Error(`${method} ${url} was answered ${status} ${body.detail ?? body.title ?? ""}${errors}`);
}
