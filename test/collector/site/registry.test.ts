import { expect, it } from "vitest";
import { createSites } from "../../../collector/site/registry";
import type { Store } from "../../../collector/store/store";

it("goes on with what a site said last while the store does not answer, and with what it says once it does", async () => {
  let now = 0;
  let version = 1;
  let error: Error | null = null;
  const site = async (name: string) => {
    if (error) throw error;
    return name === "shop" ? { site: name, version, saved_at: 0, document: '{"name":"Shop"}' } : null;
  };
  const sites = createSites({ site } as unknown as Store, () => now);
  const current = async (name = "shop") => {
    now += 2_000;
    return (await sites.current(name))?.version;
  };
  expect(await current()).toBe(1);
  error = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  expect(await current()).toBe(1);
  await expect(current("never-asked-for")).rejects.toThrow("refused");
  error = new Error("a fault of ours");
  await expect(current()).rejects.toThrow("a fault of ours");
  error = null;
  version = 2;
  expect(await current()).toBe(2);
  expect(await current("none")).toBeUndefined();
});
