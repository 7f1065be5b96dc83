import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const FOLDER = "dist/console";
const KB = 1024;
const names = readdirSync(FOLDER);
const packed = (name: string) => gzipSync(readFileSync(`${FOLDER}/${name}`), { level: 9 }).length;
const sum = (files: string[]) => files.reduce((total, name) => total + packed(name), 0);

/** A file and what it imports at once: what a browser has loaded before it shows anything. */
function withImports(name: string): string[] {
  const text = readFileSync(`${FOLDER}/${name}`, "utf8");
  const found = [...text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)].map(([, file]) => file ?? "");
  return [name, ...found.flatMap(withImports)];
}

test("the first page is at most 30 KB gzip, and the whole console 60", () => {
  const html = readFileSync(`${FOLDER}/index.html`, "utf8");
  const first = [...html.matchAll(/"\.\/([^"]+)"/g)].map(([, file]) => file ?? "");
  expect(first).toHaveLength(2);
  const overview = names.filter((name) => name.startsWith("overview-"));
  const opened = [...new Set(["index.html", ...[...first, ...overview].flatMap(withImports)])];
  const said = { first: sum(opened), all: sum(names) };
  console.log(said);
  expect(said.first).toBeLessThanOrEqual(30 * KB);
  expect(said.all).toBeLessThanOrEqual(60 * KB);
});

test("no file names another host, and none has code or style within the page", () => {
  for (const name of names) {
    const text = readFileSync(`${FOLDER}/${name}`, "utf8");
    const hosts = [...text.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host ?? "");
    const meant = hosts.filter((host) => !/(^|\.)example$|^www\.w3\.org$/.test(host));
    expect({ name, meant }).toEqual({ name, meant: [] });
  }
  const html = readFileSync(`${FOLDER}/index.html`, "utf8");
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
});
