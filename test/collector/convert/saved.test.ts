/** Destinations in a site document. */
import { describe, expect, test } from "vitest";
import { status } from "../forward/receiver";
import { called, documentOf, receiver, shopWith, startEach, world } from "./world";

startEach();

const FILE = { name: "google", format: "google_ads_csv" };

describe("what is saved", () => {
  test.each([
    ["Google without its account", { format: "google_data_manager", conversion_action: "1" }, "webhooks.0.account_id"],
    ["an account with hyphens", { format: "google_data_manager", account_id: "123-456-7890" }, "webhooks.0.account_id"],
    ["Meta without its dataset", { format: "meta_capi" }, "webhooks.0.pixel_id"],
    [
      "a parameter that no platform has",
      { format: "meta_capi", pixel_id: "1", parameters: [{ name: "visit", value: "id" }] },
      "webhooks.0.parameters.0.name",
    ],
    ["a path as a secret's file", { ...FILE, api_secret_file: "../admin-token" }, "webhooks.0.api_secret_file"],
    ["a file of too many days", { ...FILE, days: 91 }, "webhooks.0.days"],
  ])("%s is refused, with its place", async (_name, webhook, path) => {
    const shop = await shopWith([]);
    const document = await documentOf(shop);
    const answer = await shop.save({ ...document, webhooks: [{ name: "ads", ...webhook }] });
    expect(answer.status).toBe(400);
    expect(answer.json<{ errors: { path: string }[] }>().errors.map((error) => error.path)).toContain(path);
  });

  test("a goal's value without its currency is refused; a destination of a site without goals is warned of", async () => {
    const shop = await shopWith([]);
    const document = await documentOf(shop);
    const refused = await shop.save({ ...document, goals: [{ name: "call", value: 5 }] });
    expect(refused.json()).toMatchObject({ errors: [{ path: "goals.0.currency" }] });
    const warned = await shop.save({ ...document, goals: [], webhooks: [FILE] });
    expect(warned.json<{ warnings: { path: string }[] }>().warnings.map(({ path }) => path)).toContain(
      "webhooks.0.format",
    );
  });

  test("a receiver that is gone is switched off, and a platform, too", async () => {
    const started = await receiver();
    started.behave(status(410));
    const webhook = { name: "meta", format: "meta_capi", url: started.url, pixel_id: "1", api_secret: "x" };
    const shop = await shopWith([webhook]);
    await called(shop, { entities: { fbclid: "f" } });
    await world.send();
    expect((await shop.admin("GET", "")).json<{ webhooks: { off?: string }[] }>().webhooks[0]?.off).toContain("410");
  });
});
