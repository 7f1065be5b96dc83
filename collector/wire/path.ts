/** Paths of fields in a vendor's payload: `data.id`, `call[id]`, `calls[0]`, `custom_data[name=context_id].value`. */

/** The name of a field, the number of an item, or the list item in which one field has a given value. */
export type Step = string | { field: string; is: string };

/** The steps of a path, or null if the text is not a path. */
export function stepsOf(path: string): Step[] | null {
  const steps: Step[] = [];
  let end = 0;
  for (const [all, dot, bare, inner, field, is] of path.matchAll(
    /(\.?)([^.[\]]+)|\[(?:([^\]=]+)|([^\]=]+)=([^\]]*))\]/gy,
  )) {
    if (bare !== undefined && (dot === "") !== (end === 0)) return null;
    steps.push(field === undefined ? (bare ?? inner ?? "") : { field, is: is ?? "" });
    end += all.length;
  }
  return steps.length > 0 && end === path.length ? steps : null;
}
