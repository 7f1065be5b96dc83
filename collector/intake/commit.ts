/**
 * Group commit. The requests of a few milliseconds share one transaction. Each request is answered once its rows are on
 * disk and the calls that it touches are joined. A commit costs one wait for the disk, however many rows it writes.
 */
import { noWrites } from "../http/problem";
import type { Joiner } from "../join/joiner";
import type { Verdicts, Write, Written } from "../store/intake";
import type { Store } from "../store/store";
import type { DueRow } from "../store/tables";
import { isUnavailable } from "../unavailable";

/** How long the first request of a batch waits for others. */
const WINDOW_MS = 1;

/** How many batches the store has at a time. While it writes one, the next is already on its way. */
const MAX_UNDER_WAY = 2;

/** The same for a sharded database. It writes each request alone, which takes longer, so more are under way. */
const MAX_ALONE_UNDER_WAY = 8;

/** How many bytes of bodies may wait. Above this, the collector refuses requests (503) before memory grows. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/**
 * The most rows in one transaction, which takes about 10 ms. More would hold up the requests that arrive meanwhile. A
 * bigger request is written piece by piece.
 */
const MAX_ROWS = 100;

export type Committer = ReturnType<typeof createCommitter>;

interface Waiting {
  write: Write;
  committed: (written: Written) => void;
  failed: (error: Error) => void;
}

export interface CommitterDeps {
  store: Store;
  joiner: Joiner;
  clock: () => number;
  onError: (error: unknown) => void;
}

export function createCommitter({ store, joiner, clock, onError }: CommitterDeps) {
  const [maxUnderWay, maxRows] = store.sharded ? [MAX_ALONE_UNDER_WAY, 0] : [MAX_UNDER_WAY, MAX_ROWS];
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let windowIsOpen = false;
  const commits = new Set<Promise<void>>();
  const submissions = new Set<Promise<unknown>>();
  /** Due rows that are joined. The next write removes them, because a separate commit would cost as much as a batch. */
  let done = new Set<DueRow>();

  function openWindow(): void {
    if (windowIsOpen || commits.size >= maxUnderWay) return;
    windowIsOpen = true;
    setTimeout(() => {
      windowIsOpen = false;
      start();
    }, WINDOW_MS);
  }

  function start(): void {
    while (waiting.length > 0 && commits.size < maxUnderWay) track(commit(takeBatch()));
    if (commits.size === 0 && done.size > 0) track(write([]).then(() => {}, onError));
  }

  function track(work: Promise<void>): void {
    commits.add(work);
    work.finally(() => {
      commits.delete(work);
      // Requests that arrived meanwhile have waited long enough. If there are none, nothing else may come to remove the
      // due rows that were joined meanwhile.
      if (waiting.length > 0) start();
      else if (done.size > 0) openWindow();
    });
  }

  /** If it fails, the joined due rows stay in the store. A later sweep joins them again, which changes nothing. */
  function write(batch: Waiting[]): Promise<Written[]> {
    const struck = [...done];
    done = new Set();
    return store.write(
      batch.map((one) => one.write),
      struck,
      clock(),
    );
  }

  function takeBatch(): Waiting[] {
    let rows = 0;
    const end = waiting.findIndex(({ write }, index) => {
      rows += sizeOf(write);
      return index > 0 && rows > maxRows;
    });
    const batch = end < 0 ? waiting : waiting.slice(0, end);
    waiting = waiting.slice(batch.length);
    return batch;
  }

  async function commit(batch: Waiting[]): Promise<void> {
    try {
      const written = await write(batch);
      batch.forEach((one, index) => {
        one.committed(written[index] as Written);
      });
    } catch (error) {
      if (batch.length > 1 && !isUnavailable(error)) {
        // If one row is bad, only its own write may fail. So each write is tried again, alone.
        for (const one of batch) await commit([one]);
      } else {
        onError(error);
        for (const one of batch) one.failed(noWrites());
      }
    }
  }

  /** If a join fails, its rows stay due and a later sweep joins them. The write itself is kept. */
  async function join(due: DueRow[]): Promise<void> {
    if (due.length === 0) return;
    try {
      await joiner.run(due);
      for (const row of due) done.add(row);
      openWindow();
    } catch (error) {
      onError(error);
    }
  }

  async function writePieces(pieces: Write[]): Promise<Verdicts> {
    const verdicts: Verdicts = { snapshots: [], events: [] };
    const joins: Promise<void>[] = [];
    for (const write of pieces) {
      const { snapshots, events, due } = await new Promise<Written>((committed, failed) => {
        waiting.push({ write, committed, failed });
        openWindow();
      });
      verdicts.snapshots.push(...snapshots);
      verdicts.events.push(...events);
      joins.push(join(due));
    }
    await Promise.all(joins);
    return verdicts;
  }

  return {
    /**
     * Resolves when the write is on disk and the calls that it touches are joined. If the store cannot take it, the
     * answer is 503. The pieces that were written before that stay. When they come again, they are duplicates.
     */
    async submit(write: Write, bytes: number): Promise<Verdicts> {
      if (waitingBytes + bytes > MAX_WAITING_BYTES) throw noWrites();
      waitingBytes += bytes;
      const submission = writePieces(inPieces(write));
      submissions.add(submission);
      try {
        return await submission;
      } finally {
        submissions.delete(submission);
        waitingBytes -= bytes;
      }
    },
    /** How many bytes of bodies wait for their commit. */
    waitingBytes: () => waitingBytes,
    /** Resolves when no write is waiting. */
    async drain() {
      while (submissions.size > 0) await Promise.allSettled(submissions);
      while (done.size > 0 || commits.size > 0) {
        start();
        await Promise.all(commits);
      }
    },
  };
}

function sizeOf({ snapshots, events, rejected }: Write): number {
  return snapshots.length + events.length + rejected.length;
}

/** Splits a write into pieces and keeps the order. Each piece has at most `MAX_ROWS` rows of each kind. */
function inPieces(write: Write): Write[] {
  if (sizeOf(write) <= MAX_ROWS) return [write];
  const { snapshots, events, rejected } = write;
  const most = Math.max(snapshots.length, events.length, rejected.length);
  return Array.from({ length: Math.ceil(most / MAX_ROWS) }, (_, n) => {
    const part = <T>(rows: T[]) => rows.slice(n * MAX_ROWS, (n + 1) * MAX_ROWS);
    return { snapshots: part(snapshots), events: part(events), rejected: part(rejected) };
  });
}
