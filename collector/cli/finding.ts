/** What the doctor finds. `warning`: it works, but is worth a look. */
type State = "ok" | "warning" | "FAILED";

/** One part, what was found, and what to do if something is wrong. */
export interface Finding {
  state: State;
  part: string;
  what: string;
  todo?: string | undefined;
}

export const ok = (part: string, what: string): Finding => ({ state: "ok", part, what });
export const warning = (part: string, what: string, todo?: string): Finding => ({ state: "warning", part, what, todo });
export const failed = (part: string, what: string, todo?: string): Finding => ({ state: "FAILED", part, what, todo });
