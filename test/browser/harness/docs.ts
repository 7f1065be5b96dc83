import { readFile } from "node:fs/promises";

/** The snippet that docs/tag.md gives for a framework. */
export async function snippetOf(framework: string): Promise<string> {
  const docs = await readFile("docs/tag.md", "utf8");
  const found = new RegExp(`^In ${framework}[^\\n]*:\\n\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``, "im").exec(docs)?.[1];
  if (!found) throw new Error(`docs/tag.md has no snippet for ${framework}`);
  return found;
}
