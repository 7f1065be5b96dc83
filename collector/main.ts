/** The `calljoin` command. */
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { isPostgresUrl, readConfig } from "./config";

// Each command loads what it needs, and no more: the collector's memory is a promise.

const USAGE = `Usage: calljoin serve
       calljoin rejoin --site TRACKING_ID [--after CALL_ID] [--webhooks]
       calljoin migrate --to postgres://USER:PASSWORD@HOST/DATABASE

  serve   start the collector, configured by its environment (README.md, "Configuration")
  rejoin  join a site's calls anew, as its document stands now; may run beside the collector, and be stopped and
          resumed with --after. Webhooks are told of what has changed only with --webhooks.
  migrate copy the SQLite store in CALLJOIN_DATA to an empty PostgreSQL and compare both; with the collector stopped. May be
          stopped and run again: it goes on where it was.
`;

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      site: { type: "string" },
      after: { type: "string" },
      webhooks: { type: "boolean", default: false },
      to: { type: "string" },
    },
  });
  const [command, ...more] = positionals;
  if (values.help) process.stdout.write(USAGE);
  else if (command === "serve" && more.length === 0) {
    // V8 lets garbage pile up to four times of what lives before it looks. What a request leaves is small and many: half of it is enough.
    setFlagsFromString("--heap-growing-percent=50");
    const { serve } = await import("./serve");
    await serve(readConfig(process.env), new URL("../sdk/", import.meta.url));
  } else if (command === "rejoin" && more.length === 0 && values.site)
    await runRejoin(values.site, values.after ?? "", values.webhooks);
  else if (command === "migrate" && more.length === 0 && values.to) await runMigrate(values.to);
  else throw new Error(`this is no command: ${process.argv.slice(2).join(" ")}\n\n${USAGE}`);
}

async function runRejoin(site: string, after: string, tell: boolean): Promise<void> {
  const [{ rejoin }, { chosenStore }] = await Promise.all([import("./rejoin"), import("./store/choose")]);
  const store = await chosenStore(readConfig(process.env));
  if (!(await store.site(site))) throw new Error(`there is no site ${site}`);
  for await (const { done, changed, last } of rejoin(store, Date.now, site, after, tell)) {
    process.stdout.write(`${done} calls joined again, ${changed} came out differently; resume with --after ${last}\n`);
  }
  await store.close();
}

async function runMigrate(to: string): Promise<void> {
  if (!isPostgresUrl(to)) throw new Error("--to must be postgres://USER:PASSWORD@HOST/DATABASE");
  const { migrate } = await import("./migrate");
  const { dataFolder } = readConfig({ CALLJOIN_DATA: process.env.CALLJOIN_DATA });
  for await (const line of migrate(dataFolder, to)) process.stdout.write(`${line}\n`);
}

main().catch((error: Error & { code?: string }) => {
  const taken = `PORT: another program listens on ${process.env.PORT ?? 8787}`;
  process.stderr.write(`calljoin: ${error.code === "EADDRINUSE" ? taken : error.message}\n`);
  process.exit(1);
});
