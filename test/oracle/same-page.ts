/**
 * Contract 6.3: "views whose URL equals the call's (scheme, host, path, query; no fragment)"; "URLs are compared as WHATWG URLs; one that
 * does not parse counts as none." The host is WHATWG's, so it includes a port that is not the scheme's own.
 */
export function samePage(a: string | null, b: string | null): boolean {
  const [left, right] = [page(a), page(b)];
  return left !== null && left === right;
}

function page(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const { protocol, host, pathname, search } = new URL(url);
  return JSON.stringify([protocol, host, pathname, search]);
}
