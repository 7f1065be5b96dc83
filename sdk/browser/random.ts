/** Random base-36 characters. (Spread and not Array.from, which some old libraries replace.) */
export const random = (length: number): string =>
  [...crypto.getRandomValues(new Uint32Array(length))].map((word) => (word % 36).toString(36)).join("");
