/**
 * Group commit: the requests of a few milliseconds share one transaction, and each is answered after it is on disk and what it touches is
 * joined. A commit costs one wait for the disk, however much is in it.
 */
import { noWrites } from "../http/problem";
import type { Joiner } from "../join/joiner";
import type { Verdicts, Write, Written } from "../store/intake";
import type { Store } from "../store/store";
import type { DueRow } from "../store/tables";
import { isUnavailable } from "../unavailable";

/** How long the first request of a batch waits for company. */
const WINDOW_MS = 1;

/** Batches that the store has at a time: while it writes one, the next is on its way, and nobody waits for the other's turn. */
const MAX_UNDER_WAY = 2;

/** Where the database is sharded each request is written alone, which takes longer, and so many are under way. */
const MAX_ALONE_UNDER_WAY = 8;

/** Bytes of bodies that may wait; above it who comes is asked to come again, before memory grows. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** Rows of one transaction, some 10 ms: more would hold up those who come meanwhile. Who brings more is written piece by piece. */
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
  /** Joined, and to be struck off with the next write: a commit of its own would cost as much as the whole batch. */
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
      // Who came meanwhile has waited long enough. What was joined meanwhile may be the last there is: nobody else would strike it off.
      if (waiting.length > 0) start();
      else if (done.size > 0) openWindow();
    });
  }

  /** Where it fails, what was to be struck off stays due in the store: a later sweep joins it once more, and changes nothing. */
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
        // One bad row must cost only itself: each write again, alone.
        for (const one of batch) await commit([one]);
      } else {
        onError(error);
        for (const one of batch) one.failed(noWrites());
      }
    }
  }

  /** What fails here stays due, and is joined by a later sweep: the write itself is kept all the same. */
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
     * Resolves when the write is on disk and what it touches is joined. 503 where the store cannot take it; what was written of it before
     * stays, and is a duplicate when it comes again.
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
    /** Bytes of bodies that wait for their commit. */
    waitingBytes: () => waitingBytes,
    /** Resolves when nothing waits any more. */
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

/** A write as some of at most `MAX_ROWS` rows, in their order. */
function inPieces(write: Write): Write[] {
  if (sizeOf(write) <= MAX_ROWS) return [write];
  const { snapshots, events, rejected } = write;
  const most = Math.max(snapshots.length, events.length, rejected.length);
  return Array.from({ length: Math.ceil(most / MAX_ROWS) }, (_, n) => {
    const part = <T>(rows: T[]) => rows.slice(n * MAX_ROWS, (n + 1) * MAX_ROWS);
    return { snapshots: part(snapshots), events: part(events), rejected: part(rejected) };
  });
}
