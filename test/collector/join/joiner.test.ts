import { expect, test } from "vitest";
import { createJoiner } from "../../../collector/join/joiner";
import type { JoinTx } from "../../../collector/store/joins";
import type { Store } from "../../../collector/store/store";
import type { DueRow } from "../../../collector/store/tables";

const due = (subject: string): DueRow => ({
  site: "shop",
  kind: "call",
  subject,
  stamp: "one-write",
  since: 0,
  due_at: 0,
});

/** A store that only has due rows, and whose joins wait until they are let go on. */
function slowStore(rows: DueRow[]) {
  const joined: string[] = [];
  const struck: string[] = [];
  let goOn = () => {};
  const waits = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const tx: Partial<JoinTx> = {
    async lockEvents(_site, callId) {
      joined.push(callId);
      return [];
    },
    document: async () => null,
  };
  const store: Partial<Store> = {
    engine: "postgres",
    sharded: false,
    claimDue: async (_until, _limit, _lease, isLeft = () => true) =>
      rows.filter((row) => isLeft(row) && !struck.includes(row.subject)),
    async joining(work) {
      const result = await work(tx as JoinTx);
      await waits;
      return result;
    },
    async write(_writes, gone) {
      struck.push(...gone.map(({ subject }) => subject));
      return [];
    },
  };
  return { store: store as Store, joined, struck, goOn };
}

test("a sweep leaves alone what is being joined already, however long that takes, and joins the rest", async () => {
  const { store, joined, struck, goOn } = slowStore([due("mine"), due("left-behind")]);
  const log = { info: () => undefined };
  const joiner = createJoiner({ store, clock: Date.now, log, wake: () => undefined });
  const run = joiner.run([due("mine")]);
  const swept = joiner.sweep();
  await new Promise((resolve) => setTimeout(resolve, 20));
  goOn();
  await run;
  expect(await swept).toBe(1);
  expect(joined).toEqual(["mine", "left-behind"]);
  expect(struck).toEqual(["left-behind"]);
});
