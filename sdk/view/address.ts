/** How an address has come to be another. */
export type How = "push" | "replace" | "traverse";

/**
 * What of an address makes a view (contract 1): all but a fragment that is a place on the page and stands for no path, as `#/products` and
 * `#!products` do; in a replace not the query either, as a search box writes itself there.
 */
const viewOf = (url: string, how?: How): string => {
  const whole = url.replace(/^([^#]*)#(?![/!]).*/, "$1");
  return how === "replace" ? whole.replace(/\?[^#]*/g, "") : whole;
};

/** Whether a change of address is another view. */
export const isOtherView = (from: string, to: string, how?: How): boolean => viewOf(from, how) !== viewOf(to, how);
