/**
 * Reports take turns at the store. A writer waits for one step of one report at most, however many reports run at once.
 */
import type { Store } from "../store/store";

const REPORTS = ["countStep", "convertedStep", "latestSnapshots", "countRows", "searchCalls"] as const;

/** The store, with reports reading from it one after the other. */
export function inTurn(store: Store): Store {
  let last: Promise<unknown> = Promise.resolve();
  const turn = <Args extends unknown[], Result>(read: (...args: Args) => Promise<Result>) => {
    return (...args: Args): Promise<Result> => {
      const next = last.then(() => read(...args));
      last = next.catch(() => undefined);
      return next;
    };
  };
  const turned = Object.fromEntries(
    REPORTS.map((name) => [name, turn(store[name] as (...args: never[]) => Promise<unknown>)]),
  );
  return { ...store, ...turned } as Store;
}
