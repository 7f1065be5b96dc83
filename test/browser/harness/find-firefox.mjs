import { existsSync } from "node:fs";

/** The path of an installed Firefox, as Debian and its like have it. */
export const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => existsSync(path));
