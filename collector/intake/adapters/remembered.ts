/** A function of a text, whose results are kept: patterns and paths are compiled once, however many events they read. Bounded. */
export function remembered<T>(make: (text: string) => T, most = 2_000): (text: string) => T {
  const kept = new Map<string, T>();
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const made = make(text);
    if (kept.size >= most) kept.clear();
    kept.set(text, made);
    return made;
  };
}
