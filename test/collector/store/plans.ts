/** What an engine says of how it is going to run a statement, held against what the statement is about. */

export interface Plan {
  text: string;
  /** One line for each table that is read: `SEARCH views USING INDEX views_by_session (site=? AND visitor=?)`. */
  steps: string[];
}

/** Some rows for each site: they may be read whole. */
const SMALL = new Set(["site_versions", "secrets", "identifying", "tokens", "marks"]);

/** What each other table's rows are about: a search that says so reads one visitor's, one call's, or those of one place in a list. */
const ABOUT: Record<string, RegExp> = {
  snapshots: /site=\? AND visitor=\?|received_at/,
  views: /site=\? AND visitor=\?/,
  sessions: /site=\? AND visitor=\?/,
  aliases: /site=\? AND (visitor|value)=\?/,
  showings: /site=\? AND visitor=\?/,
  call_events: /site=\? AND (call_id|own_id)=\?/,
  calls: /site=\? AND (call_id|context_id|transaction_id|\(ts|ts)/,
  rejected: /site=\? AND (id|call_id=|\(received_at|received_at)/,
  due: /site=\? AND subject=\?|due_at</,
  erased: /site=\? AND hash=\?|erased_at/,
  deliveries: /site=\? AND (call_id|webhook|state|\(made_at)/,
  delivery_attempts: /site=\? AND call_id=\? AND delivery_id=\?|site=\? AND call_id=\?/,
};

/** Lists in the order of an index that begins with the site: a page ends them. */
const PAGED = /order by .* limit (\?|\$\d+)$/s;
const IN_ORDER = /USING (COVERING )?(INDEX|PRIMARY)/;

/** Everything that such a list is filtered by has to be in its index, or it may look through many rows for a few. */
function isFilteredBy(text: string, step: string): boolean {
  const equal = [...text.matchAll(/"(\w+)" = (?:\?|\$\d+)/g)].map(([, column]) => `${column}=?`);
  return equal.every((condition) => step.includes(condition));
}

/** Statements that read more, and why they may. */
const EXCEPTIONS: [RegExp, string][] = [
  [/count\(\*\) as "calls"/, "a report counts all calls of its time"],
  [/max\(rowid\)/, "the first row and the last"],
  [
    /^\s*select count\(\*\) as rows from "\w+" where site = \?/,
    "a part of a table's rows, by an index: at most some 16,000",
  ],
  [/from (sqlite_master|"?kysely_)/, "the schema"],
  [/ where 1 = 0$/, "whether the columns are there: no row is read"],
];

/** The steps of a plan that read more than the statement is about, each with its statement. */
export function unbounded({ text, steps }: Plan): string[] {
  if (EXCEPTIONS.some(([pattern]) => pattern.test(text))) return [];
  const isSorted = steps.some((step) => /TEMP B-TREE FOR ORDER BY/.test(step));
  return steps
    .filter((step) => {
      const [, table] = /^(?:SCAN|SEARCH) (\w+)/.exec(step) ?? [];
      if (!table) return false;
      const name = tableOf(table, text);
      if (!(name in ABOUT) || SMALL.has(name)) return false;
      if (ABOUT[name]?.test(step)) return false;
      // The first row of an index.
      if (/"state" = 'pending' (and "site" > \S+ )?order by "site".* limit \S+$/s.test(text)) return false;
      return !(PAGED.test(text) && !isSorted && IN_ORDER.test(step) && isFilteredBy(text, step));
    })
    .map((step) => `${step}\n  in ${text}`);
}

/** The table that a statement calls by this name. */
function tableOf(name: string, text: string): string {
  return new RegExp(`"?(\\w+)"? as "?${name}"?\\b`).exec(text)?.[1] ?? name;
}
