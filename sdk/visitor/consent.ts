export type ConsentState = "granted" | "pending" | "denied";

/** While consent is pending, so many steps wait in memory. */
const MOST_HELD = 200;

export interface Consent {
  _state: ConsentState;
  /** Runs what needs the browser's storage or the network: now, when consent comes, or never. */
  _pass(action: () => void): void;
  _set(state: ConsentState): void;
}

/**
 * The visitor's consent. Where it is required it is remembered by the cookie alone, which is there only after it was granted.
 * Global Privacy Control is denial, and stays so whatever the page says, unless the site document has it ignored.
 */
export const createConsent = (isRequired: boolean, heedsGpc: boolean): Consent => {
  const isDenied = heedsGpc && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
  let held: (() => void)[] = [];
  const consent: Consent = {
    _state: isDenied ? "denied" : isRequired ? "pending" : "granted",
    _pass(action) {
      if (consent._state === "granted") action();
      else if (consent._state === "pending" && held.length < MOST_HELD) held.push(action);
    },
    _set(state) {
      if (isDenied) return;
      const actions = held;
      held = [];
      consent._state = state;
      actions.forEach(consent._pass);
    },
  };
  return consent;
};
