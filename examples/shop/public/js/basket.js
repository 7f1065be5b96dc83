// A classic script, not a module. Its top-level `const`s are not properties of `window`. The entities `SHOP.release`,
// `basket.total` and `basket.summary` find them all the same, just as the browser's console does.

const SHOP = { release: "2026.11", currency: "GBP" };

// biome-ignore lint/correctness/noUnusedVariables: the page's modules and the entities use it.
const basket = {
  key: "fern-and-kettle-basket",

  /** Lines as `{sku, name, colour, pence, quantity}`; prices are in pence. */
  get lines() {
    try {
      const lines = JSON.parse(localStorage.getItem(basket.key) ?? "[]");
      return Array.isArray(lines) ? lines : [];
    } catch {
      return []; // Storage is switched off, or something else wrote there.
    }
  },

  /** In pounds. */
  get total() {
    return basket.lines.reduce((pence, line) => pence + line.pence * line.quantity, 0) / 100;
  },

  get count() {
    return basket.lines.reduce((count, line) => count + line.quantity, 0);
  },

  /**
   * What the entity `basket_items` sends. An object is sent as JSON. An empty basket is `null`, which is an empty
   * value.
   */
  get summary() {
    const lines = basket.lines.map(({ sku, colour, quantity }) => ({ sku, colour, quantity }));
    return lines.length > 0 ? lines : null;
  },

  /** Adds `quantity` (which may be negative) of a product in one colour. */
  add({ sku, name, pence }, colour, quantity = 1) {
    const lines = basket.lines;
    const line = lines.find((line) => line.sku === sku && line.colour === colour);
    if (line) line.quantity += quantity;
    else lines.push({ sku, name, colour, pence, quantity });
    const kept = lines.filter((line) => line.quantity > 0);
    try {
      localStorage.setItem(basket.key, JSON.stringify(kept));
    } catch {
      // The change is then lost when the basket is next read, because there is nowhere else to keep it.
    }
    document.dispatchEvent(new Event("basket"));
  },
};

// biome-ignore lint/correctness/noUnusedVariables: the page's modules use it.
const pounds = (amount) =>
  new Intl.NumberFormat("en-GB", { style: "currency", currency: SHOP.currency }).format(amount);
