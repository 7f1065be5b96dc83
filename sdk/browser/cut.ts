const sizeOf = (character: string): number =>
  character < "\x80" ? 1 : character < "\u0800" ? 2 : character[1] ? 4 : 3;

/** The bytes of a text in UTF-8. */
export const bytesOf = (text: string): number => {
  let bytes = 0;
  for (const character of text) bytes += sizeOf(character);
  return bytes;
};

/** A text of at most `limit` UTF-8 bytes. What is longer is cut between two characters and marked with "…", which counts. */
export const cut = (text: string, limit: number): string => {
  let room = limit;
  let fitting = 0;
  for (const character of text) {
    room -= sizeOf(character);
    if (room < 0) return `${text.slice(0, fitting)}…`;
    if (room > 2) fitting += character.length;
  }
  return text;
};
