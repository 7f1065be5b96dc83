/** What could not be read: all of it, with the reason. Once the cause is fixed, people can have it read again. */
import { Link, useLocation, useSearch } from "wouter-preact";
import { ofSite, Problem, pathOf, post } from "../api";
import { Choice } from "../choices";
import { Time, text } from "../format";
import { Action, Page, Raw, say } from "../parts";
import { Empty, Loaded, useAsked } from "../resource";
import { type PageProps, placeOf } from "../routes";
import { mayWrite } from "../session";
import { type Step, Steps } from "../site/steps";
import { DOING, OpeningRow, Pager, Table } from "../table";

interface Rejected {
  id: string;
  route: string;
  vendor: string | null;
  received_at: number;
  reason: string;
  detail: string | null;
  body: unknown;
}
interface List {
  rejected: Rejected[];
  next_cursor: string | null;
}

export default function RejectedPage({ site }: PageProps) {
  const [, go] = useLocation();
  const query = new URLSearchParams(useSearch());
  const filter = { reason: query.get("reason") ?? "", cursor: query.get("cursor") ?? "" };
  const show = (change: Partial<typeof filter>) => {
    const said = Object.entries({ ...filter, cursor: "", ...change }).filter(([, value]) => value);
    go(`${placeOf(site, "rejected")}?${new URLSearchParams(said)}`);
  };
  const path = pathOf(["v1", "sites", site, "rejected"], { ...filter, limit: 50 });
  const list = useAsked<List>(path);
  return (
    <Page title="Rejected">
      <p class="quiet">Events that vendors sent and that could not be read. Mend the cause, then replay them.</p>
      <Loaded of={list}>
        {({ rejected, next_cursor }) =>
          rejected.length === 0 && !filter.cursor ? (
            <Empty title={filter.reason ? `Nothing is rejected as ${filter.reason}.` : "Nothing was rejected."}>
              {filter.reason ? (
                <Link href={placeOf(site, "rejected")}>Show all</Link>
              ) : (
                <p>
                  What a vendor sends can be tried before it is sent, under{" "}
                  <Link href={placeOf(site, "vendors")}>Vendors</Link>.
                </p>
              )}
            </Empty>
          ) : (
            <>
              <div class="row ends">
                <Choice
                  label="Reason"
                  path="reason"
                  value={filter.reason}
                  onInput={(reason) => show({ reason })}
                  none="any"
                  options={[...new Set([filter.reason, ...rejected.map(({ reason }) => reason)])]
                    .filter(Boolean)
                    .sort()}
                />
              </div>
              <Table label="Rejected events, newest first" heads={["Received", "Vendor", "Reason", "Detail", DOING]}>
                {rejected.map((event) => (
                  <Row key={event.id} site={site} event={event} reload={list.reload} />
                ))}
              </Table>
              <Pager cursor={filter.cursor} next={next_cursor} to={(cursor) => show({ cursor })} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function Row({ site, event, reload }: { site: string; event: Rejected; reload: () => void }) {
  const { id, route, vendor, received_at, reason, detail, body } = event;
  async function replay() {
    const { rejected } = await post<{ rejected: { reason: string; detail?: string }[] }>(
      ofSite(site, "rejected", id, "replay"),
    );
    const [again] = rejected;
    if (again)
      throw new Problem(400, `It is rejected again, as ${again.reason}: ${again.detail ?? "nothing has changed"}`);
    say("It was read.");
    reload();
  }
  return (
    <OpeningRow
      columns={5}
      beside={mayWrite.value && <Action label="Replay" does={replay} />}
      cells={
        <>
          <td>
            <Time at={received_at} />
          </td>
          <td>{vendor}</td>
          <td>{reason}</td>
          <td>{detail}</td>
        </>
      }
    >
      <p class="quiet">
        It came to <code>{route}</code>
      </p>
      <Raw label="The event">{text(body)}</Raw>
      {mayWrite.value && <AllAlike site={site} event={event} reload={reload} />}
    </OpeningRow>
  );
}

/** Reads again everything from this vendor that was rejected for this reason. */
function AllAlike({ site, event: { reason, vendor }, reload }: { site: string; event: Rejected; reload: () => void }) {
  const step = (last: Step | null) =>
    post<Step>(ofSite(site, "rejected", "replay"), {
      reason,
      vendor: vendor ?? undefined,
      cursor: last?.next_cursor ?? undefined,
    });
  return <Steps label={`Replay all alike: ${reason}${vendor ? ` from ${vendor}` : ""}`} step={step} done={reload} />;
}
