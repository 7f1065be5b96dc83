/**
 * How the keys of the tables write a visitor: the context_id with its time first. Ids begin with a random part. If rows
 * lay in that order, each one would change a page of every index that no other row of its time is on, and the longer
 * the history, the more pages. In the order of time, the visitors of today lie together.
 */
const [RANDOM, TIME, LENGTH] = [12, 10, 29];

/**
 * The key of a context_id: `XXXXXXXXXXX-0TTTTTTTT-XXXXXXX` (contract 1) becomes `0TTTTTTTT-XXXXXXXXXXX-XXXXXXX`. Ids of
 * another length stay as they are, so that no two share a key.
 */
export function visitorOf(contextId: string): string {
  return turned(contextId, RANDOM, TIME);
}

/** The context_id of a key. */
export function contextOf(visitor: string): string {
  return turned(visitor, TIME, RANDOM);
}

/** Swaps the first two parts. */
function turned(text: string, first: number, second: number): string {
  if (text.length !== LENGTH) return text;
  return text.slice(first, first + second) + text.slice(0, first) + text.slice(first + second);
}
