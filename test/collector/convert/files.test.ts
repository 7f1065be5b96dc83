/** The files that Google Ads and Microsoft Advertising fetch. A small reader stands in for theirs: it knows their columns and their formats. */
import { describe, expect, test } from "vitest";
import type { Shop } from "../contract/shop";
import { amended, called, documentOf, shopWith, standing, startEach, world } from "./world";

const DAY = 86_400_000;

startEach();

const GOOGLE = { name: "google", format: "google_ads_csv" };
const MICROSOFT = { name: "bing", format: "microsoft_ads_csv" };

const keyOf = async (shop: Shop, name: string) =>
  (await shop.admin("POST", `/webhooks/${name}/key`)).json<{ key: string; path: string }>();

/** The file as the platform gets it, without any login. */
const fetched = async (shop: Shop, name: string, key: string, more = "") =>
  world.request("GET", `/v1/sites/${shop.id}/conversions/${name}.csv?key=${key}${more}`);

/** A file's rows by the names of its columns. */
function rowsOf(text: string): Record<string, string>[] {
  const lines = text.trim().split("\n");
  if (lines[0]?.startsWith("Parameters:")) lines.shift();
  const names = (lines.shift() ?? "").split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, n) => [names[n], cell])));
}

describe("google_ads_csv", () => {
  test("has Google's columns, each time with its zone, and eligible calls alone, the newest first", async () => {
    const shop = await shopWith([GOOGLE]);
    const first = await called(shop, { ago: 5_000 });
    const second = await called(shop, {
      entities: { gclid: "g2", ad_user_data: "granted", ad_personalization: "denied" },
    });
    await called(shop, { entities: {} });
    await called(shop, { total: { value: 0, currency: "GBP" } });
    await called(shop, { entities: { gbraid: "b" } });
    const { key } = await keyOf(shop, "google");
    const answer = await fetched(shop, "google", key);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const rows = rowsOf(answer.text);
    expect(rows.map((row) => row["Order ID"])).toEqual([second, first]);
    const { ts } = await shop.call(second);
    expect(rows[0]).toEqual({
      "Google Click ID": "g2",
      "Conversion Name": "sale",
      "Conversion Time": `${new Date(ts).toISOString().slice(0, 19).replace("T", " ")}+0000`,
      "Conversion Value": "50",
      "Conversion Currency": "GBP",
      "Order ID": second,
      "Ad User Data": "Granted",
      "Ad Personalization": "Denied",
    });
  });

  test("goes back as many days as its owner says", async () => {
    const shop = await shopWith([{ ...GOOGLE, days: 2 }]);
    await called(shop, { ago: 3 * DAY });
    const young = await called(shop, { ago: DAY });
    const { key } = await keyOf(shop, "google");
    expect(rowsOf((await fetched(shop, "google", key)).text).map((row) => row["Order ID"])).toEqual([young]);
  });

  test("has a row for each goal that a call meets, or one where the conversion has a name", async () => {
    const goals = [
      { name: "sale", min_total: 1 },
      { name: "big sale", min_total: 40 },
    ].map((goal) => ({ ...goal, name: goal.name.replace(" ", "-") }));
    const shop = await shopWith([GOOGLE, { ...GOOGLE, name: "one", conversion_name: "Phone sale" }], { goals });
    await called(shop);
    const names = async (name: string) => {
      const { key } = await keyOf(shop, name);
      return rowsOf((await fetched(shop, name, key)).text).map((row) => row["Conversion Name"]);
    };
    expect(await names("google")).toEqual(["sale", "big-sale"]);
    expect(await names("one")).toEqual(["Phone sale"]);
  });

  test("runs nothing in a spreadsheet", async () => {
    const shop = await shopWith([GOOGLE]);
    await called(shop, { transaction: "=1+1" });
    const { key } = await keyOf(shop, "google");
    expect((await fetched(shop, "google", key)).text).toContain(",'=1+1,");
  });

  test("tells once: what it has told is sent, what it has not waits", async () => {
    const shop = await shopWith([GOOGLE]);
    const order = await called(shop);
    const { key } = await keyOf(shop, "google");
    expect(await standing(shop, order)).toMatchObject({ state: "waiting", reason: null });
    const asked = await world.request("HEAD", `/v1/sites/${shop.id}/conversions/google.csv?key=${key}`);
    expect(asked.status).toBe(200);
    expect((await standing(shop, order)).state).toBe("waiting");
    await fetched(shop, "google", key);
    expect((await standing(shop, order)).state).toBe("sent");
    expect(await world.deliveries(shop)).toEqual([]);
  });

  test("has a second file: corrections restate what was told, what counts no more is taken back, and so is who was erased", async () => {
    const shop = await shopWith([GOOGLE]);
    const [same, other, gone, erased] = [
      await called(shop),
      await called(shop),
      await called(shop),
      await called(shop),
    ];
    const { key } = await keyOf(shop, "google");
    const adjustments = async () => rowsOf((await fetched(shop, "google", key, "&adjustments=1")).text);
    expect(await adjustments()).toEqual([]);
    await fetched(shop, "google", key);
    expect(await adjustments()).toEqual([]);
    await amended(shop, same, { source: "another" });
    await amended(shop, other, { total: { value: 80, currency: "GBP" } });
    await amended(shop, gone, { total: { value: 0.1, currency: "GBP" } });
    const { join } = await shop.call(erased);
    await shop.admin("DELETE", `/contexts/${join.context_id}`);
    const rows = await adjustments();
    const told = Object.fromEntries(
      rows.map((row) => [row["Order ID"], [row["Adjustment Type"], row["Adjusted Value"]]]),
    );
    expect(told).toEqual({ [other]: ["RESTATE", "80"], [gone]: ["RETRACT", ""], [erased]: ["RETRACT", ""] });
    expect(rows[0]?.["Conversion Name"]).toBe("sale");
    expect((await fetched(shop, "google", key)).text).not.toContain(erased);
  });

  test("takes nothing back that its owner has only named otherwise", async () => {
    const shop = await shopWith([GOOGLE]);
    await called(shop);
    const { key } = await keyOf(shop, "google");
    await fetched(shop, "google", key);
    const document = await documentOf(shop);
    await shop.save({
      ...document,
      goals: [{ name: "order", min_total: 1 }],
      webhooks: [{ ...GOOGLE, conversion_name: "X" }],
    });
    expect(rowsOf((await fetched(shop, "google", key, "&adjustments=1")).text)).toEqual([]);
  });
});

