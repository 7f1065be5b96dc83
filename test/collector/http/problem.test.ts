/** What an error is answered by, and what whoever reads the log is told of it. */
import type { Logger } from "pino";
import { expect, test } from "vitest";
import { problemOf } from "../../../collector/http/problem";

const full = { code: "SQLITE_FULL", message: "database or disk is full" };

test.each([
  ["a write on a full disk", "PUT", full, 503, "the store cannot take writes right now; try again", ["store failed"]],
  [
    "a read without a database",
    "GET",
    { code: "57P01" },
    503,
    "the store is not answering right now; try again",
    ["store failed"],
  ],
  ["a fault of ours", "PUT", new TypeError("x is not a function"), 500, "internal error", ["request failed"]],
  [
    "a body that was cut off",
    "PUT",
    { status: 400, code: "ECONNABORTED", message: "request aborted" },
    400,
    "request aborted",
    [],
  ],
])("%s is answered in its own words, and logged once", (_what, method, error, status, detail, lines) => {
  const said: unknown[] = [];
  const log = { error: (_more: object, line: string) => said.push(line) } as unknown as Logger;
  expect(problemOf(error, log, { method, route: "/v1/sites/:site" })).toMatchObject({ status, detail });
  expect(said).toEqual(lines);
});
