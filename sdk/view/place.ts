import { emit } from "../browser/events";
import { chance } from "../browser/page";
import { pause } from "../browser/safe";
import { sessionIdOf } from "../session/visit";
import { enter } from "../visitor/visitor";
import { claimOf, release, type View } from "./view";

/** Two tabs that write the cookie at the same moment see each other's text after this many ms. */
const CERTAIN_AFTER = 150;
const MOST_LOOKS = 9;

/** Gives a view its place in the visitor's history. Releases its snapshots once no other tab has written meanwhile. */
export const place = async (placed: View): Promise<void> => {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const { _visit } = placed;
    const seen = enter(placed._startedAt, claimOf(placed), _visit);
    if (seen === _visit) break;
    placed._visit = seen;
    placed._sessionId = sessionIdOf(seen);
    if (seen._contextId !== _visit?._contextId) emit("view", seen._contextId);
    await pause(CERTAIN_AFTER * (1 + chance()));
    if (placed._isCertain) return;
  }
  placed._isCertain = true;
  release();
};
