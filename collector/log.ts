/** The log: a JSON object a line on stdout. Nobody waits for it, and nothing ends by it: what cannot be written is dropped, and counted. */
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { type Level, type Logger, pino } from "pino";

/** Bytes that a slow reader may leave; those of one who has stopped reading would fill the memory. */
const MAX_WAITING_BYTES = 1_000_000;

/**
 * Pino's own stream tries a write that failed again and again as the process ends, and that on a full disk for ever (sonic-boom's `flushSync`).
 * `write` throws where it cannot write.
 */
export function createLog(level: Level | "silent", write = toStdout()): Logger {
  let dropped = 0;
  const log = pino(
    { level },
    {
      write(line: string) {
        try {
          write(line);
        } catch {
          dropped += 1;
          return;
        }
        if (dropped === 0 || level === "silent") return;
        const lines = dropped;
        dropped = 0;
        log[log.isLevelEnabled("warn") ? "warn" : level](
          { lines },
          "the log could not be written: lines before are lost",
        );
        if (dropped > 0) dropped += lines;
      },
    },
  );
  return log;
}

/** Writes to stdout whatever it is: what reads a pipe is not waited for; a disk is, and where it is full, the rest of a line is never mistaken for the next. */
function toStdout(): (line: string) => void {
  const { stdout } = process;
  // Whoever read may be gone, and another one come to the same pipe: there is always another try.
  stdout.on("error", () => undefined);
  let isTorn = false;
  return (line) => {
    if (stdout instanceof Socket && !stdout.destroyed) {
      if (stdout.writableLength > MAX_WAITING_BYTES) throw new Error("nobody reads");
      stdout.write(line);
      return;
    }
    const bytes = Buffer.from(isTorn ? `\n${line}` : line);
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(1, bytes, done);
    } finally {
      if (done > 0) isTorn = done < bytes.length;
    }
  };
}
