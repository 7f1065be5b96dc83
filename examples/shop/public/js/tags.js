// Made-up stand-ins for the tags that a real shop carries. None of them talks to anybody.
// `r7k12_si`, `rTap` and the `_ga` cookies are what the site document's entities read.

(() => {
  const digits = (count) => Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => byte % 10).join("");
  const hex = (count) =>
    Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => (byte % 16).toString(16)).join("");

  /** The value kept under `key`, made at the first use. */
  const remembered = (storage, key, make) => {
    try {
      const value = storage.getItem(key) ?? make();
      storage.setItem(key, value);
      return value;
    } catch {
      return make(); // Storage is switched off: a new value for each page.
    }
  };

  // Web analytics: a client id in a cookie, as GA writes it.
  if (!/(?:^|; )_ga=/.test(document.cookie)) {
    const seconds = Math.floor(Date.now() / 1000);
    // biome-ignore lint/suspicious/noDocumentCookie: analytics tags write it so, and the Cookie Store API is not in every browser.
    document.cookie = `_ga=GA1.1.${digits(9)}.${seconds}; path=/; max-age=34560000; samesite=lax`;
  }

  // And its session, which begins anew with the browser's.
  if (!/(?:^|; )_ga_DEMO=/.test(document.cookie)) {
    const seconds = Math.floor(Date.now() / 1000);
    // biome-ignore lint/suspicious/noDocumentCookie: as above.
    document.cookie = `_ga_DEMO=GS2.1.s${seconds}$o1$g0$t${seconds}$j60$l0$h0; path=/; samesite=lax`;
  }

  // Call tracking: the vendor's own id for the visitor.
  window.rTap = { visitorId: remembered(localStorage, "rtap", () => `gbr0${hex(12)}`) };

  // The CRM: its visit id comes from a slow script, seconds after the page has loaded, in a plain global variable.
  const visit = remembered(sessionStorage, "crm-visit", () => `v-${hex(6)}`);
  setTimeout(() => {
    window.r7k12_si = visit;
  }, 2500);
})();
