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
 * than the collector's origin.
 */
export const inspect = safe((subject: Subject): void => {
  import(`${collectorUrl("inspector.js")}`).then(
    ({ show }) => show(subject),
    safe, // not to be had: what inspect() returns has to do
  );
});
