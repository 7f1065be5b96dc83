/** The part of the stores' suite that is about what comes at one moment. */
import { describe, expect, it } from "vitest";
import type { Store } from "../../../collector/store/store";
import type { DueRow } from "../../../collector/store/tables";
import { CONTEXT, dueOf, event, SITE, snapshot, write } from "./rows";

const NOW = 2_000_000;
const ALIAS = "gbr01";

/** `opened` answers the store of the test that runs. */
export function describeTogether(opened: () => { store: Store }): void {
  const identifying = () =>
    opened().store.saveSite({ site: SITE, document: "{}", identifying: ["rtap"], secrets: [], at: NOW });
  /** Calls under one alias, more than are joined without a look at who has shown it, and than one step of an erasure takes. */
  const events = Array.from({ length: 21 }, (_, n) =>
    event({ call_id: `call-${n}`, own_id: ALIAS, ts: 1_001_000 + n }),
  );
  const ids = events.map(({ call_id }) => call_id).sort();
  const showing = (context_id: string) => snapshot({ context_id, entities: JSON.stringify({ rtap: ALIAS }) });

  it("has those calls joined again that a vendor's repeat, during an erasure, shows to be the visitor's", async () => {
    const { store } = opened();
    await identifying();
    await store.write([write({ snapshots: [showing(CONTEXT)], events })], [], NOW);
    await store.beginErasing(SITE, CONTEXT, NOW);
    const { calls } = await store.findCalls(SITE, CONTEXT, ALIAS, "", NOW);
    const repeat = await store.write([write({ events })], [], NOW);
    expect(repeat[0]?.events).toEqual(events.map(() => "duplicate"));
    expect([...calls, ...dueOf(repeat).map(({ subject }) => subject)].sort()).toEqual(ids);
  });

  describe.each([
    ["one write", 1],
    ["two writes", 2],
  ])("two contexts that make an alias nobody's, in %s", (_name, writes) => {
    it("have its calls joined again, by one of them at least, and those after them do not", async () => {
      const { store } = opened();
      await identifying();
      await store.write([write({ events })], [], NOW);
      let contexts = 0;
      const show = async (count: number): Promise<DueRow[]> => {
        const snapshots = Array.from({ length: count }, () => showing(`context-${100 + ++contexts}`));
        return dueOf(await store.write([write({ snapshots })], [], NOW));
      };
      const touched = async (due: DueRow[]) => {
        const calls = due.filter(({ kind }) => kind === "call").map(({ subject }) => subject);
        // By collectors that do not know of each other.
        const each = due.filter(({ kind }) => kind === "context").map((context) => store.callsTouchedBy([context]));
        return [...new Set([...calls, ...(await Promise.all(each)).flat().map(({ call_id }) => call_id)])].sort();
      };
      const strikeOff = (due: DueRow[]) => store.write([], due, NOW);

      await strikeOff(await show(10));
      const due = (await Promise.all(Array.from({ length: writes }, () => show(2 / writes)))).flat();
      expect(await touched(due)).toEqual(ids);
      await strikeOff(due);
      expect(await touched(await show(2))).toEqual([]);
    });
  });
}
