/** The frame around every page: navigation, the choice of a site, who is signed in, and what was done last. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { type Problem, problemOf } from "./api";
import { forgetDrafts } from "./drafts";
import { keys, useKey } from "./keys";
import { Dialog, Page, said } from "./parts";
import { Empty, Failed, Loaded, useResource } from "./resource";
import { NO_SITE, placeOf, ROUTES, type Route } from "./routes";
import { mayWrite, session, signOut, sites } from "./session";

export function Shell({ site, route, item }: { site: string; route: Route; item: string | undefined }) {
  const [isHelp, setHelp] = useState(false);
  useKey("?", "shows these keys", () => setHelp(true));
  // On a phone, the navigation is a strip that is wider than the screen. So scroll the current link into view.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current link changes with the page.
  useEffect(() => {
    document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    scrollTo(0, 0);
  }, [route.path]);
  // If the focused element is gone, another page has taken its place. Show that page from its top, and move the focus
  // into it, so that the keyboard continues there.
  const before = useRef(item);
  useEffect(() => {
    if (before.current === item) return;
    before.current = item;
    if (document.activeElement !== document.body) return;
    document.querySelector("main")?.focus();
    scrollTo(0, 0);
  }, [item]);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.querySelector("main")?.focus()}>
        Skip to the page
      </button>
      <header class="side">
        <p class="brand">Calljoin</p>
        <Sites site={site} path={route.path} />
        <nav aria-label="Console">
          {ROUTES.map(({ path, title }) => (
            <Link key={path} href={placeOf(site, path)} aria-current={path === route.path ? "page" : undefined}>
              {title}
            </Link>
          ))}
        </nav>
        <Who />
      </header>
      <main tabIndex={-1}>
        {site === NO_SITE && !route.anywhere ? (
          <NoSite title={route.title} />
        ) : (
          <Opened key={route.path} {...{ site, route, item }} />
        )}
      </main>
      <p class="said" role="status">
        {said}
      </p>
      {isHelp && (
        <Dialog title="Keys" onClose={() => setHelp(false)}>
          <dl>
            {keys.value.map(({ key, does }) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <form method="dialog">
            <button type="submit">Close</button>
          </form>
        </Dialog>
      )}
    </div>
  );
}

/** Shows the page itself, once its part of the console is loaded. */
function Opened({ site, route, item }: { site: string; route: Route; item: string | undefined }) {
  const page = useResource(route.load, [route.path]);
  return <Loaded of={page}>{({ default: Content }) => <Content key={site} site={site} item={item} />}</Loaded>;
}

function Sites({ site, path }: { site: string; path: string }) {
  const [, go] = useLocation();
  return (
    <div class="sites">
      {sites.value.length > 0 && (
        <select aria-label="Site" value={site} onInput={({ currentTarget }) => go(placeOf(currentTarget.value, path))}>
          {site === NO_SITE && <option value={NO_SITE}>New site</option>}
          {sites.value.map(({ tracking_id, name }) => (
            <option key={tracking_id} value={tracking_id} selected={tracking_id === site}>
              {name}
            </option>
          ))}
        </select>
      )}
      {mayWrite.value && (
        <button type="button" onClick={() => go(placeOf(NO_SITE, "set-up"))}>
          Add a site
        </button>
      )}
    </div>
  );
}

function Who() {
  const [problem, setProblem] = useState<Problem | null>(null);
  const { name, role } = session.value ?? { name: "", role: "" };
  const leave = () => signOut().then(forgetDrafts, (error) => setProblem(problemOf(error)));
  return (
    <div class="who">
      <span class="quiet">
        {name}
        {role === "reader" && " (reads only)"}
      </span>
      <button type="button" onClick={leave}>
        Sign out
      </button>
      {problem && <Failed problem={problem} />}
    </div>
  );
}

function NoSite({ title }: { title: string }) {
  return (
    <Page title={title}>
      <Empty title="There is no site yet.">
        <p>
          A site is one shop's pages, with what is to be read on them.{" "}
          <Link href={placeOf(NO_SITE, "set-up")}>Create your first one.</Link>
        </p>
      </Empty>
    </Page>
  );
}
