import { el } from "./dom.js";

/** Shows the basket, and draws it again at each change. */
export function showBasket(root) {
  const draw = () => {
    const pressed = document.activeElement?.getAttribute("aria-label");
    root.replaceChildren(...(basket.lines.length > 0 ? filled(basket.lines) : empty()));
    // The button that was pressed has been replaced. Focus the new one, so that keyboard users do not lose their place.
    if (pressed) root.querySelector(`button[aria-label="${CSS.escape(pressed)}"]`)?.focus();
  };
  document.addEventListener("basket", draw);
  draw();
}

const empty = () => [
  el("p", { className: "lead" }, "Nothing in it yet."),
  el("p", {}, el("a", { className: "button", href: "/range/teapots" }, "See the teapots")),
];

function filled(lines) {
  const rows = lines.map((line) =>
    el(
      "li",
      {},
      el("span", { className: "what" }, el("strong", {}, line.name), ` ${line.colour}`),
      el(
        "span",
        { className: "stepper" },
        step(line, -1, "−"),
        el("span", {}, String(line.quantity)),
        step(line, 1, "+"),
      ),
      el("span", { className: "sum" }, pounds((line.pence * line.quantity) / 100)),
    ),
  );
  return [
    el("ul", { className: "lines" }, ...rows),
    el("p", { className: "total" }, "Total ", el("strong", {}, pounds(basket.total))),
    el(
      "p",
      { className: "small" },
      "There is no checkout: orders are taken on the telephone, ",
      el("a", { href: "tel:+442079460112" }, "020 7946 0112"),
      ".",
    ),
  ];
}

function step(line, by, sign) {
  const label = `${by > 0 ? "One more" : "One less"}: ${line.name}, ${line.colour}`;
  return el("button", { type: "button", "aria-label": label, onclick: () => basket.add(line, line.colour, by) }, sign);
}
