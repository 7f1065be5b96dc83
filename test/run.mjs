/**
 * `npm test` works on a machine that has Node and nothing else. It installs, builds, and gets a browser if there is
 * none. Then it runs the type check, the linter, and what can be tested within three minutes.
 *
 * `npm run test:all` runs the tests that take long by nature. It repeats nothing that `npm test` has run.
 *
 * Both end with the time, and with one line, "N passed, N failed". Arguments go to vitest, and choose other tests:
 * `npm test -- --project sdk`.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium } from "./browser/harness/find-chromium.mjs";

const began = Date.now();
process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
const asWindows = process.platform === "win32";

const projects = (...names) => names.flatMap((name) => ["--project", name]);

/** The arguments of each run of vitest, one after the other. */
const SHORT = [[...projects("collector", "sdk", "browser", "console", "contract-on-postgres"), "--tags-filter=!long"]];
const LONG = [
  [...projects("collector", "browser", "contract-on-postgres"), "--tags-filter=long"],
  projects("long-contract-on-postgres", "neighbours", "long-browser", "long-console", "cluster", "durability"),
  // If an engine is not installed, its tests are reported as skipped.
  projects("engines", "firefox"),
];

const isLong = process.argv[2] === "--long";
const given = process.argv.slice(isLong ? 3 : 2);
const runs = given.length > 0 ? [given] : isLong ? LONG : SHORT;

/** Runs a command and shows its output as it comes. True if it ended well. */
function run(command, args, { timeout = 0, env = {} } = {}) {
  console.log(`\n> ${command} ${args.join(" ")}`);
  const options = { stdio: "inherit", shell: asWindows, env: { ...process.env, ...env } };
  return spawnSync(command, args, timeout ? { ...options, timeout } : options).status === 0;
}

/** Runs a command alongside others, and shows its output when it has ended. True if it ended well. */
async function runAside(command, ...args) {
  const child = spawn(command, args, { shell: asWindows });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const code = await new Promise((resolve) => child.once("close", resolve).once("error", resolve));
  console.log(`\n> ${command} ${args.join(" ")}\n${output}`);
  return code === 0;
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

/** Whether everything in `dist` is newer than its sources. */
function isBuilt() {
  const times = (...paths) =>
    paths.flatMap((path) =>
      statSync(path).isDirectory()
        ? times(...readdirSync(path).map((name) => join(path, name)))
        : statSync(path).mtimeMs,
    );
  const made = [
    "dist/sdk/script.js",
    "dist/sdk/calljoin.d.mts",
    "dist/collector/calljoin.mjs",
    "dist/console/index.html",
  ];
  const of = ["sdk", "collector", "rollup.config.mjs", "package-lock.json", "tsconfig.json"];
  return made.every(existsSync) && Math.min(...times(...made)) > Math.max(...times(...of));
}

/**
 * Installs Playwright's Chromium. If that does not work, installs Debian's own package: on a bare machine,
 * Playwright's build lacks system libraries.
 */
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

/**
 * Counts what passed and failed, according to vitest's own report. A test file that could not be loaded counts as one
 * failure.
 */
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
    // An error outside any test also fails the run.
    return { passed: numPassedTests, failed: well || failed ? failed : 1 };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (!installed() && !run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"])) stop("npm ci failed.");
// Check alongside the tests: the check takes one core, and the tests wait for many other things.
const checking = isLong || runAside("npm", "run", "check");
if (!isBuilt() && !(await runAside("npm", "run", "build"))) stop("The build failed.");
const named = given.flatMap((arg, n) =>
  arg === "--project" ? [given[n + 1]] : arg.startsWith("--project=") ? [arg.slice(10)] : [],
);
if ((named.length === 0 || named.includes("browser")) && !(await findChromium())) await getBrowser();
let passed = 0;
let failed = 0;
for (const args of runs) {
  const counted = runTests(args);
  passed += counted.passed;
  failed += counted.failed;
}
const checked = await checking;
if (!checked) {
  failed += 1;
  console.error("\nType check or lint failed; it counts as one failure.");
}
const seconds = Math.round((Date.now() - began) / 1_000);
console.log(`\n${Math.floor(seconds / 60)} min ${seconds % 60} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
