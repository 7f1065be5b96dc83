/**
 * A text of at most `limit` UTF-8 bytes, well-formed (no lone surrogates). What is longer is cut between two characters and marked
 * with "…", which counts.
 */
export const cut = (text: string, limit: number): string => {
  // A character is at least one byte: a megabyte need not be encoded to see that it is too long.
  const bytes = new TextEncoder().encode(text.slice(0, limit + 1));
  const first = (n: number) => new TextDecoder().decode(bytes.slice(0, n));
  return bytes.length > limit ? `${first(limit - 3).replace(/\ufffd$/, "")}…` : first(limit);
};
