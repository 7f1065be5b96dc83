/** Says how a call stands with an advertising platform, in words for the person who has to do something about it. */
export const STANDING_WORDS: Record<string, string> = {
  sent: "Sent",
  waiting: "Waiting",
  not_a_goal: "Meets no goal that counts here",
  no_click_id: "The visit has no click from this platform",
  too_old: "Too old for the platform",
  no_consent: "The visitor has denied consent",
  refused: "Refused by the platform",
};
