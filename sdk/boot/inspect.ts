import { address } from "../browser/page";
import { fault } from "../browser/safe";
import { createEntity } from "../entity/entity";
import { toInspectedRow } from "../entity/row";
import { report } from "../queue/queue";
import { setup } from "../setup";
import { consent, view } from "../view/life";
import { isLost } from "../visitor/visitor";
import type { Calljoin, Subject } from "./api";

type Inspector = typeof import("../inspector");

/** The open view's entities, or as they would be. */
export const entities = () => view?._entities || setup.entities.map((entity) => createEntity(entity));

export const subjectOf = (api: Calljoin): Subject => ({
  api,
  setup,
  consent,
  isLost,
  fault,
  queue: report(),
  rows: entities().map(toInspectedRow),
});

/**
 * Calls the inspector's own module, which is loaded the first time: an import needs no Trusted Types policy, and of a strict CSP no more than
 * the collector's origin. In a page that was opened to be checked (`#calljoin=KEY`) it is another one of the same kind (sdk/check.ts).
 */
export const inspector = async <Act extends keyof Inspector>(act: Act, ...args: Parameters<Inspector[Act]>) => {
  try {
    (
      (await import(setup.collector + address().replace(/.*#calljoin|.*/, "/inspector.js?key")))[act] as (
        ...all: typeof args
      ) => void
    )(...args);
  } catch {} // the collector is not there
};
