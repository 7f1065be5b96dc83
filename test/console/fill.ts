/** A shop as it is after some weeks: visits in one tab and in two, calls of every status, goals, and what could not be read; all through the real routes. */
import type { Console } from "./harness";

export const SITE = "shop-uk";
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The visitor who looked at /p/9, whose basket changed 3 s before the call, with a second tab beside. */
export const ANNA = visitorId(0);
/** Their call's transaction. */
export const ANNAS_CALL = "order-anna";
/** When that call began, epoch ms. */
export const CALLED_AT = Math.floor((Date.now() - 2 * 60 * MINUTE) / 1000) * 1000 + 500;

const DOCUMENT = {
  name: "Shop UK",
  entities: [
    { name: "basket_total", type: "expression", scope: "page_view", value: "window.basket?.total" },
    { name: "member", type: "simple", scope: "session", value: "user.level" },
    { name: "rtap_visitor", type: "expression", scope: "session", value: "rTap?.visitorId", identifies: "responsetap" },
  ],
  vendors: [
    { name: "infinity" },
    {
      name: "responsetap",
      offline_prefixes: ["gbr0", "clarity"],
      unusable: [{ field: "source", matches: "^ppc-" }],
    },
    // It looks for the call's id in a field that there is none of.
    { name: "own", adapter: "custom", mapping: { body: { as: "json" }, id: "call_id", time: { from: "at" } } },
  ],
  webhooks: [
    {
      name: "crm",
      url: "https://127.0.0.1:9/hook",
      parameters: [{ name: "order", value: "transaction.id" }],
      filter: { vendor: ["infinity"] },
    },
  ],
  goals: [{ name: "phone_order", min_total: 0.01 }],
};

function visitorId(index: number): string {
  return `6o2diu81w9o-0irxltk5b-u9t${index.toString(36).padStart(4, "0")}`;
}

interface Shown {
  view_id: string;
  session_id: string;
  at: number;
  path: string;
  number: number;
  session: [number: number, view: number, at: number];
  /** What was read, so many ms after the view began. */
  values: [after: number, entities: Record<string, unknown>][];
  referrer?: string;
}

function snapshotsOf({ view_id, session_id, at, path, number, session, values, referrer = "" }: Shown): object[] {
  const [session_number, session_view_number, session_at] = session;
  const url = `https://shop.example${path}`;
  const view = { number, session_number, session_view_number, session_at, url, referrer, title: `Page ${path}` };
  return values.map(([after, entities], seq) => ({
    ...{ view_id, session_id, seq, at: at + after, entities },
    ...(seq === 0 ? { view } : {}),
  }));
}

