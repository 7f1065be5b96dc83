import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, startInProcess } from "../property/running";
import { DAY, event, HOUR, openShop, THEN } from "./shop";

let running: Running;
beforeAll(async () => {
  running = await startInProcess(THEN);
});
afterAll(() => running.stop());

test("a vendor's token goes on for 24 h after the next one was made, and no longer; a restart changes nothing", async () => {
  const site = await openShop(running.request, running.adminToken);
  const make = async () => (await site.admin("POST", "/vendors/infinity/token")).json<{ token: string }>().token;
  const first = await make();
  running.setClock(THEN + 30 * DAY);
  const second = await make();
  const statuses = async (now: number) => {
    running.setClock(now);
    const json = [event({ ts: THEN, transaction: "t1" })];
    const answers = [first, second].map((token) => running.request("POST", `/v1/calls/${site.id}`, { token, json }));
    return (await Promise.all(answers)).map(({ status }) => status);
  };
  expect(await statuses(THEN + 30 * DAY)).toEqual([202, 202]);
  expect(await statuses(THEN + 31 * DAY - HOUR)).toEqual([202, 202]);
  await running.restart();
  expect(await statuses(THEN + 31 * DAY - HOUR)).toEqual([202, 202]);
  expect(await statuses(THEN + 31 * DAY + HOUR)).toEqual([401, 202]);
});
