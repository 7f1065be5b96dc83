/**
 * Makes an element: `el("a", { href: "/" }, "Home")`. A key without a DOM property, such as one with a dash,
 * becomes an attribute. A key `on…` adds a listener. Text is added as text, never as HTML.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A drawing from /img/products.svg. shop.css sets the colour, because the CSP forbids inline styles. */
export function drawing(shape, colour, label) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("class", "art");
  svg.setAttribute("data-colour", colour);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const use = document.createElementNS(ns, "use");
  use.setAttribute("href", `/img/products.svg#${shape}`);
  svg.append(use);
  return svg;
}
