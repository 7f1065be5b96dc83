import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createCommitter } from "../../../collector/intake/commit";
import type { Write, Written } from "../../../collector/store/intake";
import type { Store } from "../../../collector/store/store";
import type { DueRow } from "../../../collector/store/tables";
import { eventually } from "../../eventually";
import { snapshot, write } from "../store/rows";

/** A store that notes its transactions; `fails` says which batches it refuses, and each takes until `disk` says so. */
function fakeStore(
  fails: (batch: Write[]) => boolean = () => false,
  sharded = false,
  disk: () => Promise<void> = async () => {},
) {
  const batches: { writes: number; done: number }[] = [];
  const events: string[] = [];
  const store = {
    sharded,
    async write(batch: Write[], done: DueRow[]): Promise<Written[]> {
      batches.push({ writes: batch.length, done: done.length });
      events.push("commit");
      if (batch.length > 0) await disk();
      if (fails(batch)) throw new Error("refused");
      return batch.map(({ snapshots }, index) => ({
        snapshots: snapshots.map(() => "accepted" as const),
        events: [],
        due: [{ site: "s", kind: "context" as const, subject: `c${index}`, stamp: "x", since: 0, due_at: 0 }],
      }));
    },
  };
  return { store: store as unknown as Store, batches, events };
}

function committer(fake: ReturnType<typeof fakeStore>, run: (due: DueRow[]) => Promise<void> = async () => {}) {
  const errors: unknown[] = [];
  const joiner = {
    run: async (due: DueRow[]) => {
      fake.events.push("join");
      await run(due);
    },
    sweep: async () => 0,
  };
  const deps = { store: fake.store, joiner, clock: () => 0, onError: (error: unknown) => errors.push(error) };
  return { ...createCommitter(deps), errors };
}

/** A promise that is settled from outside. */
function held() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

const marked = (seq: number) => write({ snapshots: [snapshot({ seq })] });

describe("group commit", () => {
  it("shares one transaction among those who come together, and joins before it answers", async () => {
    const fake = fakeStore();
    const { submit, drain } = committer(fake);
    const answers = await Promise.all([1, 2, 3].map((seq) => submit(marked(seq), 100)));
    expect(answers).toHaveLength(3);
    expect(fake.batches[0]).toEqual({ writes: 3, done: 0 });
    expect(fake.events.slice(0, 2)).toEqual(["commit", "join"]);
    await drain();
    // What was joined is struck off in a transaction of its own only because nobody came any more.
    expect(fake.batches).toEqual([
      { writes: 3, done: 0 },
      { writes: 0, done: 3 },
    ]);
  });

  it("strikes off what was joined while the last write was under way, though nobody comes any more", async () => {
    const [joins, disk] = [held(), held()];
    const fake = fakeStore(
      (batch) => batch.some(({ snapshots }) => snapshots[0]?.seq === 2),
      false,
      () => (fake.batches.length === 1 ? Promise.resolve() : disk.promise),
    );
    const { submit } = committer(fake, () => joins.promise);
    const joined = submit(marked(1), 100);
    await eventually(() => expect(fake.events).toEqual(["commit", "join"]));
    const refused = submit(marked(2), 100);
    await eventually(() => expect(fake.batches).toHaveLength(2));
    joins.resolve();
    await joined;
    await wait(20);
    disk.resolve();
    await expect(refused).rejects.toMatchObject({ status: 503 });
    await eventually(() => expect(fake.batches.at(-1)).toEqual({ writes: 0, done: 1 }));
  });

  it("lets one bad write cost only itself", async () => {
    const fake = fakeStore((batch) => batch.some(({ snapshots }) => snapshots[0]?.seq === 2));
    const { submit, errors } = committer(fake);
    const answers = await Promise.allSettled([1, 2, 3].map((seq) => submit(marked(seq), 100)));
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(answers[1]).toMatchObject({ reason: { status: 503, extra: { headers: { "Retry-After": "5" } } } });
    expect(errors).toHaveLength(1);
  });

  it("answers although the join fails, and leaves its rows due", async () => {
    const fake = fakeStore();
    const { submit, drain, errors } = committer(fake, async () => {
      throw new Error("no join");
    });
    await expect(submit(marked(1), 100)).resolves.toEqual({ snapshots: ["accepted"], events: [] });
    await drain();
    expect(fake.batches).toEqual([{ writes: 1, done: 0 }]);
    expect(errors).toHaveLength(1);
  });

  it("has the next batch on its way while one is written, and no third", async () => {
    const open: (() => void)[] = [];
    const fake = fakeStore(undefined, false, () => new Promise((resolve) => open.push(resolve)));
    const { submit, drain } = committer(fake);
    const answers: Promise<unknown>[] = [];
    for (const seq of [1, 2, 3, 4]) {
      answers.push(submit(marked(seq), 100));
      await wait(20);
    }
    expect(fake.batches.map(({ writes }) => writes)).toEqual([1, 1]);
    open.shift()?.();
    await eventually(() => expect(fake.batches.map(({ writes }) => writes)).toEqual([1, 1, 2]));
    const drained = drain();
    const opening = setInterval(() => open.shift()?.(), 1);
    await Promise.all([...answers, drained]);
    clearInterval(opening);
    expect(fake.batches.reduce((sum, { done }) => sum + done, 0)).toBe(4);
  });

  it("asks who comes to wait, before more than 32 MiB do", async () => {
    const { submit } = committer(fakeStore());
    const first = submit(marked(1), 31 * 1024 * 1024);
    await expect(submit(marked(2), 2 * 1024 * 1024)).rejects.toMatchObject({ status: 503 });
    await first;
    await expect(submit(marked(3), 2 * 1024 * 1024)).resolves.toBeDefined();
  });

  it("writes each request alone where the database is sharded, eight at a time", async () => {
    const open: (() => void)[] = [];
    const fake = fakeStore(undefined, true, () => new Promise((resolve) => open.push(resolve)));
    const { submit, drain } = committer(fake);
    const answers = Array.from({ length: 10 }, (_, seq) => submit(marked(seq), 100));
    await eventually(() => expect(open).toHaveLength(8));
    expect(fake.batches.map(({ writes }) => writes)).toEqual(Array(8).fill(1));
    const drained = drain();
    const opening = setInterval(() => open.shift()?.(), 1);
    await Promise.all([...answers, drained]);
    clearInterval(opening);
    expect(fake.batches.filter(({ writes }) => writes > 0)).toHaveLength(10);
    expect(fake.batches.reduce((sum, { done }) => sum + done, 0)).toBe(10);
  });

  it("takes at most 100 rows into one transaction, and writes who brings more piece by piece, others in between", async () => {
    const fake = fakeStore();
    const { submit } = committer(fake);
    const many = write({ snapshots: Array.from({ length: 350 }, (_, seq) => snapshot({ seq })) });
    const [verdicts] = await Promise.all([submit(many, 100), wait(0).then(() => submit(marked(1), 100))]);
    expect(verdicts.snapshots).toHaveLength(350);
    expect(fake.batches.filter(({ writes }) => writes > 0).length).toBeGreaterThan(2);
  });

  it("lets nobody wait for another one's joins", async () => {
    const fake = fakeStore();
    let first = true;
    const { submit } = committer(fake, () => {
      const slow = first;
      first = false;
      return slow ? new Promise(() => {}) : Promise.resolve();
    });
    void submit(marked(1), 100);
    await expect(submit(marked(2), 100)).resolves.toBeDefined();
    await expect(submit(marked(3), 100)).resolves.toBeDefined();
  });
});
