// Made-up stand-ins for the tags that a real shop has. None of them sends anything.
// The site document's entities read `r7k12_si`, `rTap` and the `_ga` cookies.

(() => {
  const digits = (count) => Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => byte % 10).join("");
  const hex = (count) =>
    Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => (byte % 16).toString(16)).join("");

  /** The value that is kept under `key`. It is made when it is first used. */
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
    // biome-ignore lint/suspicious/noDocumentCookie: analytics tags do so; some browsers have no Cookie Store.
    document.cookie = `_ga=GA1.1.${digits(9)}.${seconds}; path=/; max-age=34560000; samesite=lax`;
  }

  // Its session, which starts again when the browser starts.
  if (!/(?:^|; )_ga_DEMO=/.test(document.cookie)) {
    const seconds = Math.floor(Date.now() / 1000);
    // biome-ignore lint/suspicious/noDocumentCookie: as above.
    document.cookie = `_ga_DEMO=GS2.1.s${seconds}$o1$g0$t${seconds}$j60$l0$h0; path=/; samesite=lax`;
  }

  // Call tracking: the vendor's own id for the visitor.
  window.rTap = { visitorId: remembered(localStorage, "rtap", () => `gbr0${hex(12)}`) };

  // The CRM. A slow script sets its visit id seconds after the page has loaded, in a plain global variable.
  const visit = remembered(sessionStorage, "crm-visit", () => `v-${hex(6)}`);
  setTimeout(() => {
    window.r7k12_si = visit;
  }, 2500);
})();
