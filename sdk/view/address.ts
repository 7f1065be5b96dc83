/** How the address has changed. */
export type How = "push" | "replace" | "traverse";

/**
 * The part of an address that makes a view (contract 1). A fragment belongs to it only if it stands for a path
 * (`#/products`, `#!products`), not for a place on the page. In a replace, the query does not count either, because
 * search boxes write their text there.
 */
const viewOf = (url: string, how?: How): string => {
  const whole = url.replace(/^([^#]*)#(?![/!]).*/, "$1");
  return how === "replace" ? whole.replace(/\?[^#]*/g, "") : whole;
};

/** True if a change of address makes another view. */
export const isOtherView = (from: string, to: string, how?: How): boolean => viewOf(from, how) !== viewOf(to, how);
