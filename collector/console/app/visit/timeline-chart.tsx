/**
 * Draws the timeline of a visit. Also shows the values as of the moment that somebody chooses with a pointer or the
 * keys.
 */
import { useId, useMemo, useState } from "preact/hooks";
import { clockTime, count, shortDay, span, text } from "../format";
import { Facts } from "../parts";
import { Listing } from "../table";
import { pageOf, type Session, type View } from "./context";
import { lead } from "./explained";
import { Later } from "./later";
import { type Knot, type Mark, momentAt, placeAt, type Timeline, timelineOf, valuesAsOf, viewAsOf } from "./timeline";

const LANE = 34;
const TOP = 18;
/** A bar narrower than this is drawn just wide enough to see. */
const LEAST = 0.008;
/** More marks than this, side by side, would be finer than the screen. */
const MARKS = 600;

const x = (place: number) => `${(place * 100).toFixed(3)}%`;

interface Props {
  sessions: Session[];
  call?: { ts: number; view_id: string | null; cut: number } | null;
  scopes: Map<string, string>;
}

/** What the timeline shows: a moment, and the view whose values it shows at that moment. */
interface Moment {
  at: number;
  view: View | null;
  what: string;
}

export function VisitTimeline({ sessions, call = null, scopes }: Props) {
  // Computed once for each visit, not for each move of the pointer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the time and the view of a call matter here.
  const line = useMemo(() => timelineOf(sessions, call), [sessions, call?.ts, call?.view_id]);
  const moments = useMemo(() => (line ? momentsOf(line) : []), [line]);
  const [pointed, setPointed] = useState<Moment | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const id = useId();
  if (!line) return null;
  const ofCall = moments.findIndex(({ what }) => what === CALL);
  const index = Math.min(chosen ?? (ofCall < 0 ? moments.length - 1 : ofCall), moments.length - 1);
  const moment = pointed ?? moments[index];
  if (!moment) return null;

  function point(event: PointerEvent) {
    if (!line) return;
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const at = momentAt(line.scale, (event.clientX - box.left) / box.width);
    const lane = Math.floor((event.clientY - box.top - TOP) / LANE);
    setPointed({ at, view: viewAsOf(line, at, lane >= 0 && lane < line.lanes ? lane : null), what: "" });
  }

  return (
    <div class="stack">
      <div class="timeline">
        <Drawing line={line} chosen={call?.view_id ?? null} at={moment.at} onPoint={point} onLeave={setPointed} />
      </div>
      <div class="field">
        <label for={id}>Moment</label>
        <input
          id={id}
          type="range"
          min={0}
          max={moments.length - 1}
          value={index}
          aria-valuetext={`${clockTime(moment.at, true)}, ${moment.what || "between"}`}
          onInput={({ currentTarget }) => {
            setPointed(null);
            setChosen(Number(currentTarget.value));
          }}
        />
      </div>
      <AsOf sessions={sessions} moment={moment} call={call} scopes={scopes} />
      <Later summary="The visit as a table">
        <Listing
          label="What happened, in order"
          rows={moments}
          keyOf={({ at, view, what }) => `${at} ${view?.view_id} ${what}`}
          columns={[
            ["When", ({ at }) => `${shortDay(at)}, ${clockTime(at, true)}`, "num"],
            ["View", ({ view }) => view && pageOf(view.url)],
            ["What", ({ what }) => what],
          ]}
        />
      </Later>
    </div>
  );
}

const CALL = "the call";

/** Everything that happened, in order. The keys step through it. */
function momentsOf({ bars, marks, call }: Timeline): Moment[] {
  const viewOf = new Map(bars.map(({ view }) => [view.view_id, view]));
  const own = call && bars.filter(({ lane, view }) => lane === call.lane && view.started_at <= call.at).at(-1);
  const moments: (Moment & { order: number })[] = [
    ...bars.map(({ view }) => ({ at: view.started_at, view, what: `view ${view.number ?? ""} begins`, order: 0 })),
    ...marks.map(({ at, view_id, changes }) => ({
      at,
      view: viewOf.get(view_id) ?? null,
      what: changes.map(([name, value]) => `${name} is ${text(value)}`).join(", "),
      order: 1,
    })),
    ...(call ? [{ at: call.at, view: own?.view ?? null, what: CALL, order: 2 }] : []),
  ];
  return moments.sort((a, b) => a.at - b.at || a.order - b.order);
}

interface DrawingProps {
  line: Timeline;
  chosen: string | null;
  at: number;
  onPoint: (event: PointerEvent) => void;
  onLeave: (nothing: null) => void;
}

