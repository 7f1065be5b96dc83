// Shows what the browser saw next to what the collector answered.

import { el } from "./dom.js";

const REASONS = {
  offline_vendor_id: "The vendor's own visitor id, and no page has shown it.",
  ambiguous_alias: "More than ten visitors have shown this vendor id: it is nobody's.",
  unknown_context: "The collector has not heard of this visitor yet.",
  no_view_before_call: "The visitor has no page view before the call.",
  outside_window: "The visitor was last here too long ago.",
  erased: "The visitor has been erased.",
  junk_id: "The vendor's id for the visitor is no id.",
  no_id: "The vendor gave no id for the visitor.",
  vendor_rule: "The site's rule for this vendor says that such calls belong to no visit.",
};

const RULES = {
  context_id: "by the context_id that the vendor sent",
  alias: "by the vendor's visitor id, which a page of this visitor has shown",
};

/** The elements that show one call: the verdict, the comparison, and the JSON behind it. */
export function resultOf(seen, sent, call) {
  return [
    verdict(call),
    comparison(seen, call),
    raw("The event that the vendor posted", sent),
    raw("The joined call", call),
    el(
      "p",
      { className: "hint" },
      "The same from the tag's side: ",
      el("code", {}, "calljoin.inspect()"),
      " in the console.",
    ),
  ];
}

function verdict({ join, total, context, goals, version, vendor, transaction }) {
  const facts = [
    `${vendor}, ${transaction.id}`,
    total ? pounds(total.value) : "no order",
    join.gap_ms === null ? null : gap(join.gap_ms),
    context?.conversion_number ? `conversion ${context.conversion_number}` : null,
    goals.length > 0 ? `meets the goal ${goals.join(", ")}` : null,
    join.late ? "first answered unmatched" : null,
    version > 1 ? `version ${version}` : null,
  ];
  const why =
    join.status === "matched"
      ? `Tied to a page view ${RULES[join.rule] ?? join.rule}.`
      : (REASONS[join.reason] ?? join.reason);
  return el(
    "div",
    { className: `verdict ${join.status}` },
    el("p", {}, el("strong", {}, join.status), ` · ${join.rule ?? join.reason}`),
    el("p", {}, why),
    el("p", { className: "small" }, facts.filter(Boolean).join(" · ")),
  );
}

function comparison(seen, { join, entities }) {
  const names = [...new Set([...seen.entities.map(({ name }) => name), ...Object.keys(entities)])];
  const matched = join.status === "matched";
  const rows = [
    row("context_id", seen.context_id, join.context_id, matched),
    row("session", seen.session_id, join.session_id, matched),
    row("view", seen.view_id, join.view_id, matched),
    ...names.map((name) => {
      const entity = seen.entities.find((entity) => entity.name === name);
      return row(name, entity?.value ?? null, entities[name] ?? null, matched, entity);
    }),
  ];
  const head = ["", "The browser saw", "", "The collector answered"].map((title) => el("th", { scope: "col" }, title));
  return el(
    "div",
    { className: "comparison" },
    seen.loaded ? null : el("p", { className: "hint" }, "The Calljoin tag has not loaded on this page."),
    el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
  );
}

function row(name, seen, answered, comparable, entity) {
  const [mark, kind, title] = relation(seen, answered, comparable, entity);
  return el(
    "tr",
    { className: kind },
    el(
      "th",
      { scope: "row" },
      ...breakable(name),
      entity ? el("small", {}, entity.scope === "page_view" ? "page view" : "session") : null,
    ),
    el("td", {}, written(seen), entity && seen === null ? el("small", {}, entity.error ?? entity.status) : null),
    el(
      "td",
      { className: "mark", title },
      el("span", { "aria-hidden": "true" }, mark),
      el("span", { className: "unseen" }, title),
    ),
    el("td", {}, written(answered)),
  );
}

/** The sign between the two columns, its class in panel.css, and its meaning in words. */
function relation(seen, answered, comparable, entity) {
  if (isEmpty(seen) && isEmpty(answered)) return ["", "none", "neither has a value"];
  if (asText(seen) === asText(answered)) return ["=", "same", "the same"];
  if (!comparable) return ["", "none", "the call is not tied to a view"];
  if (isEmpty(seen) && entity?.scope === "session") return ["↶", "earlier", "from another moment of the session"];
  return ["≠", "differs", "they differ"];
}

/** Lets a name such as `basket_total` break after its underscores, but not inside a word. */
const breakable = (name) => name.split(/(?<=_)/).flatMap((part) => [part, el("wbr")]);

/** Below zero if the vendor's time is in whole seconds, and the page was active later in that second. */
function gap(ms) {
  return ms < 0
    ? "in the second of the page's last sign of life"
    : `${(ms / 1000).toFixed(1)} s after the page's last sign of life`;
}

const isEmpty = (value) => value === null || value === undefined || value === "";
const asText = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
const written = (value) => (isEmpty(value) ? el("span", { className: "nothing" }, "–") : el("code", {}, asText(value)));

function raw(title, value) {
  return el(
    "details",
    { className: "more" },
    el("summary", {}, title),
    el("pre", { tabIndex: 0 }, JSON.stringify(value, null, 2)),
  );
}
