/** A webhook's parameters: the receiver's names, each with a value from the catalogue and an example of it. */
import { ofSite } from "../api";
import { Choice } from "../choices";
import { Text } from "../form";
import { text } from "../format";
import { useAsked } from "../resource";
import { Rows } from "../rows";
import type { SavedSite, Webhook } from "./document";
import { useRequest } from "./preview";

interface Catalogue {
  parameters: { value: string; group: string; type: string }[];
}

type Parameter = Webhook["parameters"][number];

const GROUPS: Record<string, string> = {
  call: "The call",
  join: "The match",
  context: "The visit",
  entity: "Entities",
};

/** In the list of values, this stands for a value of the user's own. */
const CONSTANT = "=";

/** No webhook can have more parameters than this, and neither can the one that makes the examples. */
const MOST = 200;

export function Parameters(props: {
  saved: SavedSite;
  hint: string;
  parameters: Parameter[];
  onChange: (parameters: Parameter[]) => void;
}) {
  const { saved, hint, parameters, onChange } = props;
  const site = saved.tracking_id;
  const { data } = useAsked<Catalogue>(ofSite(site, "parameters"));
  const values = data?.parameters ?? [];
  const examples = useExamples(
    site,
    values.map(({ value }) => value),
  );
  const options = [
    ...values.map(({ value, group }) => ({ value, label: value, group: GROUPS[group] ?? group })),
    { value: CONSTANT, label: "a constant…", group: "Your own" },
  ];
  const fresh = { name: "", value: values[0]?.value ?? "transaction.id" };

  return (
    <Rows
      legend="Parameters"
      hint={hint}
      what="parameter"
      path="parameters"
      rows={parameters}
      onChange={onChange}
      fresh={fresh}
    >
      {({ name, value }, path, put) => {
        const isConstant = data !== undefined && !values.some((known) => known.value === value);
        return (
          <>
            <Text
              label="Parameter name"
              path={`${path}.name`}
              isCode
              value={name}
              onInput={(to) => put({ name: to, value })}
            />
            <Choice
              label="Parameter value"
              path={isConstant ? `${path}.choice` : `${path}.value`}
              value={isConstant ? CONSTANT : value}
              onInput={(to) => put({ name, value: to === CONSTANT ? '""' : to })}
              options={data ? options : [{ value, label: value }]}
              hint={!isConstant && value in examples ? `such as ${text(examples[value])}` : undefined}
            />
            {isConstant && (
              <Text
                label="Constant"
                path={`${path}.value`}
                isCode
                value={value}
                onInput={(to) => put({ name, value: to })}
                hint='As JSON: "shop", 42, true'
              />
            )}
          </>
        );
      }}
    </Rows>
  );
}

/** An example of each value of the catalogue, as a call has it. Asks what a webhook that sends them all would send. */
function useExamples(site: string, values: string[]): Record<string, unknown> {
  const parameters = values.slice(0, MOST).map((value) => ({ name: `=${value}`, value }));
  const all: Webhook = {
    name: "examples",
    url: "https://receiver.example/",
    on: ["call.matched"],
    format: "json",
    parameters,
    filter: {},
  };
  const { request } = useRequest(site, values.length > 0 ? all : null, undefined);
  if (!request) return {};
  const body: Record<string, unknown> = JSON.parse(request.body);
  const known = Object.entries(body).filter(([name, value]) => name.startsWith("=") && value !== null);
  return Object.fromEntries(known.map(([name, value]) => [name.slice(1), value]));
}
