/** docs/webhooks.md, tried: its document is saved, its lines are typed, its receiver is run. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../eventually";
import { freePort } from "../contract/process";
import { sharedCollector } from "../contract/shared";
import { driveShop, event, newContext, type Shop, view } from "../contract/shop";
import { blocksOf } from "./markdown";

const blocks = blocksOf("docs/webhooks.md");
const jsons = blocks.filter(({ language }) => language === "json").map(({ text }) => JSON.parse(text));
const [test = "", secret = "", look = "", again = ""] = blocks
  .filter(({ language }) => language === "sh")
  .map(({ text }) => text);

const collector = sharedCollector();
let shop: Shop;
let receiver: ChildProcess;
let said = "";

/** Types lines into a shell that knows where the collector is. */
async function type(lines: string): Promise<string> {
  const env = { ...process.env, CALLJOIN: collector.origin, ADMIN: `Authorization: Bearer ${collector.adminToken}` };
  return (await promisify(execFile)("bash", ["-ec", lines], { env })).stdout;
}

beforeAll(async () => {
  shop = driveShop(collector.request, collector.adminToken, "my-shop");
  const port = await freePort();
  const entities = [{ name: "crm_visit", type: "simple", scope: "session", value: "crmVisit" }];
  const webhooks = jsons[0].webhooks.map((webhook: object) => ({ ...webhook, url: `http://127.0.0.1:${port}/calls` }));
  const saved = await shop.save({ name: "My shop", entities, vendors: [{ name: "infinity" }], webhooks });
  expect([saved.status, saved.text]).toEqual([201, expect.any(String)]);
  const made = JSON.parse(await type(secret));
  const env = { ...process.env, PORT: String(port), CALLJOIN_WEBHOOK_SECRET: made.secret };
  receiver = spawn(process.execPath, ["examples/crm/receiver.mjs"], { env });
  receiver.stdout?.on("data", (chunk) => {
    said += chunk;
  });
  await eventually(() => fetch(`http://127.0.0.1:${port}/`));
});

afterAll(async () => {
  receiver.kill();
  await once(receiver, "exit");
});

const told = () => said.split("\n").flatMap((line) => /the CRM was told {2}(.*)/.exec(line)?.[1] ?? []);

it("sends what the page says that it sends, signed, to the receiver that it names", async () => {
  const id = newContext();
  const now = Date.now();
  await shop.post(id, [view("v1", now - 1_000, { entities: { crm_visit: "v-81" }, view: { url: jsons[1].page } })]);
  await shop.report(
    "infinity",
    event({ id, ts: now, transaction: "order-1", total: { value: 9.99, currency: "GBP" } }),
  );
  await eventually(() => expect(told()).toHaveLength(1));
  expect(JSON.parse(told()[0] ?? "")).toEqual({ ...jsons[1], call_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(said).not.toContain('1,"GBP"');
});

it("tries it out, shows what was sent, and sends it again", async () => {
  expect(JSON.parse(await type(test))).toMatchObject({ status: 204 });
  expect(JSON.parse(await type(look)).deliveries).toEqual([]);
  const before = told().length;
  const replayed = (await type(again)).match(/\{[^}]*\}/g) ?? [];
  expect(replayed.map((text) => JSON.parse(text))).toEqual([{ replayed: 1 }, { replayed: 0 }]);
  await eventually(() => expect(told()).toHaveLength(before + 1));
});

it("the webhook of Google Analytics is one that is saved", async () => {
  const entities = ["ga_client_id", "ga_session_id"].map((name) => ({
    name,
    type: "simple",
    scope: "session",
    value: name,
  }));
  const saved = await shop.save({ name: "My shop", entities, webhooks: [jsons[2]] });
  expect([saved.status, saved.text]).toEqual([200, expect.any(String)]);
});
