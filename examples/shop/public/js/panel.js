// The "Call us" panel plays the call-tracking vendor. The vendor's token stays on the shop's server: this page only says
// what kind of call it is, and gets back the event that was posted and the call that the collector made of it.

import { el } from "./dom.js";
import { resultOf } from "./result.js";

export function startPanel() {
  const panel = document.getElementById("call-panel");
  const form = document.getElementById("call-form");
  const result = document.getElementById("call-result");
  const { ordered, order_id, order_total } = form.elements;

  const allowOrder = () => {
    order_id.disabled = order_total.disabled = !ordered.checked;
  };
  const newOrder = () => {
    order_id.value = `FK-${String(Date.now()).slice(-7)}`;
    order_total.value = (basket.total || 25).toFixed(2);
  };

  document.getElementById("call-us").addEventListener("click", () => {
    newOrder();
    allowOrder();
    panel.showModal();
  });
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close(); // The backdrop.
  });
  ordered.addEventListener("change", allowOrder);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    result.replaceChildren(el("p", { className: "hint" }, "Calling…"));
    try {
      await call(form, (...content) => result.replaceChildren(...content));
      newOrder();
    } catch (error) {
      result.replaceChildren(el("p", { className: "verdict failed" }, error.message));
    }
    button.disabled = false;
    result.scrollIntoView({ block: "start", behavior: "smooth" });
  });
}

/** Makes the call and shows it; then once more when what the page still had to send has been answered. */
async function call(form, show) {
  const { kind, ordered, order_id, order_total, with_url, milliseconds } = form.elements;
  const seen = whatTheBrowserSaw();
  const { sent, call } = await ask("/api/calls", {
    kind: kind.value,
    context_id: contextIdInCookie(),
    visitor_id: window.rTap?.visitorId ?? null,
    url: with_url.checked ? location.href : "",
    order: ordered.checked ? { id: order_id.value, total: Number(order_total.value) } : null,
    unit: milliseconds.checked ? "ms" : "s",
  });
  show(...resultOf(seen, sent, call));

  // A value may still have been on its way when the call came. The collector then joins it again.
  await window.calljoin?.flush?.();
  const again = await ask(`/api/calls/${call.id}`);
  if (again.call.version !== call.version) show(...resultOf(seen, sent, again.call));
}

/** What `calljoin` knows at this moment; nothing where the tag has not loaded, be it blocked or its collector down. */
function whatTheBrowserSaw() {
  const api = window.calljoin;
  if (!api?.entities) return { loaded: false, context_id: null, session_id: null, view_id: null, entities: [] };
  return {
    loaded: true,
    context_id: api.contextId,
    session_id: api.sessionId,
    view_id: api.viewId,
    entities: api.entities(),
  };
}

/** As a vendor's tag reads it: the cookie starts with the context_id, then comes a dot. */
function contextIdInCookie() {
  return document.cookie.match(/(?:^|; )calljoin=([0-9a-z-]+)/)?.[1] ?? null;
}

async function ask(path, body) {
  const response = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: body ? { "content-type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}
