/**
 * A text of at most `limit` UTF-8 bytes, well-formed (no lone surrogates). What is longer is cut between two characters and marked
 * with "…", which counts.
 */
export const cut = (text: string, limit: number): string => {
  const bytes = new Uint8Array(limit);
  const encoder = new TextEncoder();
  let { read, written } = encoder.encodeInto(text, bytes);
  let mark = "";
  if (read < text.length) {
    mark = "…";
    written = encoder.encodeInto(text, bytes.subarray(0, limit - 3)).written;
  }
  return new TextDecoder().decode(bytes.subarray(0, written)) + mark;
};
