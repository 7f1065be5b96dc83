import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Collector, runToEnd, startCollector } from "./process";
import { event, MINUTE, newContext, openShop, type Shop, THEN, view } from "./shop";

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.stop());

const env = () => ({ CALLJOIN_DATA: collector.data, CALLJOIN_ADMIN_TOKEN: collector.adminToken });
const rejoin = (site: Shop, ...more: string[]) => runToEnd(["rejoin", "--site", site.id, ...more], env());
const vendor = (more: object = {}) => ({
  name: "Shoes",
  vendors: [{ name: "rail", adapter: "callrail", ...more }],
});

let calls = 0;

/** A visitor, and a call of theirs whose vendor says the context_id in a field that nobody reads yet. */
async function unread(site: Shop, { visits = true } = {}) {
  const contextId = newContext();
  if (visits) await site.post(contextId, [view("v1", THEN - MINUTE)]);
  const id = `CAL${++calls}`;
  const payload = { resource_id: id, start_time: new Date(THEN).toISOString(), session: { calljoin: contextId } };
  const post = async () =>
    collector.request("POST", `/v1/calls/${site.id}/rail`, { token: await site.token("rail"), json: payload });
  expect((await post()).json()).toMatchObject({ accepted: 1 });
  return { contextId, id, post };
}

describe("calljoin rejoin, reading raw bodies anew", () => {
  test("mends calls whose context_id was looked for in the wrong place, and a repeat is still one", async () => {
    const site = await openShop(collector.request, collector.adminToken, vendor());
    const { contextId, id, post } = await unread(site);
    expect((await site.call(id)).join).toMatchObject({ status: "unusable", reason: "no_id" });
    await site.save(vendor({ context_id_from: "session.calljoin" }));

    const tried = await rejoin(site, "--dry-run");
    expect([tried.code, tried.output]).toEqual([
      0,
      "1 calls read, 1 would change\n  unusable/no_id → matched/context_id: 1\n",
    ]);
    expect((await site.call(id)).join).toMatchObject({ status: "unusable", reason: "no_id" });

    const { code, output } = await rejoin(site);
    expect([code, output]).toEqual([0, "1 calls joined again, 1 changed\n  unusable/no_id → matched/context_id: 1\n"]);
    expect((await site.call(id)).join).toMatchObject({ status: "matched", context_id: contextId, late: true });
    expect((await post()).json()).toMatchObject({ accepted: 0, duplicate: 1 });
    expect((await rejoin(site)).output).toBe("1 calls joined again, 0 changed\n");
  });

  test("makes another call of one whose type is another now, and leaves none behind", async () => {
    const site = await openShop(collector.request, collector.adminToken, vendor());
    const { id } = await unread(site);
    const before = await site.call(id);
    await site.save(vendor({ type: "fiBasketTransactionSummary", context_id_from: "session.calljoin" }));
    expect((await rejoin(site)).output).toContain("unusable/no_id → another call: 1");
    const after = await site.call(id);
    expect(after).toMatchObject({ type: "fiBasketTransactionSummary", join: { status: "matched" }, version: 1 });
    expect(after.id).not.toBe(before.id);
    expect((await site.admin("GET", `/calls/${before.id}`)).status).toBe(404);
  });

  test("leaves erased calls alone, and erases a call that turns out to be an erased visitor's", async () => {
    const site = await openShop(collector.request, collector.adminToken, vendor());
    const known = newContext();
    await site.report("rail", event({ id: known, ts: THEN, transaction: "of-known" }));
    await site.admin("DELETE", `/contexts/${known}`);
    const erased = { status: "unmatched", reason: "erased", context_id: null };
    const before = await site.call("of-known");
    expect(before.join).toMatchObject(erased);
    await site.save(vendor({ context_id_from: "session.calljoin", type: "trPackageTransactionSummary" }));
    await rejoin(site);
    expect(await site.call("of-known")).toEqual(before);
  });

  test("takes out of refusals, too, what the document does not let be kept any more", async () => {
    const caller = "+442079460000";
    const listed = { name: "basket", type: "simple", scope: "session", value: "basket" };
    const document = { vendors: [{ name: "rail", adapter: "qprotocol" }], keep_caller: "full" };
    const site = await openShop(collector.request, collector.adminToken, {
      ...document,
      entities: [listed, { ...listed, name: "email", value: "email" }],
    });
    await site.report("rail", { ...event({ ts: "never", transaction: "r1" }), call: { caller } });
    const contextId = newContext();
    const seen = view("v1", THEN, { entities: { basket: 1, email: "ada@shop.example" } });
    await site.post(contextId, [seen]);
    expect(await site.post(contextId, [{ ...seen, at: THEN + 1 }])).toMatchObject({
      rejected: [{ reason: "conflict" }],
    });
    const refused = async () => (await site.admin("GET", "/rejected")).text;
    expect(await refused()).toContain(caller);
    expect(await refused()).toContain("ada@shop.example");
    await site.save({ name: "Shoes", ...document, keep_caller: "none", entities: [listed] });

    const tried = await rejoin(site, "--dry-run");
    expect(tried.output).toContain("refused events → kept with less: 2");
    expect(await refused()).toContain(caller);
    expect((await rejoin(site)).output).toContain("refused events → kept with less: 2");
    const left = await refused();
    for (const gone of [caller, "442079460000", "ada@shop.example"]) expect(left).not.toContain(gone);
    expect(
      JSON.parse(left)
        .rejected.map(({ reason }: { reason: string }) => reason)
        .sort(),
    ).toEqual(["conflict", "invalid"]);
    expect(left).toContain('"basket":1');
    expect((await rejoin(site)).output).not.toContain("refused events");
  }, 60_000);

  test("is stopped by Ctrl+C after a whole step, says where to go on, and goes on there", {
    tags: ["long"],
    timeout: 300_000,
  }, async () => {
    const site = await openShop(collector.request, collector.adminToken, {
      name: "Shoes",
      vendors: [{ name: "many" }],
    });
    const batch = Array.from({ length: 3_000 }, (_, n) => event({ ts: THEN, transaction: `many-${n}` }));
    await site.report("many", ...batch);
    const child = spawn(process.execPath, ["dist/collector/calljoin.mjs", "rejoin", "--site", site.id], {
      env: { ...process.env, ...env() },
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stdout.once("data", () => child.kill("SIGINT"));
    expect(await once(child, "close")).toEqual([130, null]);
    const [, done, share, last] =
      /(\d+) calls joined again, 0 changed \((\d+) % of all\); resume with --after (\w+)\n$/.exec(output) ?? [];
    expect(Number(done)).toBeLessThan(3_000);
    expect(Math.abs(Number(share) - Number(done) / 30)).toBeLessThan(10);
    const rest = await rejoin(site, "--after", last ?? "");
    expect(rest.output).toMatch(new RegExp(`\\n?${3_000 - Number(done)} calls joined again, 0 changed\\n$`));
  });

  test("asks for the site by a message that says which there are", async () => {
    const site = await openShop(collector.request, collector.adminToken, {});
    for (const command of [["rejoin"], ["rejoin", "--site", "nobodys-shop"]]) {
      const { code, output } = await runToEnd(command, env());
      expect([code, output]).toEqual([1, expect.stringMatching(new RegExp(`(site is|sites are) .*\\b${site.id}\\b`))]);
    }
  });
});
