import { readdirSync, readFileSync } from "node:fs";

/** README and everything in docs/, by path. */
export const PAGES = [
  "README.md",
  ...readdirSync("docs").flatMap((name) => (/\.md$/.test(name) ? [`docs/${name}`] : [])),
];

export interface Block {
  /** The nearest heading above it, without its hashes. */
  heading: string;
  /** What stands behind the fence: `sh`, `json`, `nginx`. */
  language: string;
  text: string;
}

/** The fenced blocks of a page, in their order. */
export function blocksOf(path: string): Block[] {
  const blocks: Block[] = [];
  let heading = "";
  let open: Block | null = null;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [, fence] = /^```(\w*)/.exec(line) ?? [];
    if (fence !== undefined && open) {
      blocks.push(open);
      open = null;
    } else if (fence !== undefined) open = { heading, language: fence, text: "" };
    else if (open) open.text += `${line}\n`;
    else heading = /^#+ (.*)/.exec(line)?.[1] ?? heading;
  }
  return blocks;
}

/** The rows of the table under a heading, each as its cells; without its head. */
export function tableUnder(path: string, heading: string): string[][] {
  const [, section = ""] = readFileSync(path, "utf8").split(`# ${heading}\n`);
  const [own = ""] = section.split(/^#/m);
  const lines = own.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** A page without what is code in it. */
export function proseOf(path: string): string {
  return readFileSync(path, "utf8")
    .replace(/^```.*?^```/gms, "")
    .replace(/`[^`\n]*`/g, "");
}

/** Headings as GitHub names their anchors. */
export function anchorsOf(path: string): string[] {
  const headings = readFileSync(path, "utf8")
    .replace(/^```.*?^```/gms, "")
    .matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