describe("microsoft_ads_csv", () => {
  test("says its zone, has Microsoft's columns, and calls with its click id alone", async () => {
    const shop = await shopWith([MICROSOFT]);
    await called(shop);
    const order = await called(shop, { entities: { msclkid: "f894f652ea334e739002f7167ab8f8e3" } });
    const { key } = await keyOf(shop, "bing");
    const { text } = await fetched(shop, "bing", key);
    const { ts } = await shop.call(order);
    const time = new Date(ts).toISOString().slice(0, 19).replace("T", " ");
    expect(text.split("\n")).toEqual([
      "Parameters:TimeZone=+0000",
      "Microsoft Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency",
      `f894f652ea334e739002f7167ab8f8e3,sale,${time},50,GBP`,
      "",
    ]);
  });

  test("has a second file: what has changed is restated, back again too, and what counts no more is retracted, each as it was told", async () => {
    const shop = await shopWith([MICROSOFT]);
    const click = (n: number) => ({ entities: { msclkid: `f894f652ea334e739002f7167ab8f8e${n}` } });
    const [same, other, gone] = [
      await called(shop, click(1)),
      await called(shop, click(2)),
      await called(shop, click(3)),
    ];
    const { key } = await keyOf(shop, "bing");
    const adjustments = async () => (await fetched(shop, "bing", key, "&adjustments=1")).text;
    const heads = (await adjustments()).trim().split("\n");
    expect(heads).toEqual([
      "Parameters:TimeZone=+0000",
      "Microsoft Click ID,Conversion Name,Conversion Time,Adjustment Value,Adjustment Currency,Adjustment Type,Adjustment Time",
    ]);
    const told = rowsOf((await fetched(shop, "bing", key)).text);
    await amended(shop, same, { source: "another" });
    await amended(shop, other, { total: { value: 80.12345, currency: "GBP" } });
    await amended(shop, gone, { total: { value: 0.1, currency: "GBP" } });
    const rows = rowsOf(await adjustments());
    const kept = ["Microsoft Click ID", "Conversion Name", "Conversion Time"] as const;
    for (const row of rows)
      expect(told).toContainEqual(expect.objectContaining(Object.fromEntries(kept.map((name) => [name, row[name]]))));
    const said = rows.map((row) => [
      row["Microsoft Click ID"]?.at(-1),
      row["Adjustment Type"],
      row["Adjustment Value"],
    ]);
    expect(said.sort()).toEqual([
      ["2", "Restate", "80.123"],
      ["3", "Retract", ""],
    ]);
    const { ts } = await shop.call(other);
    await amended(shop, other, { total: { value: 50, currency: "GBP" }, ts: ts + 2 });
    const [back] = rowsOf(await adjustments()).filter((row) => row["Microsoft Click ID"]?.endsWith("2"));
    expect(back).toMatchObject({ "Adjustment Type": "Restate", "Adjustment Value": "50" });
  });

  test("has no conversion whose click was more than 90 days before", async () => {
    const shop = await shopWith([MICROSOFT], { window_days: 365, retention_days: 365 });
    const msclkid = "f894f652ea334e739002f7167ab8f8e3";
    const late = await called(shop, { entities: { msclkid }, ago: 90 * DAY - 500 });
    expect(await standing(shop, late)).toMatchObject({ state: "not_sent", reason: "too_old" });
    expect((await standing(shop, late)).detail).toBe("the click is older than 90 days");
    const timely = await called(shop, { entities: { msclkid }, ago: 89 * DAY });
    expect(await standing(shop, timely)).toMatchObject({ state: "waiting" });
  });

  test("cannot name a visitor who was erased, and keeps nothing of their click", async () => {
    const shop = await shopWith([MICROSOFT]);
    const order = await called(shop, { entities: { msclkid: "f894f652ea334e739002f7167ab8f8e3" } });
    const { key } = await keyOf(shop, "bing");
    await fetched(shop, "bing", key);
    const { join } = await shop.call(order);
    await shop.admin("DELETE", `/contexts/${join.context_id}`);
    expect(rowsOf((await fetched(shop, "bing", key, "&adjustments=1")).text)).toEqual([]);
    expect(await standing(shop, order)).toMatchObject({ state: "sent" });
  });
});

