/** The install checker. It opens a page, and the page itself says what it has and what is in its way. */
import { useState } from "preact/hooks";
import { Problem } from "../api";
import { Form, Text } from "../form";
import { Time } from "../format";
import { Card, State } from "../parts";
import { type Opened, pageAddress, usePageCheck } from "./check-page";
import type { SavedSite } from "./document";
import { findingsOf, SILENT } from "./findings";

/** A page whose tag works has reported by then. */
const PATIENCE_MS = 8_000;

export function Installed({ document }: { document: SavedSite }) {
  const [page, setPage] = useState(document.origins[0] ?? "");
  const { opened, open } = usePageCheck(document.tracking_id);
  return (
    <Card title="3. Check a page">
      <OpenPage page={page} setPage={setPage} label="Page to check" save="Open it" open={open} />
      <Waiting opened={opened} />
      {opened.report && (
        <div aria-live="polite" class="stack">
          <p class="quiet">
            {opened.report.page?.url} <Time at={opened.report.at} />
          </p>
          <ul class="findings">
            {findingsOf(opened.report, document).map(({ kind, what, mend }) => (
              <li key={what}>
                <State kind={kind}>{what}</State>
                {mend && <p class="hint">{mend}</p>}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}

/** Asks for a page's address, and opens it. */
export function OpenPage(props: {
  page: string;
  setPage: (page: string) => void;
  label: string;
  save: string;
  open: (page: string) => Promise<void>;
}) {
  const { page, setPage, label, save, open } = props;
  async function start() {
    const url = pageAddress(page);
    if (!url) {
      throw new Problem(400, "This is not the address of a page.", [
        { path: "page", message: "must be an address such as https://shop.example/basket" },
      ]);
    }
    await open(url.href);
  }
  return (
    <Form save={save} onSave={start} isMinor>
      <Text
        label={label}
        path="page"
        type="url"
        value={page}
        onInput={setPage}
        hint="It opens in another tab, and reports back here."
      />
    </Form>
  );
}

/**
 * Shown while a page has not reported. Says that the console is waiting and, after some seconds, why the page may not
 * report.
 */
export function Waiting({ opened }: { opened: Opened }) {
  const { state, address, since, problem } = opened;
  if (problem) {
    return (
      <p class="note bad" role="alert">
        {problem.status === 404 ? "This check has ended. Open the page again." : problem.detail}
      </p>
    );
  }
  if (state !== "waiting") return null;
  const isLate = Date.now() - since > PATIENCE_MS;
  return (
    <div class="note" role="status">
      <p>
        Waiting for the page to report. If no tab opened,{" "}
        <a href={address} target="_blank" rel="noopener noreferrer">
          open it here
        </a>
        .
      </p>
      {isLate && (
        <>
          <p>It has not reported yet. What may be in the way:</p>
          <ul class="dots">
            {SILENT.map((why) => (
              <li key={why}>{why}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
