/** The log where it cannot be written: the collector goes on, and says later what is missing. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../../collector/log";
import { eventually } from "../eventually";
import { client } from "./contract/http";
import { freePort } from "./contract/process";

describe("a log whose place is full", () => {
  it.each(["info", "error", "fatal"] as const)(
    "drops lines, and at %s says how many once it can be written again",
    (level) => {
      const written: string[] = [];
      let full = true;
      const log = createLog(level, (line) => {
        if (full) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
        written.push(JSON.parse(line).msg, ...("lines" in JSON.parse(line) ? [JSON.parse(line).lines] : []));
      });
      log.fatal("one");
      log.fatal("two");
      full = false;
      log.fatal("three");
      log.fatal("four");
      expect(written).toEqual(["three", "the log could not be written: lines before are lost", 2, "four"]);
    },
  );
});

describe("the collector goes on, and stops within 5 s, where", { tags: ["long"] }, () => {
  let data: string;
  let child: ChildProcess;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), "calljoin-log-"));
  });
  afterEach(() => {
    child.kill("SIGKILL");
    rmSync(data, { recursive: true });
  });

  const full = () => openSync("/dev/full", "w");
  const places: [string, () => StdioOptions, (child: ChildProcess) => void][] = [
    ["stdout is on a full disk", () => ["ignore", full(), "pipe"], () => {}],
    ["stdout and stderr are", () => ["ignore", full(), full()], () => {}],
    ["nobody reads their pipe", () => ["ignore", "pipe", "pipe"], () => {}],
    ["who read them is gone", () => ["ignore", "pipe", "pipe"], leave],
  ];

  it.each(places)("%s", async (_what, stdio, spoil) => {
    const port = await freePort();
    const env = { CALLJOIN_DATA: data, CALLJOIN_UNKNOWN: "x", PORT: String(port), LOG_LEVEL: "debug" };
    child = spawn(process.execPath, ["dist/collector/calljoin.mjs", "serve"], {
      env: { ...process.env, ...env },
      stdio: stdio(),
    });
    const request = client(`http://127.0.0.1:${port}`);
    const isReady = async () => expect((await request("GET", "/readyz")).status).toBe(200);
    await eventually(isReady, 200);
    spoil(child);
    // More than a pipe holds.
    for (let n = 0; n < 800; n += 1) expect((await request("GET", "/livez")).status).toBe(200);
    const began = Date.now();
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  function leave({ stdout, stderr }: ChildProcess): void {
    stdout?.destroy();
    stderr?.destroy();
  }
});
