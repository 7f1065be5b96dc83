/**
 * How a visitor is written in the keys of the tables: the context_id with its time first. Ids begin at random, and rows in that order would
 * each change a page of every index that no other row of their time is on, more and more pages the longer the history is; in the order
 * of time who is here today lies together.
 */
const [RANDOM, TIME, LENGTH] = [12, 10, 29];

/** The key of a context_id: `0TTTTTTTT-XXXXXXXXXXX-XXXXXXX` of `XXXXXXXXXXX-0TTTTTTTT-XXXXXXX` (contract 1). Ids of another length stay as they are, so that no two share a key. */
export function visitorOf(contextId: string): string {
  return turned(contextId, RANDOM, TIME);
}

/** The context_id of a key. */
export function contextOf(visitor: string): string {
  return turned(visitor, TIME, RANDOM);
}

/** Exchanges the first two parts. */
function turned(text: string, first: number, second: number): string {
  if (text.length !== LENGTH) return text;
  return text.slice(first, first + second) + text.slice(0, first) + text.slice(first + second);
}
