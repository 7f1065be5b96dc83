import type { CallContext, Join, Json, JsonObject, Outcome, ViewFacts } from "../../oracle";
import type { Answer, Receipt, Request } from "./http";

/** A call as contract 8 shows it. */
export interface Call extends Omit<Outcome, "join" | "context"> {
  id: string;
  version: number;
  join: Join & { late: boolean };
  context: CallContext | null;
}

export interface Snapshot {
  view_id: string;
  session_id: string;
  seq: number;
  at: number;
  view?: Partial<ViewFacts>;
  entities?: JsonObject;
}

/** One site of a collector, driven from outside. */
export interface Shop {
  id: string;
  /** The site's routes for its administrator, less `/v1/sites/ID`. */
  admin(method: string, path: string, json?: unknown): Promise<Answer>;
  save(document: object): Promise<Answer>;
  /** The vendor's token, made when it is first asked for. */
  token(vendor: string): Promise<string>;
  /** Posts one envelope, sent now unless told otherwise. */
  post(contextId: string, snapshots: object[], sentAt?: number): Promise<Receipt>;
  /** Posts call events as the vendor and gives the receipt; fails where the answer is not 202. */
  report(vendor: string, ...events: Json[]): Promise<Receipt>;
  calls(query?: string): Promise<Call[]>;
  /** The one call with this transaction id. */
  call(transactionId: string): Promise<Call>;
}

let shops = 0;

/** A new site, with the vendors `infinity` and `responsetap` unless the document says otherwise. */
export async function openShop(request: Request, adminToken: string, document: object = {}): Promise<Shop> {
  const id = `shop-${process.pid}-${++shops}`;
  const shop = driveShop(request, adminToken, id);
  const saved = await shop.save({ ...BASE, ...document });
  if (saved.status !== 201) throw new Error(`the site was not saved: ${saved.status} ${saved.text}`);
  return shop;
}

export const BASE = {
  name: "Shoes",
  vendors: [
    { name: "infinity", adapter: "qprotocol" },
    { name: "responsetap", adapter: "qprotocol", offline_prefixes: ["gbr0", "clarity"] },
  ],
};

export function driveShop(request: Request, adminToken: string, id: string): Shop {
  const tokens = new Map<string, string>();
  const admin: Shop["admin"] = (method, path, json) =>
    request(method, `/v1/sites/${id}${path}`, { token: adminToken, json });
  const shop: Shop = {
    id,
    admin,
    save: (document) => admin("PUT", "", document),
    async token(vendor) {
      const known = tokens.get(vendor);
      if (known !== undefined) return known;
      const answer = await admin("POST", `/vendors/${vendor}/token`);
      if (answer.status >= 300) throw new Error(`no token: ${answer.status} ${answer.text}`);
      const { token } = answer.json<{ token: string }>();
      tokens.set(vendor, token);
      return token;
    },
    async post(contextId, snapshots, sentAt = Date.now()) {
      const answer = await request("POST", "/v1/snapshots", {
        json: { v: 1, site: id, context_id: contextId, sent_at: sentAt, snapshots },
      });
      if (answer.status !== 202) throw new Error(`snapshots: ${answer.status} ${answer.text}`);
      return answer.json<Receipt>();
    },
    async report(vendor, ...events) {
      const answer = await request("POST", `/v1/calls/${id}`, { token: await shop.token(vendor), json: { events } });
      if (answer.status !== 202) throw new Error(`calls: ${answer.status} ${answer.text}`);
      return answer.json<Receipt>();
    },
    async calls(query = "") {
      const answer = await admin("GET", `/calls?${query}`);
      if (answer.status !== 200) throw new Error(`calls: ${answer.status} ${answer.text}`);
      return answer.json<{ calls: Call[] }>().calls;
    },
    async call(transactionId) {
      const [call, ...others] = await shop.calls(`transaction_id=${encodeURIComponent(transactionId)}`);
      if (call === undefined || others.length > 0) throw new Error(`not one call ${transactionId}`);
      return call;
    },
  };
  return shop;
}

let contexts = 0;

/** A context_id as the SDK mints it, never given twice. */
export function newContext(): string {
  const number = (++contexts).toString(36).padStart(7, "0");
  return `6o2diu81w9o-0irxltk5b-${number}`;
}

/** A view's first snapshot. */
export function view(viewId: string, at: number, more: Partial<Snapshot> = {}): Snapshot {
  const facts = { ...FACTS, session_at: at, url: `https://shop.example/${viewId}`, ...more.view };
  return { view_id: viewId, session_id: "session-1", seq: 0, at, entities: {}, ...more, view: facts };
}

const FACTS = { number: 1, session_number: 1, session_view_number: 1, referrer: "", title: "Shoes" };

export interface EventParts {
  /** The context's id; left out where undefined. */
  id?: Json;
  type?: string;
  ts?: Json;
  url?: Json;
  source?: Json;
  total?: Json;
  transaction?: Json;
  call?: Json;
}

/** A QProtocol event; what is undefined is left out. */
export function event({
  id,
  type = "ecBasketTransactionSummary",
  ts,
  url,
  source,
  total,
  transaction,
  call,
}: EventParts): JsonObject {
  const given = Object.entries({ ts, url, source }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return {
    ...(id === undefined ? {} : { context: { id } }),
    meta: { type, ...Object.fromEntries(given) },
    ...(total === undefined ? {} : { basket: { total } }),
    ...(transaction === undefined ? {} : { transaction: { id: transaction } }),
    ...(call === undefined ? {} : { call }),
  };
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A whole second, two hours ago: visits and calls of the tests happen around it. */
export const THEN = Math.floor(Date.now() / SECOND) * SECOND - 2 * HOUR;
