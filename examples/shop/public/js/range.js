// The part of the shop that is a single page. /range/RANGE and /range/RANGE/SKU are routes made with pushState.
// As in many such shops, the data layer is updated later than the address: `pageData` belongs to the last route until
// the new one has its data. Calljoin waits for a page to settle, so that the new view does not inherit the old view's
// product.

import { drawing, el } from "./dom.js";

/** Draws the route that the address names, and each route that the visitor opens after it. */
export function startRange(root) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='/range/']");
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented) return;
    event.preventDefault();
    if (link.pathname !== location.pathname) history.pushState(null, "", link.pathname);
    draw(root, true);
  });
  addEventListener("popstate", () => draw(root, true));
  draw(root, false);
}

async function draw(root, moved) {
  const path = location.pathname;
  const { ranges, products } = await (await fetch("/catalogue.json")).json();
  if (path !== location.pathname) return; // The visitor has already moved on.
  const [, , rangeId, sku] = path.split("/");
  const range = ranges.find(({ id }) => id === rangeId);
  const product = products.find((product) => product.sku === sku && product.range === rangeId);
  const found = range && (product || !sku);

  window.pageData = { page: "range", range: rangeId, sku: product?.sku ?? null };
  document.title = `${found ? (product ?? range).name : "Not found"} · Fern & Kettle`;
  root.replaceChildren(
    ...(found
      ? product
        ? productPage(range, product)
        : rangePage(range, products)
      : [el("h1", {}, "There is no such shelf")]),
  );
  if (!moved) return;
  scrollTo(0, 0);
  document.getElementById("main").focus();
}

function rangePage(range, products) {
  const cards = products
    .filter((product) => product.range === range.id)
    .map((product) =>
      el(
        "li",
        {},
        el(
          "a",
          { className: "card", href: `/range/${range.id}/${product.sku}` },
          drawing(product.shape, product.colours[0]),
          el("strong", {}, product.name),
          el("span", {}, pounds(product.pence / 100)),
        ),
      ),
    );
  return [
    el("h1", {}, range.name),
    el("p", { className: "lead" }, range.about),
    el("ul", { className: "cards" }, ...cards),
  ];
}

function productPage(range, product) {
  const art = drawing(product.shape, product.colours[0], product.name);
  const choices = product.colours.map((colour, index) =>
    el(
      "label",
      { className: "swatch", "data-colour": colour },
      el("input", {
        type: "radio",
        name: "colour",
        value: colour,
        checked: index === 0,
        onchange: () => art.setAttribute("data-colour", colour),
      }),
      colour,
    ),
  );
  const said = el("p", { className: "said", role: "status" });
  const order = el(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        basket.add(product, order.elements.colour.value);
        said.replaceChildren("In your basket. ", el("a", { href: "/basket" }, `Basket: ${pounds(basket.total)}`));
      },
    },
    el("fieldset", {}, el("legend", {}, "Colour"), ...choices),
    el("button", { className: "button" }, "Add to the basket"),
    said,
  );
  return [
    el("p", {}, el("a", { className: "crumb", href: `/range/${range.id}` }, `← ${range.name}`)),
    el(
      "article",
      { className: "product" },
      art,
      el(
        "div",
        {},
        el("h1", {}, product.name),
        el("p", { className: "price" }, pounds(product.pence / 100)),
        el("p", {}, product.about),
        order,
        el(
          "p",
          { className: "small" },
          `Number ${product.sku}. Or ring us: `,
          el("a", { href: "tel:+442079460112" }, "020 7946 0112"),
        ),
      ),
    ),
  ];
}
