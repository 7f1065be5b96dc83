import { expect, test } from "vitest";
import { isUnavailable } from "../../collector/unavailable";

test.each([
  ["a disk that is full, as SQLite says it", { code: "SQLITE_FULL" }],
  ["a disk that is full, as the system says it", { code: "ENOSPC" }],
  ["a disk that has become read-only", { code: "EROFS" }],
  ["a quota that is used up", { code: "EDQUOT" }],
  ["a disk that fails", { code: "EIO" }],
  ["a database that is shut down", { code: "57P01" }],
  ["a connection that is lost", { message: "Connection terminated unexpectedly" }],
])("%s is no fault of the request", (_what, error) => {
  expect(isUnavailable(error)).toBe(true);
});

test.each([
  ["a file that is not there", { code: "ENOENT" }],
  ["a constraint", { code: "SQLITE_CONSTRAINT" }],
  ["a mistake of ours", new TypeError("x is not a function")],
  ["nothing", null],
])("%s is not to be tried again", (_what, error) => {
  expect(isUnavailable(error)).toBe(false);
});
