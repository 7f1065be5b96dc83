// The "Call us" panel plays the call-tracking vendor. The vendor's token stays on the shop's server. This page only
// says what kind of call it is. It gets back the event that was posted, and the call that the collector made of it.

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
    // Always a new id: the same one would change the earlier call.
    order_id.value = `FK-${Date.now().toString(36).toUpperCase()}`;
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
  let latest = 0; // A later version of an earlier call must not replace the result of a later call.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    latest += 1;
    const turn = latest;
    const show = (...content) => {
      if (turn === latest) result.replaceChildren(...content);
      return turn === latest;
    };
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    show(el("p", { className: "hint" }, "Calling…"));
    try {
      const { seen, sent, call } = await placeCall(form);
      show(...resultOf(seen, sent, call));
      newOrder();
      follow(call, (again) => show(...resultOf(seen, sent, again))).catch(() => {}); // The first answer stands.
    } catch (error) {
      show(el("p", { className: "verdict failed" }, error.message));
    }
    button.disabled = false;
    result.scrollIntoView({ block: "start", behavior: "smooth" });
  });
}

/** What the browser saw when the button was pressed, what the vendor sent, and the call as the collector joined it. */
async function placeCall(form) {
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
  return { seen, sent, call };
}

/**
 * Shows each later version of a call for 20 s. The page may not have sent everything when the call arrived. The
 * collector joins the rest to the call when it arrives. `show` answers false if its result is no longer shown.
 */
async function follow({ id, version }, show) {
  for (let second = 0; second < 20; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { call } = await ask(`/api/calls/${id}`);
    if (call.version !== version && !show(call)) return;
    version = call.version;
  }
}

/**
 * What `calljoin` knows at this moment. Nothing if the tag has not loaded, because it is blocked or its collector is
 * down.
 */
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

/** Reads the id as a vendor's tag does. The cookie starts with the context_id, followed by a dot. */
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
