/** What an erasure costs everybody else: nothing. */
import { beforeAll, expect, test } from "vitest";
import type { Answer, Receipt } from "./http";
import { sharedCollector } from "./shared";
import { event, MINUTE, newContext, openShop, SECOND, type Shop, THEN, view } from "./shop";

const { request, adminToken } = sharedCollector();
let site: Shop;
beforeAll(async () => {
  site = await openShop(request, adminToken, {
    entities: [
      { name: "rtap_visitor", type: "expression", scope: "session", value: "rtap", identifies: "responsetap" },
    ],
    webhooks: [{ name: "crm", url: "http://127.0.0.1:9/hook", on: ["call.matched", "call.updated"], parameters: [] }],
  });
});

const ERASED = { status: "unmatched", reason: "erased" };
const erase = (id: string): Promise<Answer> => site.admin("DELETE", `/contexts/${id}`);
const visit = (id: string, alias?: string): Promise<Receipt> =>
  site.post(id, [view(`view-${id}`, THEN - MINUTE, alias === undefined ? {} : { entities: { rtap_visitor: alias } })]);
const joinOf = async (transaction: string) => (await site.call(transaction)).join;
const refusals = async () => (await site.admin("GET", "/rejected?limit=100")).text;
const TOTAL = { value: 15.5, currency: "GBP" };

test("an id that begins like the erased one is another's, known or not, in calls and in what was refused", async () => {
  await visit("customer-100");
  await visit("customer-1001");
  await site.report("infinity", event({ id: "customer-1001", ts: THEN, transaction: "longer" }));
  await site.report("infinity", event({ id: "customer-1002", ts: THEN, transaction: "longer, early" }));
  await site.report("infinity", event({ id: "customer-1002", ts: "never", transaction: "longer, refused" }));
  expect((await erase("customer-100")).status).toBe(204);
  await visit("customer-1002");
  expect(await joinOf("longer")).toMatchObject({ status: "matched", context_id: "customer-1001" });
  expect(await joinOf("longer, early")).toMatchObject({ status: "matched", context_id: "customer-1002" });
  expect(await refusals()).toContain("longer, refused");
});

test.each(["5", "true", "GBP", "completed"])(
  "an alias that stands in anybody's text, %s, is looked for under calls' own ids alone",
  async (alias) => {
    const [one, other] = [newContext(), newContext()];
    await visit(one, alias);
    await visit(other);
    const said = { ts: THEN, total: TOTAL, source: "completed 5" };
    await site.report("infinity", event({ ...said, id: other, transaction: `${alias} of another` }));
    await site.report(
      "responsetap",
      event({ ...said, id: `gbr0-not-${alias}`, transaction: `${alias} of a stranger` }),
    );
    expect((await erase(one)).status).toBe(204);
    await site.report("infinity", event({ ...said, id: "undefined", transaction: `${alias} of nobody` }));
    await site.report("infinity", event({ id: other, ts: "never", transaction: `${alias} refused`, total: TOTAL }));
    const call = await site.call(`${alias} of another`);
    expect(call).toMatchObject({ join: { status: "matched", context_id: other }, total: TOTAL, source: said.source });
    expect((await site.admin("GET", `/calls/${call.id}?events=1&explain=1`)).status).toBe(200);
    expect(await joinOf(`${alias} of a stranger`)).toMatchObject({ status: "offline" });
    expect(await joinOf(`${alias} of nobody`)).toMatchObject({ status: "unusable" });
    expect(await refusals()).toContain(`${alias} refused`);
  },
);

