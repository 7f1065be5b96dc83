import { beforeAll, describe, expect, test } from "vitest";
import { sharedCollector } from "./shared";
import { BASE, event, MINUTE, newContext, openShop, type Shop, THEN, view } from "./shop";

const collector = sharedCollector();
let site: Shop;
let contextId: string;
beforeAll(async () => {
  site = await openShop(collector.request, collector.adminToken, {
    ...BASE,
    entities: [
      { name: "basket", type: "expression", scope: "session", value: "basket" },
      { name: "note", type: "expression", scope: "page_view", value: "note" },
    ],
    goals: [{ name: "order", min_total: 1 }, { name: "call" }],
  });
  contextId = newContext();
  const session_at = THEN - 2 * MINUTE;
  await site.post(contextId, [
    view("v1", session_at, { view: { number: 6, session_number: 2, session_at }, entities: { note: "first page" } }),
    view("v2", THEN - MINUTE, {
      view: {
        number: 7,
        session_number: 2,
        session_view_number: 2,
        session_at,
        referrer: "https://find.example/?q=a,b",
      },
      entities: { basket: 49.9, note: NASTY },
    }),
  ]);
  await site.report(
    "infinity",
    event({ id: contextId, ts: THEN, transaction: "joined", source: "desk", total: { value: 9.99, currency: "GBP" } }),
    event({ id: newContext(), ts: THEN + 1, transaction: "unknown" }),
    event({ id: "guest", ts: THEN + 2, transaction: FORMULA }),
    event({ id: contextId, ts: THEN + 3, transaction: "a package", type: "trPackageTransactionSummary" }),
    event({ id: contextId, ts: THEN + 4, transaction: "a policy", type: "fiBasketTransactionSummary" }),
  );
});

const NASTY = 'says "hi", twice;\nand ünïcödé';
const FORMULA = '=HYPERLINK("https://evil.example")';
const COLUMNS = [
  "call_id",
  "vendor",
  "ts",
  "url",
  "source",
  "transaction_id",
  "total_value",
  "total_currency",
  "status",
  "rule",
  "reason",
  "gap_ms",
  "context_id",
  "session_id",
  "view_id",
  "view_number",
  "session_number",
  "session_view_number",
  "view_ts",
  "session_ts",
  "view_url",
  "referrer",
  "entrance_url",
  "goals",
  "conversion_number",
  "duration_s",
  "answered",
  "caller_sha256",
  "dialled",
  "entity_basket",
  "entity_note",
];

type Row = Record<string, unknown>;
const table = (type: string, format = "") => site.admin("GET", `/tables/${type}${format}`);
const rowsOf = async (type: string) => (await table(type)).json<{ rows: Row[] }>().rows;

/** RFC 4180, read back. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, field = "", end] of text.replace(/\r?\n$/, "").matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (end === "") break;
    if (end !== ",") rows.push([]);
  }
  return rows;
}

describe("a summary table", () => {
  test("has every column, with all that is known of a matched call", async () => {
    const row = (await rowsOf("ecBasketTransactionSummary")).find((each) => each.transaction_id === "joined");
    const { goals, ...rest } = row ?? {};
    expect(rest).toEqual({
      call_id: (await site.call("joined")).id,
      vendor: "infinity",
      ts: THEN,
      url: "",
      source: "desk",
      transaction_id: "joined",
      total_value: 9.99,
      total_currency: "GBP",
      status: "matched",
      rule: "context_id",
      reason: null,
      gap_ms: MINUTE,
      context_id: contextId,
      session_id: "session-1",
      view_id: "v2",
      view_number: 7,
      session_number: 2,
      session_view_number: 2,
      view_ts: THEN - MINUTE,
      session_ts: THEN - 2 * MINUTE,
      view_url: "https://shop.example/v2",
      referrer: "https://find.example/?q=a,b",
      entrance_url: "https://shop.example/v1",
      conversion_number: 1,
      duration_s: null,
      answered: null,
      caller_sha256: null,
      dialled: null,
      entity_basket: 49.9,
      entity_note: NASTY,
    });
    expect(JSON.stringify(goals)).toMatch(/order.*call/);
  });

  test("holds every call of its type, whatever its status, and none of another type", async () => {
    const names = async (type: string) => (await rowsOf(type)).map((row) => row.transaction_id).toSorted();
    expect(await names("ecBasketTransactionSummary")).toEqual([FORMULA, "joined", "unknown"].toSorted());
    expect(await names("trPackageTransactionSummary")).toEqual(["a package"]);
    expect(await names("fiBasketTransactionSummary")).toEqual(["a policy"]);
  });

  test("of a type that does not exist is 404, in a format that does not exist 400", async () => {
    expect([400, 404]).toContain((await table("phoneCalls")).status);
    expect((await table("ecBasketTransactionSummary", "?format=xlsx")).status).toBe(400);
  });

  test("as ndjson is one row a line, the same as in json", async () => {
    const answer = await table("ecBasketTransactionSummary", "?format=ndjson");
    expect(answer.headers.get("content-type")).toMatch(/ndjson/);
    const lines = answer.text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as Row)).toEqual(await rowsOf("ecBasketTransactionSummary"));
  });

  test("as csv has the columns in the contract's order, and keeps commas, quotes and line ends inside their field", async () => {
    const answer = await table("ecBasketTransactionSummary", "?format=csv");
    expect(answer.headers.get("content-type")).toMatch(/^text\/csv/);
    const [header = [], ...rows] = parseCsv(answer.text);
    expect(header).toEqual(COLUMNS);
    expect(rows).toHaveLength(3);
    const joined = rows.find((row) => row[5] === "joined") ?? [];
    const fields = Object.fromEntries(header.map((name, n) => [name, joined[n]]));
    expect(fields).toMatchObject({
      ts: String(THEN),
      reason: "",
      entity_note: NASTY,
      referrer: "https://find.example/?q=a,b",
    });
  });

  test("as csv hands a spreadsheet no formula that a stranger wrote", async () => {
    const { text } = await table("ecBasketTransactionSummary", "?format=csv");
    const fields = parseCsv(text).flat();
    expect(fields.filter((field) => field.includes("HYPERLINK"))).toHaveLength(1);
    expect(fields.filter((field) => /^[=+@]/.test(field))).toEqual([]);
  });

  test("as csv leaves a number with its sign what it is, a telephone number too", async () => {
    const shop = await openShop(collector.request, collector.adminToken, BASE);
    const call = { dialled: "+14045550199" };
    await shop.report(
      "infinity",
      event({ ts: THEN, transaction: "-7.5", source: "-1+1", total: { value: -49.9 }, call }),
    );
    const [names = [], cells = []] = parseCsv(
      (await shop.admin("GET", "/tables/ecBasketTransactionSummary?format=csv")).text,
    );
    const shown = ["dialled", "transaction_id", "total_value", "source"].map((name) => cells[names.indexOf(name)]);
    expect(shown).toEqual(["+14045550199", "-7.5", "-49.9", "'-1+1"]);
  });

  test("of a site without calls is empty, with its header in csv", async () => {
    const empty = await openShop(collector.request, collector.adminToken);
    expect((await empty.admin("GET", "/tables/ecBasketTransactionSummary?format=json")).json()).toEqual({ rows: [] });
    expect((await empty.admin("GET", "/tables/ecBasketTransactionSummary?format=ndjson")).text).toBe("");
    const [header, ...rows] = parseCsv(
      (await empty.admin("GET", "/tables/ecBasketTransactionSummary?format=csv")).text,
    );
    expect([header?.[0], rows]).toEqual(["call_id", []]);
  });
});
