/**
 * The embedded store in a thread of its own. SQLite waits for the disk there and joins read from it, while this thread
 * keeps answering requests. Each call is one question to the thread, however many queries it takes there.
 */
import { Worker } from "node:worker_threads";
import type { Joiner, JoinerDeps } from "../join/joiner";
import type { Store } from "../store/store";
import { type Question, type Said, WRITE } from "./messages";

export interface StoreThread {
  /** Everything except `joining`, because joins are made where the store is. */
  store: Store;
  /** What was done to the store when it was opened, for the log. */
  notes: string[];
  /** The joiner that runs in the thread. */
  joiner(deps: Omit<JoinerDeps, "store" | "clock">): Joiner;
}

/**
 * Starts the thread on the SQLite file in a folder. `script` is the thread's built file. Rejects if the file cannot be
 * opened. `onDeath` is called if the thread ends without having been asked to. A new process must then continue its
 * work.
 */
export async function openStoreThread(
  folder: string,
  script: URL,
  onDeath: (error: Error) => void,
): Promise<StoreThread> {
  // The thread's rows live for one batch only. A young generation of the usual size would just be memory that is not
  // used yet.
  const worker = new Worker(script, { workerData: { folder }, resourceLimits: { maxYoungGenerationSizeMb: 12 } });
  const asked = new Map<number, { done: (result: unknown) => void; failed: (error: Error) => void }>();
  let hooks: Omit<JoinerDeps, "store" | "clock"> | null = null;
  let last = 0;
  let ended: Error | null = null;
  let closing = false;

  function ask(door: string, args: unknown[]): Promise<unknown> {
    if (ended) return Promise.reject(ended);
    closing ||= door === "store.close";
    last += 1;
    const question: Question = { id: last, door, args: door === WRITE ? JSON.stringify(args) : args };
    return new Promise((done, failed) => {
      asked.set(question.id, { done, failed });
      worker.postMessage(question);
    });
  }

  function hear(said: Said): void {
    if (said.kind === "log") hooks?.log.info(said.line, said.message);
    else if (said.kind === "joined") hooks?.joined?.(said.status, said.reason);
    else if (said.kind === "wake") hooks?.wake();
    else if (said.kind !== "open") {
      const question = asked.get(said.id);
      asked.delete(said.id);
      if (said.kind === "done") question?.done(said.result);
      else question?.failed(Object.assign(new Error(said.message), { code: said.code }));
    }
  }

  const opened = await new Promise<Extract<Said, { kind: "open" }>>((resolve, reject) => {
    worker.on("message", (said: Said) => (said.kind === "open" ? resolve(said) : hear(said)));
    worker.once("error", reject);
  });
  const end = (error: Error) => {
    if (ended) return;
    ended = error;
    for (const { failed } of asked.values()) failed(error);
    if (!closing) onDeath(error);
  };
  worker.on("error", end).on("exit", () => end(new Error("the store is closed")));

  const room = (name: string) =>
    Object.fromEntries(
      opened.doors
        .filter((door) => door.startsWith(`${name}.`))
        .map((door) => [door.slice(name.length + 1), (...args: unknown[]) => ask(door, args)]),
    );
  const joining = () => Promise.reject(new Error("joins are made in the store's own thread"));
  return {
    store: {
      ...room("store"),
      engine: opened.engine,
      sharded: false,
      history: room("history"),
      joining,
    } as unknown as Store,
    notes: opened.notes,
    joiner(deps) {
      hooks = deps;
      return room("joiner") as unknown as Joiner;
    },
  };
}
