import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { describeVariables } from "../../../collector/config";
import { REASONS } from "../../../collector/wire/call";
import { anchorsOf, blocksOf, PAGES, proseOf, tableUnder } from "./markdown";

describe("README.md", () => {
  it("has at most 250 lines", () => {
    expect(readFileSync("README.md", "utf8").split("\n").length).toBeLessThanOrEqual(251);
  });

  it("says what every reason means that a call can have, and what to do, and none that it cannot have", () => {
    const rows = tableUnder("README.md", "Troubleshooting: no match");
    expect(rows.map(([reason]) => reason).sort()).toEqual(REASONS.map((reason) => `\`${reason}\``).sort());
    for (const [, means = "", what = ""] of rows) expect(Math.min(means.length, what.length)).toBeGreaterThan(20);
  });

  it("names two commands that package.json has", () => {
    const [{ text } = { text: "" }] = blocksOf("README.md");
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
    const commands = [...text.matchAll(/^npm (?:run )?(\w+)/gm)].map(([, name]) => name ?? "");
    expect(commands).toEqual(["start", "test"]);
    for (const name of commands) expect(scripts).toHaveProperty(name);
  });
});

describe("docs/deploy.md", () => {
  it("has a row for each variable that the collector reads, and for no other", () => {
    const rows = tableUnder("docs/deploy.md", "Settings").map(([name = ""]) => name.replaceAll("`", ""));
    const described = [...describeVariables().matchAll(/^ {2}([A-Z_]+) /gm)].map(([, name = ""]) => name);
    expect(rows.sort()).toEqual(described.sort());
  });
});

describe("compose.yaml", () => {
  it("hands on each variable that the collector reads, but where the container listens and keeps its data", () => {
    const handedOn = [...readFileSync("compose.yaml", "utf8").matchAll(/^ {6}- ([A-Z_]+)$/gm)].map(([, name]) => name);
    const described = [...describeVariables().matchAll(/^ {2}([A-Z_]+) /gm)].map(([, name]) => name);
    expect([...handedOn, "HOST", "PORT", "CALLJOIN_DATA"].sort()).toEqual(described.sort());
  });
});

describe.each(PAGES)("%s", (path) => {
  test("its links lead to files and headings that are there", () => {
    const links = [...proseOf(path).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
      ([, a, b]) => a ?? b ?? "",
    );
    for (const link of links.filter((one) => !/^https?:/.test(one))) {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      expect([link, existsSync(target)]).toEqual([link, true]);
      if (anchor) expect(anchorsOf(target)).toContain(anchor);
    }
  });

  test("its JSON can be read", () => {
    for (const { language, text } of blocksOf(path))
      if (language === "json") expect(() => JSON.parse(text)).not.toThrow();
  });
});