test("an alias that another's begins with, or that is another visitor's own id, is not theirs", async () => {
  const [one, other, third] = [newContext(), newContext(), newContext()];
  await visit(third);
  await visit(one, "gbr0-12");
  await site.post(one, [view("w", THEN - SECOND, { entities: { rtap_visitor: third } })]);
  await visit(other, "gbr0-123");
  await site.report("responsetap", event({ id: "gbr0-123", ts: THEN, transaction: "alias, longer" }));
  await site.report("infinity", event({ id: third, ts: THEN, transaction: "id shown by another" }));
  expect((await erase(one)).status).toBe(204);
  expect(await joinOf("alias, longer")).toMatchObject({ status: "matched", context_id: other });
  expect(await joinOf("id shown by another")).toMatchObject({ status: "matched", context_id: third });
  expect((await site.post(third, [view("later", THEN)])).accepted).toBe(1);
});

test("an alias that somebody shows later is theirs from then on, in what is refused too", async () => {
  const [one, other] = [newContext(), newContext()];
  await visit(one, "gbr0-at-home-1");
  await erase(one);
  await visit(other, "gbr0-at-home-1");
  await site.report("responsetap", event({ id: "gbr0-at-home-1", ts: THEN, transaction: "at home" }));
  await site.report("responsetap", event({ id: "gbr0-at-home-1", ts: "never", transaction: "at home, refused" }));
  expect(await joinOf("at home")).toMatchObject({ status: "matched", context_id: other });
  expect(await refusals()).toContain("at home, refused");
});

test("a visitor's own id stays erased, whoever shows it as an alias", async () => {
  const [one, other] = [newContext(), newContext()];
  await visit(one);
  await erase(one);
  await visit(other, one);
  await site.report("infinity", event({ id: one, ts: THEN, transaction: "shown by another" }));
  expect(await joinOf("shown by another")).toMatchObject(ERASED);
  const call = await site.call("shown by another");
  expect((await site.admin("GET", `/calls/${call.id}?events=1`)).text).not.toContain(one);
});

test("a call that names them, and is another's by its own id, stays that other's: before it is matched and after, told early or late", async () => {
  const [one, other] = [newContext(), newContext()];
  await visit(one);
  await site.report("infinity", { ...event({ id: other, ts: THEN, transaction: "friend, early" }), friend: one });
  await site.report("infinity", event({ id: one, ts: THEN, transaction: "corrected" }));
  await site.report("infinity", event({ id: other, ts: THEN + SECOND, transaction: "corrected" }));
  await erase(one);
  await site.report("infinity", { ...event({ id: other, ts: THEN, transaction: "friend, late" }), friend: one });
  await visit(other);
  for (const transaction of ["friend, early", "friend, late", "corrected"]) {
    const call = await site.call(transaction);
    expect(call.join, transaction).toMatchObject({ status: "matched", context_id: other });
    expect((await site.admin("GET", `/calls/${call.id}?events=1`)).text).not.toContain(one);
  }
});

test("what another's webhook is still to be told is told, unless it names them", async () => {
  const [one, other] = [newContext(), newContext()];
  await visit(one);
  await visit(other);
  await site.report("infinity", { ...event({ id: other, ts: THEN, transaction: "to be told" }), friend: one });
  const call = await site.call("to be told");
  const told = async () => {
    const { text } = await site.admin("GET", "/deliveries?limit=100");
    return text.includes(call.id);
  };
  expect(await told()).toBe(true);
  await erase(one);
  expect(await told()).toBe(true);
});

test.each([
  ["ga:1712345678.99", "ga%3a1712345678%2E99"],
  ["ga:1712345679.99", "ga%253A1712345679.99"],
])("%s is taken out of another's call, however it is escaped: %s", async (id, escaped) => {
  const other = newContext();
  await visit(id);
  await visit(other);
  const transaction = `escaped ${escaped}`;
  await site.report("infinity", {
    ...event({ id: other, ts: THEN, transaction }),
    page: `https://shop.example/?v=${escaped}`,
  });
  await erase(id);
  const call = await site.call(transaction);
  expect(call.join).toMatchObject({ status: "matched", context_id: other });
  const { text } = await site.admin("GET", `/calls/${call.id}?events=1`);
  expect(text.replaceAll(transaction, "")).not.toContain(escaped);
});
