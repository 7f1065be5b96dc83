// Sets up the demo site in a running collector: its document and its vendors' tokens. Also reads its calls.

import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

/**
 * Saves the demo's site document if the collector has none, or if the demo's own document was edited. Otherwise, what
 * the user has saved since then stays. Also makes a token for each vendor and the webhook's secret, unless they exist.
 * It keeps them in `file`, because the collector tells them only once.
 * @param {object} places `{origin, crm, platforms}`: where the shop, the CRM's webhook and the platforms
 *   (`platformsAt`) are this time
 * @returns {Promise<{tokens: Record<string, string>, secret: string | null, files: Record<string, string>}>} `tokens`
 *   maps a vendor's name to its token. `files` maps a webhook's name to the path of its file of conversions.
 */
export async function setUpSite({ collector, site, adminToken }, document, places, file) {
  const admin = (method, path, body) => request(method, `${collector}/v1/sites/${site}${path}`, adminToken, body);
  const kept = read(file);
  const { status, body: saved } = await admin("GET", "");
  const isEdited = !isDeepStrictEqual(kept.document, document);
  const wanted = placed(status === 200 && !isEdited ? saved : document, places);
  if (!isDeepStrictEqual(saved, wanted)) await done(admin("PUT", "", withSecrets(wanted, places.platforms)));

  const tokens = {};
  for (const { name } of wanted.vendors) {
    const works = kept.tokens?.[name] && (await post(collector, site, kept.tokens[name])).status === 202;
    tokens[name] = works ? kept.tokens[name] : (await done(admin("POST", `/vendors/${name}/token`))).token;
  }
  const has = (site) => site.webhooks?.some(({ name }) => name === "crm");
  const made = async () => (await done(admin("POST", "/webhooks/crm/secret"))).secret;
  const secret = has(wanted) ? (has(saved) && kept.secret) || (await made()) : null;
  const files = {};
  for (const { name } of wanted.webhooks.filter((webhook) => webhook.format?.endsWith("_csv"))) {
    const works = kept.files?.[name] && (await request("HEAD", collector + kept.files[name])).status === 200;
    files[name] = works ? kept.files[name] : (await done(admin("POST", `/webhooks/${name}/key`))).path;
  }
  writeFileSync(file, `${JSON.stringify({ site, tokens, secret, files, document }, null, 2)}\n`, { mode: 0o600 });
  return { tokens, secret, files };
}

/** Puts the addresses of this start into the document. Its ports may differ from those of the last start. */
function placed({ origins = [], webhooks, ...document }, { origin, crm, platforms }) {
  const urls = { crm, ...Object.fromEntries(Object.entries(platforms).map(([name, { url }]) => [name, url])) };
  // Ours if it is the same path on this machine. If the user has pointed a webhook elsewhere, it stays there.
  const isOurs = (url, ours) =>
    URL.canParse(url) && /^http:\/\/localhost:\d+\//.test(url) && new URL(url).pathname === new URL(ours).pathname;
  return {
    ...document,
    origins: [...new Set([...origins, origin])],
    webhooks: webhooks.map((webhook) => {
      const url = urls[webhook.name];
      return url && isOurs(webhook.url, url) ? { ...webhook, url } : webhook;
    }),
  };
}

/** Adds the secrets for the stand-ins. If the user has pointed a platform elsewhere, it keeps its own secret. */
function withSecrets({ webhooks, ...document }, platforms) {
  const secretOf = ({ name, url }) =>
    url && platforms[name]?.url === url ? { api_secret: platforms[name].api_secret } : {};
  return { ...document, webhooks: webhooks.map((webhook) => ({ ...webhook, ...secretOf(webhook) })) };
}

/** Posts no event at all. If the answer is 202, the token is good. */
const post = (collector, site, token) => request("POST", `${collector}/v1/calls/${site}`, token, { events: [] });

/** Reads a call as it is now. */
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
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { "content-type": "application/json" }),
    },
    body: body && JSON.stringify(body),
  });
  return { method, url, status: response.status, body: await response.json().catch(() => ({})) };
}

/** The body of the answer. Throws an `Error` that says what the collector did not accept. */
async function done(asked) {
  const { method, url, status, body } = await asked;
  if (status < 300) return body;
  const errors = (body.errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`).join("");
  throw new Error(`${method} ${url} was answered ${status} ${body.detail ?? body.title ?? ""}${errors}`);
}
