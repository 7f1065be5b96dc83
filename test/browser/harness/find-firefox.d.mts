/** The path of an installed Firefox, as Debian and its like have it. */
export const FIREFOX: string | undefined;
