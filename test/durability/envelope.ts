import { THEN, view } from "../collector/contract/shop";

/** One view of a visitor of the site `shop`, as a page posts it. */
export const envelope = (id: string, title = "Shoes") => ({
  v: 1,
  site: "shop",
  context_id: id,
  sent_at: THEN,
  snapshots: [view("view-1", THEN, { view: { title } })],
});
