/** Platforms' credentials in files of the operator's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { readConfig } from "../../../collector/config";
import { META_TOKEN, type Meta, startMeta } from "./meta";
import { called, shopWith, standing, startEach, world } from "./world";

const folder = mkdtempSync(join(tmpdir(), "calljoin-secrets-"));
writeFileSync(join(folder, "meta-token"), `${META_TOKEN}\n`);
afterAll(() => rmSync(folder, { recursive: true }));

let meta: Meta;
startEach(folder);
beforeEach(async () => {
  meta = await startMeta(() => world.now());
});
afterEach(() => meta.stop());

const shopOf = (api_secret_file: string) =>
  shopWith([{ name: "meta", format: "meta_capi", url: meta.receiver.url, pixel_id: "1", api_secret_file }]);

test("a file in the operator's folder holds the credential, and the site document its name alone", async () => {
  const shop = await shopOf("meta-token");
  const order = await called(shop, { entities: { fbclid: "f" } });
  await world.send();
  expect(await standing(shop, order)).toMatchObject({ state: "sent" });
  const shown = (await shop.admin("GET", "")).text + JSON.stringify(await world.deliveries(shop));
  expect(shown).not.toContain(META_TOKEN);
  expect(await world.everything()).not.toContain(META_TOKEN);
});

test("a file that is not there is named, and nothing is sent", async () => {
  const shop = await shopOf("other");
  await called(shop, { entities: { fbclid: "f" } });
  await world.send();
  const [delivery] = await world.deliveries(shop);
  const error = "there is no file other in CALLJOIN_SECRETS that can be read";
  expect(delivery?.attempts[0]).toMatchObject({ status: null, error });
  expect(meta.receiver.received).toEqual([]);
});

test("a folder that is not there stops the start", () => {
  expect(readConfig({ CALLJOIN_SECRETS: folder }).secretsFolder).toBe(folder);
  expect(() => readConfig({ CALLJOIN_SECRETS: join(folder, "nothing") })).toThrow("CALLJOIN_SECRETS");
});
