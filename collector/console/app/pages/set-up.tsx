/** From nothing to the first matched call: people add a site and copy its tag, and the list turns green by itself. */
import { Card, Copy, Page } from "../parts";
import { Loaded } from "../resource";
import { NO_SITE, type PageProps } from "../routes";
import { collectorAddress, mayWrite } from "../session";
import { useSite } from "../site/document";
import { Installed } from "../site/installed";
import { NewSite } from "../site/new-site";
import { Progress } from "../site/progress";
import { Settings } from "../site/settings";

export default function Setup({ site }: PageProps) {
  if (site === NO_SITE) return <NewSite />;
  return <SiteSetup site={site} />;
}

function Written({ site }: { site: string }) {
  const document = useSite(site);
  return (
    <Loaded of={document}>
      {(saved) => (
        <>
          <Installed document={saved} />
          <Settings key={saved.version} saved={saved} reload={document.reload} />
        </>
      )}
    </Loaded>
  );
}

function SiteSetup({ site }: { site: string }) {
  return (
    <Page title="Set-up">
      <div class="two">
        <Card title="1. Put this tag on every page">
          <Copy what="the tag" text={`<script async src="${collectorAddress(`t/${site}.js`)}"></script>`} />
          <p class="hint">
            Into the template that all pages share, as near to the beginning of its head as you can; or into your tag
            manager, on all pages.
          </p>
        </Card>
        <Progress site={site} />
      </div>
      {mayWrite.value && <Written site={site} />}
    </Page>
  );
}
