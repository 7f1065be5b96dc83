/**
 * Something that the collector is asked for, and the three states in which a page shows it: loading, failed, loaded.
 */
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ask, type Problem, problemOf } from "./api";

export interface Resource<T> {
  /** The newest answer. It stays while the console asks again, so that nothing flickers. */
  data: T | undefined;
  problem: Problem | undefined;
  isLoading: boolean;
  reload: () => void;
}

/**
 * Asks when the page opens, when `deps` change, and every `every` ms while the page is visible. Drops an answer if a
 * newer request has started meanwhile. Other `deps` ask for something else, so the earlier answer is no longer shown.
 */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  deps: readonly unknown[],
  every?: number,
): Resource<T> {
  const key = JSON.stringify(deps);
  const [state, setState] = useState<{ key: string; data?: T; problem?: Problem }>({ key });
  const [turn, setTurn] = useState(0);
  const [isLoading, setLoading] = useState(true);
  const newest = useRef(load);
  newest.current = load;
  const isAsking = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new `turn` asks again.
  useEffect(() => {
    const abort = new AbortController();
    isAsking.current = true;
    setLoading(true);
    newest
      .current(abort.signal)
      .then(
        (data) => abort.signal.aborted || setState({ key, data }),
        (error: unknown) =>
          abort.signal.aborted ||
          setState((before) => ({ ...(before.key === key ? before : { key }), problem: problemOf(error) })),
      )
      .finally(() => {
        if (abort.signal.aborted) return;
        isAsking.current = false;
        setLoading(false);
      });
    return () => abort.abort();
  }, [key, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    if (!every) return;
    // Do not ask again before the answer has come. If answers take longer than `every`, none would ever arrive.
    const timer = setInterval(() => document.hidden || isAsking.current || reload(), every);
    return () => clearInterval(timer);
  }, [every, reload]);
  const { data, problem } = state.key === key ? state : {};
  return { data, problem, isLoading, reload };
}

/** What the route at this path answers. */
export function useAsked<T>(path: string, every?: number): Resource<T> {
  return useResource((signal) => ask<T>(path, { signal }), [path], every);
}

/**
 * Shows the data once there is any, and says until then that it is loading. If asking failed, says why and offers to
 * try again.
 */
export function Loaded<T>({ of, children }: { of: Resource<T>; children: (data: T) => ComponentChildren }) {
  const { data, problem, reload } = of;
  return (
    <>
      {problem && <Failed problem={problem} retry={reload} />}
      {data !== undefined ? children(data) : !problem && <Loading />}
    </>
  );
}

export function Loading() {
  return (
    <p class="quiet loading" role="status">
      Loading…
    </p>
  );
}

export function Failed({ problem, retry }: { problem: Problem; retry?: () => void }) {
  return (
    <div class="note bad" role="alert">
      <p>{problem.detail}</p>
      {problem.errors.map(({ path, message }) => (
        <p key={path}>
          <code>{path}</code> {message}
        </p>
      ))}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Shown where there is nothing yet. Says what would be here, and how to get it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="strong">{title}</p>
      {children}
    </div>
  );
}
