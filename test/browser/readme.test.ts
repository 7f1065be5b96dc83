/** README.md, typed in as it stands, from "Run it" on: from nothing to a matched call of one's own page and vendor. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../collector/contract/process";
import { blocksOf } from "../collector/docs/markdown";
import { type Browser, openBrowser } from "./harness/browser";
import { contextId, eventually, flush } from "./harness/world";

/** What the README's addresses stand for here. */
const places = new Map<string, string>();
const placed = (text: string) => [...places].reduce((all, [said, is]) => all.replaceAll(said, is), text);

const blocks = blocksOf("README.md");
const textsUnder = (heading: string, language: string) =>
  blocks.filter((block) => block.heading === heading && block.language === language).map(({ text }) => text);

/** A terminal in a folder of its own, in which lines are typed one block after the other. */
function openTerminal(folder: string) {
  const shell = spawn("bash", ["--noprofile", "--norc"], { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  let ended: (code: string) => void = () => {};
  createInterface({ input: shell.stdout }).on("line", (line) => {
    const [, code] = /^(?:.*)?@@ (\d+)$/.exec(line) ?? [];
    const said = line.replace(/@@ \d+$/, "");
    if (said) lines.push(said);
    if (code !== undefined) ended(code);
  });
  shell.stderr.on("data", (chunk) => lines.push(String(chunk)));
  return {
    /** Types a block; resolves with what was printed. Fails where its last command did. */
    async type(block: string): Promise<string> {
      lines.length = 0;
      const code = new Promise<string>((resolve) => {
        ended = resolve;
      });
      shell.stdin.write(`${placed(block)}\necho "@@ $?"\n`);
      expect(await code, lines.join("\n")).toBe("0");
      return lines.join("\n");
    },
    close: () => shell.kill(),
  };
}

let folder: string;
let serving: ChildProcess;
let terminal: ReturnType<typeof openTerminal>;
let browser: Browser;
const site = createServer((_request, response) => {
  const [page = ""] = textsUnder("Install the tag", "html");
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(placed(page));
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "calljoin-readme-"));
  // An installed and built clone; its data are this test's.
  for (const name of ["dist", "package.json", "node_modules"]) symlinkSync(resolve(name), join(folder, name));
  site.listen(0, "127.0.0.1");
  const port = await freePort();
  places.set("http://localhost:8787", `http://localhost:${port}`);
  places.set("http://localhost:3000", `http://localhost:${(site.address() as AddressInfo).port}`);
  places.set("CONTEXT=6o2diu81w9o-0irxltk5b-u9t1cv4", "");
  const [run = ""] = textsUnder("Run it", "sh");
  expect(run).toMatch(/^npm ci && npm run build\nnpx calljoin serve\n$/);
  const env = { ...process.env, PORT: String(port), CALLJOIN_DATA: undefined, CALLJOIN_ADMIN_TOKEN: undefined };
  serving = spawn("npx", ["calljoin", "serve"], { cwd: folder, env, detached: true, stdio: "ignore" });
  browser = await openBrowser([]);
  terminal = openTerminal(folder);
  await eventually(async () => expect((await fetch(`http://localhost:${port}/readyz`)).status).toBe(200));
});

afterAll(async () => {
  terminal?.close();
  await browser?.close();
  site.close();
  if (serving?.pid) process.kill(-serving.pid, "SIGTERM");
  await new Promise((resolve) => serving?.once("exit", resolve));
  rmSync(folder, { recursive: true, force: true });
});

test("its lines lead from an empty folder to a matched call, and its answers are the collector's", async () => {
  await terminal.type(textsUnder("Run it", "sh")[1] ?? "");

  const [create = ""] = textsUnder("Create your site", "sh");
  expect(JSON.parse(await terminal.type(create))).toMatchObject({ tracking_id: "my-shop", version: 1, warnings: [] });

  const page = await browser.newPage();
  await page.goto(placed("http://localhost:3000/"));
  const context = await contextId(page);
  expect(context).toMatch(/^[0-9a-z]{11}-0[0-9a-z]{8}-[0-9a-z]{7}$/);
  await eventually(async () => {
    await flush(page);
    const rows = await page.evaluate<{ name: string; status: string }[]>("calljoin.entities()");
    expect(rows.map(({ name, status }) => [name, status])).toEqual([
      ["crm_visit", "sent"],
      ["page_title", "sent"],
    ]);
  });

  const [token = "", call = ""] = textsUnder("Connect your vendor", "sh");
  await terminal.type(token);
  expect(JSON.parse(await terminal.type(`CONTEXT=${context}\n${call}`))).toEqual(
    JSON.parse(textsUnder("Connect your vendor", "json")[0] ?? ""),
  );

  const [see = "", reports = ""] = textsUnder("See your calls", "sh");
  const { calls } = JSON.parse(await terminal.type(see));
  const shown = JSON.parse(placed(textsUnder("See your calls", "json")[0] ?? ""));
  shown.join.gap_ms = expect.any(Number);
  shown.transaction.id = expect.stringMatching(/^order-\d{10}$/);
  expect(calls).toHaveLength(1);
  expect(calls[0]).toMatchObject(shown);

  expect(JSON.parse(await terminal.type(reports)).rows).toMatchObject([
    { key: "my-vendor", matched: 1, match_rate: 1 },
  ]);
  const csv = readFileSync(join(folder, "calls.csv"), "utf8").trim().split("\n");
  expect(csv).toHaveLength(2);
  expect(csv[0]).toContain("entity_crm_visit,entity_page_title");

  const [why = ""] = textsUnder("Troubleshooting: no match", "sh");
  expect(JSON.parse(await terminal.type(why)).explain).toMatchObject({ missing: null, fields: ["context.id"] });
});

test("every block of lines to be typed is run by this test, or is one of the first two commands", () => {
  const typed = ["Run it", "Create your site", "Connect your vendor", "See your calls", "Troubleshooting: no match"];
  const headings = blocks.filter(({ language }) => language === "sh").map(({ heading }) => heading);
  expect(headings).toEqual([
    "Calljoin",
    "Run it",
    ...typed.flatMap((one) => [one, ...(/^(Con|See)/.test(one) ? [one] : [])]),
  ]);
});
