/**
 * Main-thread time out of Chromium's own trace, which is what its Performance panel draws.
 *
 * Counted are the events in which the page's main thread compiles or runs script, or collects its garbage. They nest, so
 * their union is taken: no millisecond twice. The page's own short script is measured without a tracker and taken off.
 */
const SCRIPTING = new Set([
  "EvaluateScript",
  "v8.compile",
  "v8.compileModule",
  "v8.evaluateModule",
  "V8.CompileCode",
  "FunctionCall",
  "TimerFire",
  "EventDispatch",
  "RunMicrotasks",
  "FireIdleCallback",
  "FireAnimationFrame",
  "XHRReadyStateChange",
  "XHRLoad",
  "MinorGC",
  "MajorGC",
]);
export const CATEGORIES = ["devtools.timeline", "v8", "v8.execute", "disabled-by-default-devtools.timeline"];

/** Adds up intervals `[start, end]`, counting what they share once. In the unit of its input. */
function union(intervals) {
  let total = 0;
  let covered = Number.NEGATIVE_INFINITY;
  for (const [start, end] of intervals.sort((a, b) => a[0] - b[0])) {
    if (end > covered) total += end - Math.max(start, covered);
    covered = Math.max(covered, end);
  }
  return total;
}

/**
 * @param {Buffer} trace of one page, from before its navigation on
 * @param {string} url the page's
 * @param {number} settleMs after how long its start-up counts as over
 * @returns {{ startupMs: number, idleMs: number, longestMs: number }} scripting on the page's main thread: before then, from
 *   then to the trace's end, and the longest single piece of the start-up
 */
export function scripting(trace, url, settleMs) {
  const { traceEvents } = JSON.parse(trace.toString());
  const commit = traceEvents.find((event) => event.name === "CommitLoad" && event.args.data?.url === url);
  if (!commit) throw new Error(`the trace has no load of ${url}`);
  const spans = traceEvents
    .filter(
      (event) => event.ph === "X" && event.pid === commit.pid && event.tid === commit.tid && SCRIPTING.has(event.name),
    )
    .map((event) => [event.ts, event.ts + (event.dur ?? 0)]);
  const settled = commit.ts + settleMs * 1000;
  const startup = spans.filter(([start]) => start >= commit.ts && start < settled);
  const idle = spans.filter(([start]) => start >= settled);
  return {
    startupMs: union(startup) / 1000,
    idleMs: union(idle) / 1000,
    longestMs: Math.max(0, ...startup.map(([start, end]) => end - start)) / 1000,
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
