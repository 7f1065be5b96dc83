/**
 * The log: one JSON object per line on stdout. Nothing waits for it, and nothing ends because of it. A line that cannot
 * be written is dropped and counted.
 */
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { type Level, type Logger, pino } from "pino";

/**
 * How many bytes a slow reader may leave unread. Without a limit, a reader that stopped reading would fill the memory.
 */
const MAX_WAITING_BYTES = 1_000_000;

/**
 * `write` throws if it cannot write. We do not use Pino's own stream: when the process ends, it retries a failed write
 * again and again, and on a full disk it never stops (sonic-boom's `flushSync`).
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

/**
 * Writes to stdout, whatever it is. It does not wait for the reader of a pipe, but it waits for a disk. If the disk is
 * full in the middle of a line, the next line starts on a new one.
 */
function toStdout(): (line: string) => void {
  const { stdout } = process;
  // The reader may have gone, and another may have opened the same pipe. So try again every time.
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