describe("a file's key", () => {
  test("is this file's own, replaced within a day, and revoked at once", async () => {
    const shop = await shopWith([GOOGLE, MICROSOFT]);
    const [google, bing] = [await keyOf(shop, "google"), await keyOf(shop, "bing")];
    expect((await world.request("GET", google.path)).status).toBe(200);
    expect((await fetched(shop, "google", bing.key)).status).toBe(401);
    expect((await fetched(shop, "google", "")).status).toBe(401);
    const next = await keyOf(shop, "google");
    await world.pass(DAY - 1);
    expect((await fetched(shop, "google", google.key)).status).toBe(200);
    await world.pass(2);
    expect((await fetched(shop, "google", google.key)).status).toBe(401);
    expect((await shop.admin("DELETE", "/webhooks/google/key")).status).toBe(204);
    expect((await fetched(shop, "google", next.key)).status).toBe(401);
    expect((await fetched(shop, "bing", bing.key)).status).toBe(200);
  });

  test("tells nobody which sites and files there are, and opens nothing else", async () => {
    const shop = await shopWith([GOOGLE, { name: "crm", url: "https://crm.example/" }]);
    const { key } = await keyOf(shop, "google");
    const answers = [
      await world.request("GET", `/v1/sites/nobody/conversions/google.csv?key=${key}`),
      await fetched(shop, "nothing", key),
      await fetched(shop, "crm", key),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await shop.admin("POST", "/webhooks/crm/key")).status).toBe(400);
    expect((await world.request("GET", `/v1/sites/${shop.id}/calls`, { token: key })).status).toBe(401);
  });

  test("goes with its webhook, and is in no log and no file of the store", async () => {
    const shop = await shopWith([GOOGLE]);
    const { key } = await keyOf(shop, "google");
    await fetched(shop, "google", key);
    expect(await world.everything()).not.toContain(key);
    const document = await documentOf(shop);
    await shop.save({ ...document, webhooks: [] });
    await shop.save({ ...document, webhooks: [GOOGLE] });
    expect((await fetched(shop, "google", key)).status).toBe(401);
  });
});
