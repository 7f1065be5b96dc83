/**
 * The `calljoin` command: its subcommands, their options and their help. Each subcommand loads only the modules it
 * needs, because the collector promises to use little memory.
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { Argument, Command, CommanderError } from "commander";
import type { Shell } from "./cli/completion";
import { describeVariables, readConfig, unknownVariables } from "./config";

/** Exit codes: the command failed, or the command line made no sense. */
const FAILED = 1;
const MISUSED = 2;

const EXIT_CODES = `
Exit codes:
  0    done
  1    failed; the reason is on stderr
  2    unknown command or option
  130  stopped by Ctrl+C

You set Calljoin up with environment variables: calljoin serve --help lists them.`;

const program = new Command("calljoin")
  .description("Joins phone calls to the web visits they came from, on the shop's own servers.")
  .version(versionOf(), "-v, --version", "print the version")
  .helpOption("-h, --help", "print this help")
  .helpCommand("help [command]", "print a command's help")
  .addHelpText("after", EXIT_CODES)
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "calljoin: ")) })
  .exitOverride()
  .showHelpAfterError("Run calljoin --help to see all commands.")
  .hook("preAction", (_program, command) => {
    // The doctor reports each of these in a line of its own.
    if (command.name() === "doctor") return;
    for (const line of unknownVariables(process.env)) process.stderr.write(`calljoin: ${line}\n`);
  });

/** A subcommand. It inherits the program's handling of help and errors. */
function command(usage: string, summary: string, details = ""): Command {
  return program
    .command(usage)
    .summary(summary)
    .description(details ? `${summary}\n\n${details}` : summary)
    .helpOption("-h, --help", "print this help");
}

command("serve", "start the collector")
  .addHelpText("after", () => `\n${describeVariables()}`)
  .action(async () => {
    // By default, V8 lets the heap grow to four times its live size before it collects garbage. A request leaves many
    // small objects, so growth by half is enough.
    setFlagsFromString("--heap-growing-percent=50");
    const config = readConfig(process.env);
    const { serve } = await import("./serve");
    await serve(config, new URL("../sdk/", import.meta.url));
  });

command("doctor", "check the set-up, and say what to fix", "Exits with 1 if something needs fixing.").action(
  async () => {
    const { doctor } = await import("./cli/doctor");
    for await (const { line, isFailure } of doctor({ env: process.env, clock: Date.now, fetch })) {
      say(line);
      if (isFailure) process.exitCode = FAILED;
    }
  },
);

command(
  "backup <file>",
  "copy the SQLite store to a file, even while the collector runs",
  "The copy holds everything that the collector acknowledged before the backup began. It never overwrites a file.",
).action(async (file: string) => {
  const { backup } = await import("./cli/backup");
  say(await backup(readConfig(process.env), file));
});

command(
  "restore <file>",
  "replace the SQLite store with a backup; stop the collector first",
  "The backup is checked first. The previous store is kept next to it.",
).action(async (file: string) => {
  const { restore } = await import("./cli/restore");
  for (const line of await restore(readConfig(process.env), file)) say(line);
});

command(
  "migrate",
  "bring the store's tables up to this version, or copy them to PostgreSQL",
  "`calljoin serve` upgrades the tables by itself. Stop the collector first. A SQLite store is copied before any change.",
)
  .option("--pending", "only list what would change")
  .option(
    "--to <url>",
    "copy the SQLite store to an empty PostgreSQL database and compare both; if interrupted, run it again",
  )
  .action(async ({ pending, to }: { pending?: true; to?: string }) => {
    if (pending && to !== undefined) program.error("error: --pending and --to cannot be used together");
    const { runMigrate } = await import("./cli/migrate");
    for await (const line of runMigrate(process.env, { to, onlyTell: pending === true })) say(line);
  });

command(
  "rejoin",
  "join a site's calls again, with its newest site document",
  "The collector may keep running. Webhooks are told of changes only with --webhooks.",
)
  .option("--site <tracking_id>", "the site (required)")
  .option("--dry-run", "only say what would change")
  .option("--after <call_id>", "continue where an earlier run stopped")
  .option("--webhooks", "tell webhooks about the changes")
  .action(async ({ site, after, webhooks, dryRun }: Record<string, string | true | undefined>) => {
    const { runRejoin } = await import("./cli/rejoin");
    const options = { after: String(after ?? ""), tell: webhooks === true, dryRun: dryRun === true };
    const isStopped = await runRejoin(readConfig(process.env), site as string | undefined, options, say);
    if (isStopped) process.exitCode = 130;
  });

command("completion", "print a script that completes this command line in your shell")
  .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
  .action(async (shell: Shell) => {
    const { completion } = await import("./cli/completion");
    process.stdout.write(completion(shell, program));
  });

// If stderr's disk is full, or nobody reads stderr any more, we cannot tell anybody. That is no reason to exit.
process.stderr.on("error", () => undefined);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function versionOf(): string {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}

program.parseAsync().catch((error: Error & { code?: string }) => {
  // Commander has already printed this error.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : MISUSED);
  process.stderr.write(`calljoin: ${error.message || error.code || error.name}\n`);
  process.exit(FAILED);
});
