/**
 * `npm test` on a machine that has Node and nothing else: installs, builds, gets a browser if there is none, then type check,
 * lint and all tests. Ends with one line, "N passed, N failed". Arguments go to vitest: `npm test -- --project sdk`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium } from "./browser/harness/find-chromium.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
const asWindows = process.platform === "win32";

/** Runs a command in sight of the user; true if it ended well. */
function run(command, args, { timeout = 0, env = {} } = {}) {
  console.log(`\n> ${command} ${args.join(" ")}`);
  const options = { stdio: "inherit", shell: asWindows, env: { ...process.env, ...env } };
  return spawnSync(command, args, timeout ? { ...options, timeout } : options).status === 0;
}

function stop(message) {
  console.error(`\n${message}`);
  console.log("0 passed, 1 failed");
  process.exit(1);
}

function installed() {
  const mark = "node_modules/.package-lock.json"; // npm writes it last
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync("package-lock.json").mtimeMs;
}

/** Debian's own package as the second way: Playwright's build lacks system libraries on a bare machine. */
async function getBrowser() {
  console.log("\nNo Chromium found; getting one.");
  const once = { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: "10000" };
  run("npx", ["playwright", "install", "chromium"], { timeout: 300_000, env: once });
  if (await findChromium()) return;
  if (existsSync("/etc/debian_version") && process.getuid?.() === 0) {
    run("apt-get", ["update"], { timeout: 300_000 });
    const quiet = { DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], { timeout: 900_000, env: quiet });
  }
  if (await findChromium()) return;
  stop("No Chromium, and none could be installed. Install Chromium or Chrome, or name one in CALLJOIN_CHROMIUM.");
}

/** Passed and failed by vitest's own report; a test file that could not even be loaded counts as one failed. */
function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), "calljoin-test-"));
  const report = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const well = run("npx", ["vitest", "run", ...reporters, ...args]);
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    const notLoaded = testResults.filter(
      (file) => file.status === "failed" && file.assertionResults.length === 0,
    ).length;
    const failed = numFailedTests + notLoaded;
    // An error outside of any test fails the run, too.
    return { passed: numPassedTests, failed: well || failed ? failed : 1 };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (!installed() && !run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"])) stop("npm ci failed.");
if (!run("npm", ["run", "build"])) stop("The build failed.");
const args = process.argv.slice(2);
const named = args.flatMap((arg, n) =>
  arg === "--project" ? [args[n + 1]] : arg.startsWith("--project=") ? [arg.slice(10)] : [],
);
if ((named.length === 0 || named.includes("browser")) && !(await findChromium())) await getBrowser();
const checked = run("npm", ["run", "check"]);
const { passed, failed } = runTests(args);
const allFailed = failed + (checked ? 0 : 1);
if (!checked) console.error("\nType check or lint failed; it counts as one failure.");
console.log(`\n${passed} passed, ${allFailed} failed`);
process.exit(allFailed === 0 && passed > 0 ? 0 : 1);
