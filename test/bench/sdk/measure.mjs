/**
 * Measures main-thread time with Chromium's own counters (DevTools Protocol, Performance.getMetrics). They count
 * thread time, so what other processes do on the machine does not matter. Nothing is recorded that would itself cost
 * time.
 */

/** Starts counting in a page that has not navigated yet. The times are ms since then. */
export async function counter(client) {
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    const ms = (name) => (metrics.find((metric) => metric.name === name)?.value ?? 0) * 1000;
    return {
      /** Compiling and running script. */
      script: ms("ScriptDuration") + ms("V8CompileDuration"),
      /**
       * Everything that the main thread did: script, wake-ups of timers, parsing, style, layout, garbage collection.
       */
      tasks: ms("TaskDuration"),
    };
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
