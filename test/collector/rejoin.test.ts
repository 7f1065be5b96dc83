import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { sharedCollector } from "./contract/shared";
import { BASE, openShop, type Shop } from "./contract/shop";

const T = Date.now();

describe("calljoin rejoin", () => {
  const collector = sharedCollector();
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(collector.request, collector.adminToken, { ...BASE, vendors: [{ name: "responsetap" }] });
    await shop.post(
      "visitor-1",
      [{ view_id: "v1", session_id: "s1", seq: 0, at: T - 1_000, entities: { rtap: "gbr0-visitor" } }],
      T,
    );
    const event = (id: string, own: string) => ({
      context: { id: own },
      meta: { type: "ecBasketTransactionSummary", ts: T },
      transaction: { id },
    });
    await shop.report("responsetap", event("a", "gbr0-visitor"), event("b", "visitor-1"), event("c", "undefined"));
  });

  /** Beside the running collector, on the same store. */
  const rejoin = (...args: string[]) =>
    promisify(execFile)(process.execPath, ["dist/collector/calljoin.mjs", "rejoin", ...args], {
      env: { ...process.env, ...collector.env },
    });

  it("applies a changed document to history, which a save alone does not", async () => {
    const entity = { name: "rtap", type: "simple", scope: "session", value: "rtap", identifies: "responsetap" };
    const vendors = [{ name: "responsetap", offline_prefixes: ["gbr0"] }];
    await shop.save({ ...BASE, vendors, entities: [entity], goals: [{ name: "any" }] });
    expect((await shop.call("a")).join).toMatchObject({ status: "unmatched", reason: "unknown_context" });

    const { stdout } = await rejoin("--site", shop.id);
    expect(stdout).toMatch(/^3 calls joined again, 3 changed/);
    expect((await shop.call("a")).join).toMatchObject({ status: "matched", rule: "alias", context_id: "visitor-1" });
    expect(await shop.call("b")).toMatchObject({ entities: { rtap: "gbr0-visitor" }, goals: ["any"], version: 2 });
  });

  it("changes nothing when it is run again, and goes on after a call where it is told to", async () => {
    expect((await rejoin("--site", shop.id)).stdout).toMatch(/^3 calls joined again, 0 changed/);
    const ids = (await shop.calls()).map(({ id }) => id).sort();
    expect((await rejoin("--site", shop.id, "--after", ids[1] ?? "")).stdout).toMatch(/^1 calls joined again/);
  });

  it("says so where there is no such site, or none is named", async () => {
    await expect(rejoin("--site", "nowhere")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no site nowhere"),
    });
    const unnamed = expect.stringMatching(new RegExp(`needs --site TRACKING_ID: the sites? (is|are) .*${shop.id}`));
    await expect(rejoin()).rejects.toMatchObject({ code: 1, stderr: unnamed });
  });
});
