/** What the two threads say to each other. */

/** "Run this door with these arguments." */
export interface Question {
  id: number;
  door: string;
  /** JSON where the arguments are a batch: it costs a fraction of what a structured clone of so many values does. */
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

/** The door whose arguments go as JSON. */
export const WRITE = "store.write";
