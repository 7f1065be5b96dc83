/**
 * Decides which calls are joined next. Calls are joined in short steps, and the requests that wait for them take turns.
 * So a request with thousands of calls does not hold up a request with one.
 */
import { setImmediate as others } from "node:timers/promises";
import { isUnavailable } from "../unavailable";

interface Waiting<T> {
  name: string;
  item: T;
  ended: Promise<void>;
  done: () => void;
  failed: (error: unknown) => void;
  /** True once a step with this item has failed. This item may be the cause, so its next step has no other item. */
  alone: boolean;
}

interface Turn<T> {
  items: Waiting<T>[];
  at: number;
  /** How many of its items steps have taken. */
  had: number;
}

/**
 * `step` does one step. It calls `next` for one item after another until it has enough or there are no more. Then it
 * does all of them or none. A step gets its items in the order of their names. `lanes` is how many steps run at a time.
 */
export function createTurns<T>(step: (next: () => T | null) => Promise<void>, lanes: number) {
  /** The items that no step has begun yet. Requests that wait for the same item share one entry. */
  const waiting = new Map<string, Waiting<T>>();
  let turns: Turn<T>[] = [];
  let running = 0;

  /** A turn's next item that no step has begun. */
  function headOf(turn: Turn<T>): Waiting<T> | undefined {
    while (turn.at < turn.items.length) {
      const head = turn.items[turn.at] as Waiting<T>;
      if (waiting.get(head.name) === head) return head;
      turn.at += 1;
    }
    return undefined;
  }

  /**
   * A step begins with an item of the turn that has had the fewest. It continues with the items that follow in the
   * order of names, whichever turn they belong to. That order keeps two steps from waiting for each other's locks.
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
      // Lets requests that arrived during this step join the queue before the next one.
      await others();
    }
    running -= 1;
  }

  async function stepFrom(first: Waiting<T>): Promise<void> {
    // The first item belongs to this step even if the step fails before it asks, because its transaction did not begin.
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
      // If one item cannot be done, only that item may fail. So each one is tried again, alone.
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
    /** Resolves when steps that began after this call have done all items. Rejects if one of these steps fails. */
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
