/**
 * The entry point of the console. Finds out who is signed in, then shows the page and the site that the address names.
 */
import { render } from "preact";
import { Link, Redirect, Route, Router, Switch } from "wouter-preact";
import { HOME } from "./api";
import { SignIn } from "./pages/sign-in";
import { Failed, Loading } from "./resource";
import { NO_SITE, placeOf, ROUTES } from "./routes";
import { begin, failure, session, sites } from "./session";
import { Shell } from "./shell";

function App() {
  if (failure.value) {
    return (
      <main class="narrow">
        <h1>Calljoin</h1>
        <Failed problem={failure.value} retry={begin} />
      </main>
    );
  }
  if (session.value === undefined) return <Loading />;
  if (session.value === null) return <SignIn />;
  return (
    <Router base={HOME.pathname.replace(/\/$/, "")}>
      <Switch>
        <Route path="/:site/:page/:item?">{(parts) => <Place {...parts} />}</Route>
        <Route path="/:site">{(parts) => <Place {...parts} />}</Route>
        <Route>
          <Start />
        </Route>
      </Switch>
    </Router>
  );
}

function Place({ site, page, item }: { site: string; page?: string; item?: string | undefined }) {
  const isKnown = sites.value.some(({ tracking_id }) => tracking_id === site);
  if (!isKnown && site !== NO_SITE) return <UnknownSite site={decoded(site)} />;
  const route = ROUTES.find(({ path }) => path === page);
  if (route) return <Shell site={site} route={route} item={item && decoded(item)} />;
  return isKnown ? <Redirect to={placeOf(site, "overview")} replace /> : <Start />;
}

/**
 * Decodes what the router leaves encoded: `%3A`, `%2B` and the like
 * (https://tc39.es/ecma262/#sec-decodeuri-encodeduri). Ids may contain these characters.
 */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * Used if the address names no page. Goes to the first site's overview, or to the page that adds a site if there is
 * none.
 */
function Start() {
  const [first] = sites.value;
  return <Redirect to={first ? placeOf(first.tracking_id, "overview") : placeOf(NO_SITE, "set-up")} replace />;
}

function UnknownSite({ site }: { site: string }) {
  return (
    <main class="narrow">
      <h1>There is no site {site} here.</h1>
      <p>
        Its name may be mistyped, or not for you to read. <Link href="/">See the sites that you have.</Link>
      </p>
    </main>
  );
}

const place = document.getElementById("app");
if (place) render(<App />, place);
begin();
