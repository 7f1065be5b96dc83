/**
 * Who joins, and when: calls are joined in short steps, and those who wait for theirs take turns, so that one who brought thousands holds up
 * nobody who brought one.
 */
import { setImmediate as others } from "node:timers/promises";
import { isUnavailable } from "../unavailable";

interface Waiting<T> {
  name: string;
  item: T;
  ended: Promise<void>;
  done: () => void;
  failed: (error: unknown) => void;
  /** True once it was in a step that failed: it may have been the one that cannot be done. */
  alone: boolean;
}

interface Turn<T> {
  items: Waiting<T>[];
  at: number;
  /** Items of it that were taken. */
  had: number;
}

/**
 * `step` does one step: it asks `next` for an item again and again, until it has had enough or there is none, and does them all or none.
 * What one step gets comes in the order of its names. `lanes`: steps that run at a time.
 */
export function createTurns<T>(step: (next: () => T | null) => Promise<void>, lanes: number) {
  /** What nobody has begun yet; who waits for the same waits together. */
  const waiting = new Map<string, Waiting<T>>();
  let turns: Turn<T>[] = [];
  let running = 0;

  /** A turn's next one that nobody has begun. */
  function headOf(turn: Turn<T>): Waiting<T> | undefined {
    while (turn.at < turn.items.length) {
      const head = turn.items[turn.at] as Waiting<T>;
      if (waiting.get(head.name) === head) return head;
      turn.at += 1;
    }
    return undefined;
  }

  /**
   * A step begins with whoever has had the fewest, and goes on with what comes after in the order of names, whoever's it is: steps that lock
   * what they do cannot wait for each other then.
   */
  function takeNext(after: Waiting<T> | null): Waiting<T> | null {
    if (after?.alone) return null;
    turns = turns.filter((turn) => headOf(turn) !== undefined);
    const least = after ? Number.POSITIVE_INFINITY : Math.min(...turns.map(({ had }) => had));
    let next: { head: Waiting<T>; turn: Turn<T> } | null = null;
    for (const turn of turns) {
      const head = headOf(turn) as Waiting<T>;
      if (turn.had > least || (after && (head.alone || head.name <= after.name))) continue;
      if (!next || head.name < next.head.name) next = { head, turn };
    }
    if (!next) return null;
    waiting.delete(next.head.name);
    next.turn.had += 1;
    return next.head;
  }

  async function run(): Promise<void> {
    running += 1;
    for (let first = takeNext(null); first; first = takeNext(null)) {
      await stepFrom(first);
      // Whoever came meanwhile is heard before the next step.
      await others();
    }
    running -= 1;
  }

  async function stepFrom(first: Waiting<T>): Promise<void> {
    // The first is this step's even where it fails before it asks: a transaction that could not be begun.
    const taken = [first];
    let hasAsked = false;
    try {
      await step(() => {
        const next = hasAsked ? takeNext(taken.at(-1) ?? null) : first;
        if (next && hasAsked) taken.push(next);
        hasAsked = true;
        return next?.item ?? null;
      });
      for (const { done } of taken) done();
    } catch (error) {
      // One that cannot be done must cost only itself: each again, alone.
      if (taken.length > 1 && !isUnavailable(error)) taken.forEach(again);
      else for (const { failed } of taken) failed(error);
    }
  }

  function again(one: Waiting<T>): void {
    one.alone = true;
    const newer = waiting.get(one.name);
    if (newer) newer.ended.then(one.done, one.failed);
    else begin([one]);
  }

  function begin(some: Waiting<T>[]): void {
    for (const one of some) waiting.set(one.name, one);
    turns.push({ items: some, at: 0, had: 0 });
    if (running < lanes) void run();
  }

  return {
    /** Resolves when each of these was done by a step that began after this was called; rejects where a step fails. */
    async take(items: { name: string; item: T }[]): Promise<void> {
      const all = items.map(({ name, item }) => waiting.get(name) ?? waitFor(name, item));
      if (all.length > 0) begin(all);
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}

function waitFor<T>(name: string, item: T): Waiting<T> {
  let done = () => {};
  let failed: Waiting<T>["failed"] = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    done = resolve;
    failed = reject;
  });
  return { name, item, ended, done, failed, alone: false };
}
