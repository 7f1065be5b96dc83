import { safe } from "../browser/safe";
import { collectorUrl } from "../setup";
import type { Calljoin, Report } from "./api";

/** What the inspector shows. */
export interface Subject {
  api: Calljoin;
  report: () => Report;
  /** Whether it should go on showing what happens. */
  isLive: boolean;
}

/**
 * Shows what is going on, by a module that is loaded the first time: an import needs no Trusted Types policy, and of a strict CSP no more
 * than the collector's origin. Where it cannot be loaded, the plain rows have to do.
 */
export const inspect = safe((subject: Subject): void => {
  import(`${collectorUrl("inspector.js")}`).then(
    ({ show }) => show(subject),
    () => console.table(subject.api.entities()),
  );
});
