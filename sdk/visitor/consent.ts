export type ConsentState = "granted" | "pending" | "denied";

/** While consent is pending, this many snapshots wait in memory. */
const MOST_HELD = 100;

export interface Consent {
  _state: ConsentState;
  /** Runs what writes to the browser's storage or the network: now, when consent comes, or never. */
  _pass(action: () => void): void;
  _set(state: ConsentState): void;
}

/**
 * The visitor's consent, asked anew on every load: the page's own consent tool knows it, and calls `consent()`.
 * Global Privacy Control is denial, and stays so whatever the page says, unless the site document switches it off.
 */
export const createConsent = (required: boolean, heedsGpc: boolean): Consent => {
  const gpc = heedsGpc && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
  let held: (() => void)[] = [];
  const consent: Consent = {
    _state: gpc ? "denied" : required ? "pending" : "granted",
    _pass(action) {
      if (consent._state === "granted") action();
      else if (consent._state === "pending" && held.length < MOST_HELD) held.push(action);
    },
    _set(state) {
      if (gpc) return;
      consent._state = state;
      const actions = held;
      held = [];
      if (state === "granted") for (const action of actions) action();
    },
  };
  return consent;
};