/** Fills the site; a few hundred calls. Throws where a route refuses what must be taken. */
export async function fill(console_: Console, calls = 300): Promise<void> {
  const { ask } = console_;
  await ask("PUT", `v1/sites/${SITE}`, DOCUMENT);
  const tokens = new Map<string, string>();
  for (const { name } of DOCUMENT.vendors) {
    tokens.set(name, String((await ask("POST", `v1/sites/${SITE}/vendors/${name}/token`)).token));
  }
  const send = async (context_id: string, snapshots: object[]) => {
    const answer = await ask("POST", "v1/snapshots", { v: 1, site: SITE, context_id, sent_at: Date.now(), snapshots });
    if (answer.accepted !== snapshots.length) throw new Error(JSON.stringify(answer));
  };
  const events = async (vendor: string, list: object[]) => {
    const response = await fetch(`${console_.home.replace("console/", "")}v1/calls/${SITE}`, {
      method: "POST",
      headers: { authorization: `Bearer ${tokens.get(vendor)}`, "content-type": "application/json" },
      body: JSON.stringify({ events: list }),
    });
    if (!response.ok) throw new Error(await response.text());
  };

  await send(ANNA, annasVisits());
  await events("infinity", [
    event(ANNA, ANNAS_CALL, CALLED_AT, { total: { value: 49.9, currency: "GBP" } }, { duration_s: 95, answered: true }),
  ]);
  const all = Array.from({ length: calls }, (_, index) => index + 1);
  await Promise.all(
    all.map(async (index) => {
      // Most calls are of the last week; all are of the last 30 days, be it soon after midnight.
      const at = Date.now() - Math.floor((index / calls) ** 2 * 28 * DAY) - 3 * 60 * MINUTE;
      if (index % 10 < 7) await send(visitorId(index), visitOf(index, at - 4 * MINUTE));
    }),
  );
  for (const vendor of ["infinity", "responsetap"]) {
    const own = all.filter((index) => (index % 3 === 0) === (vendor === "responsetap"));
    await events(
      vendor,
      own.map((index) => callOf(index, Date.now() - Math.floor((index / calls) ** 2 * 28 * DAY) - 3 * 60 * MINUTE)),
    );
  }
  for (const number of [1, 2, 3]) {
    const at = new Date(CALLED_AT + number).toISOString();
    await fetch(`${console_.home.replace("console/", "")}v1/calls/${SITE}/own?token=${tokens.get("own")}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ number: `own-${number}`, at }),
    });
  }
  // What cannot be read: no transaction, and a kind of call that there is none of.
  await events("infinity", [
    { ...event(ANNA, "x", CALLED_AT), transaction: {} },
    { ...event(ANNA, "y", CALLED_AT), meta: { type: "chatTransactionSummary", ts: CALLED_AT } },
  ]);
}

function event(context: string | undefined, id: string, ts: number, basket: object = {}, call?: object): object {
  return {
    ...(context === undefined ? {} : { context: { id: context } }),
    meta: { type: "ecBasketTransactionSummary", ts, url: "", source: "google / cpc" },
    basket,
    transaction: { id },
    ...(call ? { call } : {}),
  };
}

function annasVisits(): object[] {
  const yesterday = CALLED_AT - DAY;
  const today = CALLED_AT - 12 * MINUTE;
  const first: Shown = {
    ...{ view_id: "anna-1", session_id: "anna-s1", at: yesterday, path: "/", number: 1 },
    session: [1, 1, yesterday],
    values: [
      [0, { member: "none" }],
      [90_000, {}],
    ],
  };
  const list: Shown = {
    ...{ view_id: "anna-2", session_id: "anna-s2", at: today, path: "/shoes", number: 2 },
    session: [2, 1, today],
    values: [
      [200, { member: "gold" }],
      [8 * MINUTE, {}],
    ],
  };
  const product: Shown = {
    ...{ view_id: "anna-3", session_id: "anna-s2", at: today + 3 * MINUTE, path: "/p/9", number: 3 },
    session: [2, 2, today],
    referrer: "https://shop.example/shoes",
    values: [
      [100, { basket_total: 10 }],
      [9 * MINUTE - 3_000, { basket_total: 49.9 }],
      [9 * MINUTE - 500, {}],
    ],
  };
  return [first, list, product].flatMap(snapshotsOf);
}

function visitOf(index: number, at: number): object[] {
  const session: Shown["session"] = [1, 1, at];
  const common = { session_id: `s-${index}`, at, session };
  return [
    {
      ...{ ...common, view_id: `v-${index}-1`, path: "/", number: 1 },
      values: [[100, { member: index % 2 === 0 ? "gold" : "none" }]] as Shown["values"],
    },
    {
      ...{ ...common, view_id: `v-${index}-2`, at: at + MINUTE, path: `/p/${index % 20}`, number: 2 },
      session: [1, 2, at] as Shown["session"],
      values: [
        [100, { basket_total: index }],
        [2 * MINUTE, {}],
      ] as Shown["values"],
    },
  ].flatMap(snapshotsOf);
}

/** Seven of ten are of a visit that is known; the others each miss for a reason of their own. */
function callOf(index: number, at: number): object {
  const total = index % 4 === 0 ? { total: { value: 20 + index, currency: index % 8 === 0 ? "EUR" : "GBP" } } : {};
  const known = visitorId(index);
  const ids = [
    known,
    known,
    known,
    known,
    known,
    known,
    known,
    `gbr0-${index}`,
    undefined,
    "6o2diu81w9o-0irxltk5b-unknown",
  ];
  return event(ids[index % 10], `order-${index}`, at, total, { duration_s: index, answered: index % 5 !== 0 });
}
