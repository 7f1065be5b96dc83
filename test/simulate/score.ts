import type { Call } from "../collector/contract/shop";
import type { Truth } from "./causes";

export interface Score {
  cause: string;
  calls: number;
  /** Calls that what was sent can tell the view of. */
  joinable: number;
  joined: number;
  right: number;
  wrongView: number;
  wrongVisitor: number;
  /** Joined though nothing could tell to what. */
  invented: number;
  wrongValues: number;
}

export interface Told {
  cause: string;
  truth: Truth;
  /** What the collector says of the call; undefined where it has none. */
  call: Call | undefined;
}

export function scoreOf(cause: string, told: Told[]): Score {
  const count = (holds: (each: Told) => boolean) => told.filter(holds).length;
  return {
    cause,
    calls: told.length,
    joinable: count(({ truth }) => truth !== null),
    joined: count(isJoined),
    right: count(isRight),
    wrongView: count((each) => isJoined(each) && isVisitor(each) && !isRight(each)),
    wrongVisitor: count((each) => isJoined(each) && each.truth !== null && !isVisitor(each)),
    invented: count((each) => isJoined(each) && each.truth === null),
    wrongValues: count((each) => isRight(each) && !hasValues(each)),
  };
}

/** Every cause's score in the order given, and last that of all. */
export function scores(causes: string[], told: Told[]): Score[] {
  return [
    ...causes.map((cause) =>
      scoreOf(
        cause,
        told.filter((each) => each.cause === cause),
      ),
    ),
    scoreOf("all", told),
  ];
}

function isJoined({ call }: Told): boolean {
  return call?.join.status === "matched";
}

function isVisitor({ call, truth }: Told): boolean {
  return truth !== null && call?.join.context_id === truth.context_id;
}

function isRight(each: Told): boolean {
  return isJoined(each) && isVisitor(each) && each.call?.join.view_id === each.truth?.view_id;
}

function hasValues({ call, truth }: Told): boolean {
  const text = (values: object = {}) => JSON.stringify(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return text(call?.entities) === text(truth?.entities);
}

const percent = (part: number, whole: number) => (whole === 0 ? "–" : `${((100 * part) / whole).toFixed(2)} %`);

/** The scores as a table for people. */
export function table(all: Score[]): string {
  const header = [
    "cause",
    "calls",
    "joinable",
    "joined",
    "right view",
    "wrong view",
    "wrong visitor",
    "invented",
    "wrong values",
    "recall",
    "precision",
  ];
  const rows = all.map((score) => [
    score.cause,
    ...[
      score.calls,
      score.joinable,
      score.joined,
      score.right,
      score.wrongView,
      score.wrongVisitor,
      score.invented,
      score.wrongValues,
    ].map(String),
    percent(score.right, score.joinable),
    percent(score.right, score.joined),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return [line(header), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}

const LEAST_RECALL = 0.995;

/** Why the goal is missed, or null: 99.5 % of what can be joined is joined to its view, and nothing to a wrong one. */
export function shortfall(all: Score): string | null {
  const recall = all.right / all.joinable;
  const wrong = all.wrongView + all.wrongVisitor + all.invented + all.wrongValues;
  if (wrong > 0)
    return `${wrong} calls were joined to the wrong view, the wrong visitor, to somebody at all, or with wrong values`;
  return recall >= LEAST_RECALL
    ? null
    : `recall is ${percent(all.right, all.joinable)}, and should be ${100 * LEAST_RECALL} % at least`;
}