/** Horizontal places are shares of the width, whatever it is. Vertical places are px. */
function Drawing({ line, chosen, at, onPoint, onLeave }: DrawingProps) {
  const { scale, lanes, bars, call, ticks } = line;
  const bottom = TOP + lanes * LANE;
  const label = `${bars.length} views in ${lanes === 1 ? "one tab" : `${lanes} tabs`}${call ? ", and the call" : ""}`;
  return (
    <svg
      role="img"
      aria-label={label}
      height={bottom + 22}
      onPointerMove={onPoint}
      onPointerDown={onPoint}
      onPointerLeave={() => onLeave(null)}
    >
      {scale.folds.map(({ from, to }) => (
        <g key={from.at} class="fold">
          <rect x={x(from.place)} width={x(to.place - from.place)} y={TOP} height={bottom - TOP}>
            <title>{`${span(to.at - from.at)} in which nothing happened`}</title>
          </rect>
          <text x={x((from.place + to.place) / 2)} y={12} text-anchor="middle">
            {span(to.at - from.at).replace(/ \d+ s$/, "")}
          </text>
        </g>
      ))}
      {bars.map(({ view, lane, place, width }) => (
        <g key={view.view_id} class={view.view_id === chosen ? "bar chosen" : "bar"}>
          {width < LEAST && (
            <rect class="least" x={x(place)} y={TOP + lane * LANE + 4} width={5} height={LANE - 10} rx={2} />
          )}
          <svg x={x(place)} width={x(width)} y={TOP + lane * LANE + 4} height={LANE - 10}>
            <title>{`${view.url ?? "an unknown page"}, ${clockTime(view.started_at, true)} to ${clockTime(view.last_seen_at, true)}`}</title>
            <rect width="100%" height="100%" rx={2} />
            <text x={9} y={16}>
              {pageOf(view.url)}
            </text>
          </svg>
        </g>
      ))}
      {fewer(line.marks).map((mark) => (
        <circle
          key={`${mark.view_id} ${mark.at}`}
          class="mark"
          cx={x(mark.place)}
          cy={TOP + mark.lane * LANE + LANE - 6}
          r={3.5}
        />
      ))}
      {call && (
        <g class="calling">
          <line x1={x(call.place)} x2={x(call.place)} y1={14} y2={bottom} />
          <text x={x(call.place)} y={11} text-anchor={call.place > 0.5 ? "end" : "start"}>
            call
          </text>
        </g>
      )}
      <line class="at" x1={x(placeAt(scale, at))} x2={x(placeAt(scale, at))} y1={TOP} y2={bottom} />
      {ticks.map(({ at: tick, place }, index) => (
        <text key={tick} class="tick" x={x(place)} y={bottom + 15} text-anchor={place > 0.9 ? "end" : "start"}>
          {tickText(ticks, index)}
        </text>
      ))}
    </svg>
  );
}

/** In a visit shorter than this, two times may be in the same minute. They are then written with seconds. */
const SHORT_MS = 10 * 60_000;

/** A time. Adds its day if the time next to it is on another day. */
function tickText(ticks: Knot[], index: number): string {
  const tick = ticks[index];
  const beside = ticks[index - 1] ?? ticks.at(-1);
  if (!tick || !beside) return "";
  const isShort = (ticks.at(-1)?.at ?? 0) - (ticks[0]?.at ?? 0) < SHORT_MS;
  const time = clockTime(tick.at, isShort);
  return shortDay(beside.at) === shortDay(tick.at) ? time : `${shortDay(tick.at)}, ${time}`;
}

/** Drops a mark in the same place as another one, because nobody would see it. */
function fewer(marks: Mark[]): Mark[] {
  const taken = new Set<string>();
  return marks.filter(({ lane, place }) => {
    const spot = `${lane} ${Math.round(place * MARKS)}`;
    return !taken.has(spot) && taken.add(spot);
  });
}

function AsOf({ sessions, moment, call, scopes }: Props & { moment: Moment }) {
  const { at, view } = moment;
  const isCall = moment.what === CALL;
  const values = view ? valuesAsOf(sessions, view.view_id, isCall ? (call?.cut ?? at) : at, scopes) : [];
  return (
    <section class="asof" aria-live="polite" aria-label="As of this moment">
      <p>
        <span class="strong num">{`${shortDay(at)}, ${clockTime(at, true)}`}</span>
        {call && !isCall && <span class="quiet"> · {lead(call.ts - at)}</span>}
        {isCall && <span class="quiet"> · the call</span>}
        {view && <> · {pageOf(view.url)}</>}
      </p>
      {view !== null && view.snapshots_omitted > 0 && (
        <p class="quiet">Of this view's snapshots, {count(view.snapshots_omitted)} are not shown.</p>
      )}
      {values.length === 0 ? (
        <p class="quiet">No value was known then.</p>
      ) : (
        <Facts
          of={values.map(({ name, value, at: since }) => [
            name,
            <>
              <code>{text(value)}</code> <span class="quiet num">since {clockTime(since, true)}</span>
            </>,
          ])}
        />
      )}
    </section>
  );
}
