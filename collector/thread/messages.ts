/** The messages between the two threads. */

/** "Run this door with these arguments." */
export interface Question {
  id: number;
  door: string;
  /** If the arguments are a batch, they are JSON. That costs a fraction of a structured clone of so many values. */
  args: unknown[] | string;
}

/** An answer to a question, or something that happened. */
export type Said =
  | { kind: "open"; engine: "sqlite"; doors: string[]; notes: string[] }
  | { kind: "done"; id: number; result: unknown }
  | { kind: "failed"; id: number; message: string; code: string | undefined }
  | { kind: "log"; line: object; message: string }
  | { kind: "joined"; status: string; reason: string | null }
  | { kind: "wake" };

/** The door whose arguments are sent as JSON. */
export const WRITE = "store.write";
