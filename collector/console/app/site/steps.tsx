/**
 * Does long work in steps. Shows how far it has got, and a button that stops it. What is done stays done, even if
 * somebody closes the page.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Problem, problemOf } from "../api";
import { count } from "../format";
import { say } from "../parts";
import { Failed } from "../resource";

/** What a step has done, and where the next one continues. */
export interface Step {
  replayed: number;
  /** How many were tried again and refused again. */
  refused?: number;
  remaining: number;
  /** The work is about deliveries that were given up before this moment. */
  before?: number;
  /** Null after the last step. */
  next_cursor?: string | null;
}

export function Steps({
  label,
  step,
  done,
}: {
  label: string;
  step: (last: Step | null) => Promise<Step>;
  done: () => void;
}) {
  const [progress, setProgress] = useState<Step | null>(null);
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isStopped = useRef(false);
  useEffect(
    () => () => {
      isStopped.current = true;
    },
    [],
  );

  async function run() {
    isStopped.current = false;
    setRunning(true);
    setProblem(null);
    let [last, replayed, refused]: [Step | null, number, number] = [null, 0, 0];
    try {
      do {
        last = await step(last);
        replayed += last.replayed;
        refused += last.refused ?? 0;
        setProgress({ ...last, replayed, refused });
      } while (!isStopped.current && goesOn(last));
    } catch (error) {
      setProblem(problemOf(error));
    }
    setRunning(false);
    // The list may now be empty, and gone from the page together with this button. So say the result elsewhere, too.
    if (last) say(`${label}: ${told({ ...last, replayed, refused })}`);
    done();
  }

  const { replayed = 0, refused = 0, remaining = 0 } = progress ?? {};
  const all = replayed + refused + remaining;
  return (
    <div class="row">
      {isRunning ? (
        <button
          type="button"
          onClick={() => {
            isStopped.current = true;
          }}
        >
          Stop
        </button>
      ) : (
        <button type="button" onClick={run}>
          {label}
        </button>
      )}
      {isRunning && all > 0 && <progress aria-label={label} max={all} value={replayed + refused} />}
      <span class="quiet num" role="status">
        {progress && told(progress)}
      </span>
      {problem && <Failed problem={problem} />}
    </div>
  );
}

function told({ replayed, refused = 0, remaining }: Step): string {
  return `${count(replayed)} of ${count(replayed + refused + remaining)}${refused ? `, ${count(refused)} refused again` : ""}`;
}

/** A step without a cursor that has done nothing is the last one, because another one would do nothing either. */
function goesOn({ replayed, remaining, next_cursor }: Step): boolean {
  return next_cursor === undefined ? remaining > 0 && replayed > 0 : next_cursor !== null;
}
