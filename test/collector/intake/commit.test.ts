import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { createCommitter } from "../../../collector/intake/commit";
import type { Write, Written } from "../../../collector/store/intake";
import type { Store } from "../../../collector/store/store";
import type { DueRow } from "../../../collector/store/tables";
import { snapshot, write } from "../store/rows";

/** A store that notes its transactions; `fails` says which batches it refuses. */
function fakeStore(fails: (batch: Write[]) => boolean = () => false, sharded = false) {
  const batches: { writes: number; done: number }[] = [];
  const events: string[] = [];
  const store = {
    sharded,
    async write(batch: Write[], done: DueRow[]): Promise<Written> {
      batches.push({ writes: batch.length, done: done.length });
      events.push("commit");
      if (fails(batch)) throw new Error("refused");
      const due = batch.map((_one, index) => ({
        site: "s",
        kind: "context" as const,
        subject: `c${index}`,
        stamp: "x",
        due_at: 0,
      }));
      return { verdicts: batch.map(() => ({ snapshots: ["accepted"], events: [] })), due };
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
    const fake = fakeStore();
    const open: (() => void)[] = [];
    const { submit, drain } = committer(fake, () => new Promise((resolve) => open.push(resolve)));
    const answers: Promise<unknown>[] = [];
    for (const seq of [1, 2, 3, 4]) {
      answers.push(submit(marked(seq), 100));
      await wait(20);
    }
    expect(fake.batches.map(({ writes }) => writes)).toEqual([1, 1]);
    open.shift()?.();
    await vi.waitFor(() => expect(fake.batches.map(({ writes }) => writes)).toEqual([1, 1, 2]));
    const drained = drain();
    while (open.length > 0) open.shift()?.();
    await Promise.all([...answers, drained]);
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
    const fake = fakeStore(undefined, true);
    const open: (() => void)[] = [];
    const { submit, drain } = committer(fake, () => new Promise((resolve) => open.push(resolve)));
    const answers = Array.from({ length: 10 }, (_, seq) => submit(marked(seq), 100));
    await vi.waitFor(() => expect(open).toHaveLength(8));
    expect(fake.batches.map(({ writes }) => writes)).toEqual(Array(8).fill(1));
    const drained = drain();
    const opening = setInterval(() => open.shift()?.(), 1);
    await Promise.all([...answers, drained]);
    clearInterval(opening);
    expect(fake.batches.filter(({ writes }) => writes > 0)).toHaveLength(10);
    expect(fake.batches.reduce((sum, { done }) => sum + done, 0)).toBe(10);
  });

  it("takes at most 4 MiB into one transaction", async () => {
    const fake = fakeStore();
    const { submit } = committer(fake);
    await Promise.all([1, 2, 3].map((seq) => submit(marked(seq), 3 * 1024 * 1024)));
    expect(fake.batches.map(({ writes }) => writes).slice(0, 3)).toEqual([1, 1, 1]);
  });
});
