/**
 * A string as code. JSON is a subset of JavaScript since ES2019. The script is a file of its own, so no tag in the text
 * can end it.
 */
export function quote(text: string): string {
  return JSON.stringify(text);
}
