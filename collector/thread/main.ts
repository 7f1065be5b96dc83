/**
 * The thread that holds the embedded store and runs the joiner on it. `open.ts` starts it. The built file is
 * dist/collector/store-thread.mjs.
 */
import { parentPort, workerData } from "node:worker_threads";
import { createJoiner } from "../join/joiner";
import { PROMPT_MS, sqlite } from "../store/sqlite";
import { openStore } from "../store/store";
import { unusable } from "../unavailable";
import { holdAlone } from "./alone";
import type { Question, Said } from "./messages";

type Door = (...args: never[]) => unknown;

/** A message that begins with this already says where the problem is. */
const PLACE = "CALLJOIN_DATA: ";

const port = parentPort;
if (!port) throw new Error("this file runs as a thread of the collector");
const say = (said: Said) => port.postMessage(said);

const notes: string[] = [];
const { alone, opened } = await open(workerData.folder).catch((error: Error & { code?: string }) => {
  // Only a plain error survives the trip to the other thread. Others, such as better-sqlite3's, arrive empty.
  throw new Error(
    error.message.startsWith(PLACE) ? error.message : unusable(`${PLACE}${workerData.folder}`, error).message,
  );
});
const { joining, history, engine, ...store } = opened;
const joiner = createJoiner({
  store: { ...store, joining, history, engine },
  clock: Date.now,
  log: { info: (line: object, message: string) => say({ kind: "log", line, message }) },
  wake: () => say({ kind: "wake" }),
  joined: (status, reason) => say({ kind: "joined", status, reason }),
});
const doors = new Map<string, Door>([
  ...named("store", store),
  ...named("history", history),
  ...named("joiner", joiner),
]);

port.on("message", async ({ id, door, args }: Question) => {
  try {
    const run = doors.get(door) as (...args: unknown[]) => unknown;
    say({ kind: "done", id, result: await run(...(typeof args === "string" ? JSON.parse(args) : args)) });
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    say({ kind: "failed", id, message, code });
  }
  if (door === "store.close") {
    alone.close();
    port.close();
  }
});
say({ kind: "open", engine: "sqlite", doors: [...doors.keys()], notes });

async function open(folder: string) {
  const file = sqlite(folder, { waitMs: PROMPT_MS });
  // Take the lock before anything in the file is changed, and keep it as long as the thread lives.
  const alone = holdAlone(folder);
  return { alone, opened: await openStore(file, { tell: (line) => notes.push(line) }) };
}

function named(room: string, functions: object): [string, Door][] {
  return Object.entries(functions).flatMap(([name, value]): [string, Door][] =>
    typeof value === "function" ? [[`${room}.${name}`, value as Door]] : [],
  );
}
