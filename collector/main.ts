/** The `calljoin` command. */
import { parseArgs } from "node:util";
import { readConfig } from "./config";
import { serve } from "./serve";

const USAGE = `Usage: calljoin serve

  serve   start the collector, configured by its environment (README.md, "Configuration")
`;

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const [command, ...more] = positionals;
  if (command !== "serve" || more.length > 0)
    throw new Error(`there is no command ${positionals.join(" ")}\n\n${USAGE}`);
  await serve(readConfig(process.env), new URL("../sdk/", import.meta.url));
}

main().catch((error: Error & { code?: string }) => {
  const reason =
    error.code === "EADDRINUSE" ? `PORT: another program listens on ${process.env.PORT ?? 8787}` : error.message;
  process.stderr.write(`calljoin: ${reason}\n`);
  process.exit(1);
});
