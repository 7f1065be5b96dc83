/** The page that adds a site. */
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { ask, ofSite, Problem } from "../api";
import { Form, Text } from "../form";
import { Page, say } from "../parts";
import { Empty } from "../resource";
import { placeOf } from "../routes";
import { mayWrite, readSites, sites } from "../session";
import { pageAddress } from "./check-page";

export function NewSite() {
  const [, go] = useLocation();
  const [name, setName] = useState("");
  const [typedId, setId] = useState<string | null>(null);
  const [origins, setOrigins] = useState("");
  const id = typedId ?? idOf(name);

  if (!mayWrite.value) {
    return (
      <Page title="Set-up">
        <Empty title="There is nothing for you to see yet.">
          <p>Ask the person who runs the collector for a token that can read a site.</p>
        </Empty>
      </Page>
    );
  }

  async function save() {
    if (name.trim() === "") throw new Problem(400, "A site needs a name.", [{ path: "name", message: "is required" }]);
    // A name in letters other than Latin ones suggests no tracking id.
    if (id === "") {
      throw new Problem(400, "A site needs a tracking id.", [
        { path: "tracking_id", message: "is required, in Latin letters or digits: such as shop-uk" },
      ]);
    }
    // Version 0 says that there is no version yet. So the collector does not overwrite a site that already exists.
    await ask(ofSite(id), { method: "PUT", body: { name, version: 0, origins: originsOf(origins) } }).catch((error) => {
      if (!(error instanceof Problem) || error.status !== 409) throw error;
      throw new Problem(409, "A site with this tracking id already exists.", [
        { path: "tracking_id", message: "is already taken; choose another one" },
      ]);
    });
    await readSites();
    say(`${name} is ready. Now add the tag.`);
    go(placeOf(id, "set-up"));
  }

  return (
    <Page title={sites.value.length === 0 ? "Your first site" : "A new site"}>
      <section class="card form">
        <Form onSave={save}>
          <Text label="Name" path="name" autofocus value={name} onInput={setName} hint="For people: Shop UK." />
          <Text
            label="Tracking id"
            path="tracking_id"
            isCode
            value={id}
            onInput={setId}
            hint="It is part of the tag and never changes. Letters, digits, . _ -"
          />
          <Text
            label="Origins"
            path="origins"
            rows={3}
            isCode
            value={origins}
            onInput={setOrigins}
            placeholder="https://shop.example"
            hint="The addresses of its pages, one on each line. The collector refuses other pages. If you leave this empty, any page may send to this site."
          />
        </Form>
      </section>
    </Page>
  );
}

/** The tracking id that a name suggests: "Shop UK" becomes shop-uk. */
export function idOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
}

/**
 * The origins in what was typed or pasted, which may also be whole addresses of pages. Anything else is left for the
 * collector to report.
 */
export function originsOf(typed: string): string[] {
  const lines = typed.split(/[\s,]+/).filter((line) => line !== "");
  return [...new Set(lines.map((line) => pageAddress(line)?.origin ?? line))];
}
