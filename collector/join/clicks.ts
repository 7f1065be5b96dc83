/** Finds click ids in a visitor's earlier visits if the call's own visit has none. */
import type { History, Visitor } from "../store/history";
import type { Outcome } from "../wire/call";
import { entityAt, PLATFORMS, sourceOf } from "../wire/clicks";
import type { Site } from "../wire/site";
import { timed } from "./clock";
import { valuesAsOf } from "./entities";
import type { ChosenView } from "./view";

const DAY_MS = 86_400_000;

/** How many visits are searched, newest first. Nobody with more in 90 days clicked an advertisement each time. */
const MOST_VISITS = 200;

type Clicks = NonNullable<Outcome["earlier_clicks"]>;

/**
 * For each platform without a click id in the call's visit, returns the click ids of the newest earlier visit that has
 * some and was active within `click_window_days` before T (ms). Null if the site does not ask for this.
 */
export async function earlierClicks(
  history: History,
  visitor: Visitor,
  chosen: ChosenView,
  values: Outcome["entities"],
  { click_window_days, entities, webhooks }: Pick<Site, "click_window_days" | "entities" | "webhooks">,
  ts: number,
): Promise<Clicks | null> {
  if (click_window_days === undefined) return null;
  const opens = ts - click_window_days * DAY_MS;
  // Destinations may say that a click id is in an entity of another name.
  const namesOf = (click: string) => [click, ...webhooks.map((webhook) => entityAt(sourceOf(webhook, click)))];
  let open = Object.values(PLATFORMS)
    .map((clicks) => new Set(clicks.flatMap(namesOf)))
    .map((names) => entities.filter(({ name, scope }) => scope === "session" && names.has(name)))
    .filter((platform) => platform.length > 0 && platform.every(({ name }) => values[name] === undefined));
  const clicks: Clicks = {};
  let before = await startOf(history, visitor, chosen.view);
  for (let visit = 0; visit < MOST_VISITS && open.length > 0; visit += 1) {
    const newest = await history.newestView(visitor, before - 1);
    if (!newest) break;
    const view = timed(newest);
    // All of an earlier visit comes before the call's visit began, or at least before the call.
    const said = await valuesAsOf(history, visitor, { view, cut: chosen.cut }, open.flat());
    if (said.activity < opens) break;
    before = await startOf(history, visitor, view);
    open = open.filter((platform) => {
      const found = platform.filter(({ name }) => said.values[name] !== undefined);
      for (const { name } of found) {
        clicks[name] = { value: said.values[name] ?? "", session_id: view.session_id, at: before };
      }
      return found.length === 0;
    });
  }
  return clicks;
}

/** When a view's session began, corrected ms. */
async function startOf(history: History, visitor: Visitor, { session_id, start }: ChosenView["view"]): Promise<number> {
  const first = await history.entrance({ ...visitor, sessionId: session_id });
  return first ? timed(first).start : start;
}
