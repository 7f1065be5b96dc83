/** `calljoin rejoin`: runs the rejoin, tells how far it is, and continues until it is stopped. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chosenStore } from "../choose";
import type { Config } from "../config";
import { type RejoinOptions, type RejoinProgress, rejoin } from "../rejoin";
import type { Store } from "../store/store";

/** How often to say how far it is. */
const PROGRESS_MS = 1_000;

/**
 * Rejoins a site. Returns true if Ctrl+C stopped it. If `site` is not one of the sites, throws an error that names
 * those there are.
 */
export async function runRejoin(
  config: Config,
  site: string | undefined,
  options: RejoinOptions,
  say: (line: string) => void,
): Promise<boolean> {
  const { databaseUrl, dataFolder } = config;
  if (databaseUrl === undefined && !existsSync(join(dataFolder, "calljoin.db"))) {
    throw new Error(`CALLJOIN_DATA: there is no store in ${dataFolder}`);
  }
  // A collector of the previous version may be running.
  const store = await chosenStore(config, { upgrade: false });
  try {
    if (site === undefined || !(await store.site(site))) throw new Error(await whichSite(store, site));
    let isStopped = false;
    process.once("SIGINT", () => {
      isStopped = true;
    });
    const tell = ({ done, changed, share, last }: RejoinProgress) => {
      const what = options.dryRun ? "read, % would change" : "joined again, % changed";
      const more = share < 1 ? ` (${Math.floor(share * 100)} % of all); resume with --after ${last}` : "";
      say(`${done} calls ${what.replace("%", String(changed))}${more}`);
    };
    let progress: RejoinProgress = { done: 0, changed: 0, changes: new Map(), last: "", share: 1 };
    let told = Date.now();
    for await (progress of rejoin(store, Date.now, site, options)) {
      if (isStopped) break;
      if (Date.now() - told < PROGRESS_MS) continue;
      told = Date.now();
      tell(progress);
    }
    tell(progress);
    for (const [change, calls] of [...progress.changes].sort(([, a], [, b]) => b - a)) say(`  ${change}: ${calls}`);
    return isStopped;
  } finally {
    await store.close();
  }
}

async function whichSite(store: Store, site: string | undefined): Promise<string> {
  const names = (await store.newestDocuments()).map((one) => one.site).sort();
  const known =
    names.length === 0
      ? "there is no site yet"
      : `the ${names.length === 1 ? "site is" : "sites are"} ${names.join(", ")}`;
  return site === undefined ? `rejoin needs --site TRACKING_ID: ${known}` : `there is no site ${site}: ${known}`;
}
