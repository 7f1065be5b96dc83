/** The path of a Chromium that starts on this machine. */
export function findChromium(): Promise<string | undefined>;
