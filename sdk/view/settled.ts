/** A page that renders in steps pauses for less than this between them. */
const QUIET = 500;
/** A page that never rests (a ticker, an animation) counts as settled after this. */
const LONGEST = 3000;

/** Calls back once the document has not changed for 500 ms, after 3 s at most. Returns what calls it off. */
export const whenSettled = (callback: () => void): (() => void) => {
  const until = Date.now() + LONGEST;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(callback, Math.min(QUIET, until - Date.now()));
  };
  const observer = new MutationObserver(wait);
  observer.observe(document, { childList: true, characterData: true, subtree: true });
  wait();
  return () => {
    observer.disconnect();
    clearTimeout(timer);
  };
};
