/** Google Analytics as one of the destinations. */
import { describe, expect, test } from "vitest";
import { called, ENTITIES, receiver, standing, startEach, world } from "./world";

const HOUR = 3_600_000;

startEach();

describe("Google Analytics", () => {
  const entities = ["client", "session"].map((name) => ({ name, type: "simple", scope: "session", value: name }));
  const parameters = [
    { name: "client_id", value: "entities.client" },
    { name: "session_id", value: "entities.session" },
  ];
  const ga4 = async () => ({
    name: "ga4",
    format: "ga4",
    url: (await receiver()).url,
    measurement_id: "G-TEST",
    api_secret: "secret",
    parameters,
  });
  const session = (ago: number) => Math.floor((world.now() - ago) / 1_000);

  test("is one of the destinations: what it cannot count is not sent, and says why", async () => {
    const shop = await world.shop({ entities, webhooks: [await ga4()] });
    const good = await called(shop, { entities: { client: "1.2", session: session(HOUR) } });
    const bare = await called(shop, { entities: { client: "1.2" } });
    const stale = await called(shop, { entities: { client: "1.2", session: session(25 * HOUR) } });
    const old = await called(shop, { entities: { client: "1.2", session: 99 }, ago: 73 * HOUR });
    await world.send();
    expect(await standing(shop, good)).toMatchObject({ state: "sent" });
    expect(await standing(shop, bare)).toMatchObject({ state: "not_sent", reason: "no_click_id" });
    expect(await standing(shop, stale)).toMatchObject({ state: "not_sent", reason: "too_old" });
    expect((await standing(shop, stale)).detail).toContain("24 hours");
    expect(await standing(shop, old)).toMatchObject({ state: "not_sent", reason: "too_old" });
  });

  test("is told the consent that the page has told", async () => {
    const webhook = await ga4();
    const shop = await world.shop({ entities: [...entities, ...ENTITIES], webhooks: [webhook] });
    await called(shop, {
      entities: { client: "1.2", session: 99, ad_user_data: "granted", ad_personalization: "denied" },
    });
    await world.send();
    const [delivery] = await world.deliveries(shop);
    const { body } = (delivery?.attempts[0]?.request ?? {}) as { body: string };
    expect(JSON.parse(body).consent).toEqual({ ad_user_data: "GRANTED", ad_personalization: "DENIED" });
  });
});
