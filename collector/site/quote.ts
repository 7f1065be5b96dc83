/** A string as code. JSON is a subset of JavaScript since ES2019, and the script is a file, which no tag in it can end. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
