import { safe } from "../browser/safe";

/** A page that renders in steps pauses for less than this between them. */
const QUIET = 500;
/** A page that never rests (a ticker, an animation) counts as settled after this. */
const LONGEST = 3000;

/** Calls back once the document has not changed for 500 ms, after 3 s at most. Returns what calls it off. */
export const whenSettled = (callback: () => void): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    observer.disconnect();
    clearTimeout(timer);
    clearTimeout(bound);
  };
  const done = safe(() => {
    stop();
    callback();
  });
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(done, QUIET);
  };
  const bound = setTimeout(done, LONGEST);
  const observer = new MutationObserver(wait);
  observer.observe(document, { childList: true, characterData: true, subtree: true });
  wait();
  return stop;
};
