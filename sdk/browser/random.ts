import { chance } from "./page";

/** Random base-36 characters. */
export const random = (length: number): string => {
  let text = "";
  while (text.length < length) text += ((chance() * 36) | 0).toString(36);
  return text;
};
