import type { Calljoin, Report } from "./api";

/** How the inspector finds what it shows: as a property of its own script element, not of the window. */
export interface InspectorScript extends HTMLScriptElement {
  calljoin?: { api: Calljoin; report: () => Report; live: boolean };
}

interface WithTrustedTypes {
  trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): TrustedScripts };
}
interface TrustedScripts {
  createScriptURL(url: string): string;
}

let policy: TrustedScripts | undefined;

/** Loads the inspector, each time anew: it shows and goes. Where it may not be loaded, the plain rows have to do. */
export const loadInspector = (url: string, details: NonNullable<InspectorScript["calljoin"]>): void => {
  const plainly = () => console.table(details.api.entities());
  try {
    const { trustedTypes } = window as WithTrustedTypes;
    policy = policy || trustedTypes?.createPolicy("calljoin", { createScriptURL: (trusted) => trusted });
    const script: InspectorScript = document.createElement("script");
    script.src = policy ? policy.createScriptURL(url) : url;
    script.calljoin = details;
    script.onload = () => script.remove();
    script.onerror = plainly;
    document.head.append(script);
  } catch {
    plainly(); // the page's CSP allows no policy of ours
  }
};
