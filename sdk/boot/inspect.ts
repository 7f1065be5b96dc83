import type { Calljoin, Report } from "./api";

/** What the inspector finds as a property of its own script element, as no global is ours but `calljoin`. */
export interface Subject {
  api: Calljoin;
  report: () => Report;
  /** Whether it should go on showing what happens. */
  isLive: boolean;
  /** Set by the inspector when it has been loaded. */
  show?: () => void;
}

interface WithTrustedTypes {
  trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptUrls };
}
interface ScriptUrls {
  createScriptURL(url: string): string;
}

const asIs = { createScriptURL: (url: string) => url };

/** Shows what is going on, by a script that is loaded the first time. Where the page's CSP allows none, the plain rows have to do. */
export const inspect = (url: string, subject: Subject): void => {
  if (subject.show) {
    subject.show();
    return;
  }
  const plainly = () => console.table(subject.api.entities());
  try {
    const urls = (window as WithTrustedTypes).trustedTypes?.createPolicy("calljoin", asIs) || asIs;
    const script = document.createElement("script");
    script.src = urls.createScriptURL(url);
    script.onerror = plainly;
    document.head.append(Object.assign(script, { calljoin: subject }));
  } catch {
    plainly();
  }
};
