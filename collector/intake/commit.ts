/**
 * Group commit: the requests of a few milliseconds share one transaction, and each is answered after it is on disk.
 * A commit costs one wait for the disk, however much is in it.
 */
import { Problem } from "../http/problem";
import type { Joiner } from "../join/joiner";
import type { Verdicts, Write, Written } from "../store/intake";
import type { Store } from "../store/store";
import type { DueRow } from "../store/tables";
import { isUnavailable } from "../store/unavailable";

/** How long the first request of a batch waits for company. */
const WINDOW_MS = 1;

/** Batches that the store has at a time: while it writes one, the next is on its way, and nobody waits for the other's turn. */
const MAX_UNDER_WAY = 2;

/** Where the database is sharded each request is written alone, which takes longer, and so many are under way. */
const MAX_ALONE_UNDER_WAY = 8;

/** Bytes of bodies that may wait; above it who comes is asked to come again, before memory grows. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** Bodies of one transaction: more would hold up those who come meanwhile. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

export interface Committer {
  /** Resolves when the write is on disk and what it touches is joined. 503 where the store cannot take it. */
  submit(write: Write, bytes: number): Promise<Verdicts>;
  /** Resolves when nothing waits any more. */
  drain(): Promise<void>;
  /** Bytes of bodies that wait for their commit. */
  waitingBytes(): number;
}

interface Waiting {
  write: Write;
  bytes: number;
  done: (verdicts: Verdicts) => void;
  failed: (error: Error) => void;
}

export interface CommitterDeps {
  store: Store;
  joiner: Joiner;
  clock: () => number;
  onError: (error: unknown) => void;
}

export function createCommitter({ store, joiner, clock, onError }: CommitterDeps): Committer {
  const [maxUnderWay, maxBatchBytes] = store.sharded ? [MAX_ALONE_UNDER_WAY, 0] : [MAX_UNDER_WAY, MAX_BATCH_BYTES];
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let windowIsOpen = false;
  const underWay = new Set<Promise<void>>();
  /** Joined, and to be struck off with the next write: a commit of its own would cost as much as the whole batch. */
  let done: DueRow[] = [];

  function openWindow(): void {
    if (windowIsOpen || underWay.size >= maxUnderWay) return;
    windowIsOpen = true;
    setTimeout(() => {
      windowIsOpen = false;
      start();
    }, WINDOW_MS);
  }

  function start(): void {
    while (waiting.length > 0 && underWay.size < maxUnderWay) track(commit(takeBatch()));
    if (underWay.size === 0 && done.length > 0) track(write([]).then(() => {}, onError));
  }

  function track(work: Promise<void>): void {
    underWay.add(work);
    work.finally(() => {
      underWay.delete(work);
      // Who came meanwhile has waited long enough.
      if (waiting.length > 0 || underWay.size === 0) start();
    });
  }

  /** Where it fails, what was to be struck off stays due in the store: a later sweep joins it once more, and changes nothing. */
  function write(batch: Waiting[]): Promise<Written> {
    const struck = done;
    done = [];
    return store.write(
      batch.map((one) => one.write),
      struck,
      clock(),
    );
  }

  function takeBatch(): Waiting[] {
    let bytes = 0;
    const end = waiting.findIndex((one, index) => {
      bytes += one.bytes;
      return index > 0 && bytes > maxBatchBytes;
    });
    const batch = end < 0 ? waiting : waiting.slice(0, end);
    waiting = waiting.slice(batch.length);
    return batch;
  }

  async function commit(batch: Waiting[]): Promise<void> {
    try {
      const written = await write(batch);
      await join(written.due);
      batch.forEach((one, index) => {
        one.done(written.verdicts[index] as Verdicts);
      });
      release(batch);
    } catch (error) {
      if (batch.length > 1 && !isUnavailable(error)) {
        // One bad row must cost only itself: each write again, alone.
        for (const one of batch) await commit([one]);
      } else {
        release(batch);
        onError(error);
        for (const one of batch) one.failed(unavailable());
      }
    }
  }

  /** What fails here stays due, and is joined by a later sweep: the write itself is kept all the same. */
  async function join(due: DueRow[]): Promise<void> {
    try {
      if (due.length > 0) await joiner.run(due);
      done.push(...due);
    } catch (error) {
      onError(error);
    }
  }

  function release(batch: Waiting[]): void {
    for (const { bytes } of batch) waitingBytes -= bytes;
  }

  return {
    submit(write, bytes) {
      if (waitingBytes + bytes > MAX_WAITING_BYTES) return Promise.reject(unavailable());
      waitingBytes += bytes;
      return new Promise((done, failed) => {
        waiting.push({ write, bytes, done, failed });
        openWindow();
      });
    },
    waitingBytes: () => waitingBytes,
    async drain() {
      while (waiting.length > 0 || underWay.size > 0) {
        start();
        await Promise.all(underWay);
      }
    },
  };
}

function unavailable(): Problem {
  return new Problem(503, "the store cannot take writes now; try again", { headers: { "Retry-After": "5" } });
}
