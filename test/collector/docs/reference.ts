/** docs/reference.md, made from the schemas that check what it describes. */
import { z } from "zod";
import { openApi } from "../../../collector/openapi/document";
import { siteSchema } from "../../../collector/wire/site";

interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
}

/** Parts that have a chapter of their own elsewhere. */
const ELSEWHERE: Record<string, string> = { "vendors.mapping": "[a mapping](vendors.md#any-other-vendor)" };

const code = (value: unknown) => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
const cell = (text: string) => text.replaceAll("|", "\\|").replace(/\s+/g, " ");
const row = (...cells: string[]) => `| ${cells.map(cell).join(" | ")} |`;

/** What a field takes, in words. `path` is its place in the document, and so the heading of its own table. */
function typeOf(schema: Schema, path: string): string {
  const elsewhere = ELSEWHERE[path];
  if (elsewhere) return elsewhere;
  if (schema.enum) return schema.enum.map(code).join(", ");
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms?.every(({ properties }) => properties)) return `[an object](#${anchorOf(path)})`;
  if (forms) return forms.map((form) => typeOf(form, path)).join(" or ");
  if (schema.properties) return `[an object](#${anchorOf(path)})`;
  if (schema.items) {
    const most = schema.maxItems === undefined ? "" : ` (up to ${schema.maxItems})`;
    return schema.items.properties
      ? `[a list of objects](#${anchorOf(path)})${most}`
      : `a list${most} of ${typeOf(schema.items, path).replace(/^text/, "texts")}`;
  }
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema;
  if (schema.type === "integer") {
    if (maximum < Number.MAX_SAFE_INTEGER) return `a whole number, ${minimum} to ${maximum}`;
    return minimum > Number.MIN_SAFE_INTEGER ? `a whole number, ${minimum} or more` : "a whole number";
  }
  if (schema.type === "string")
    return schema.maxLength === undefined ? "text" : `text of up to ${schema.maxLength} characters`;
  return { number: "a number", boolean: "`true` or `false`", null: "`null`" }[String(schema.type)] ?? "anything";
}

function anchorOf(path: string): string {
  return path.replace(/[^a-z_]/g, "");
}

/** The table of one object's fields, and after it those of the objects in them. */
function tables(schema: Schema, path: string): string[] {
  const own = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const place = path === "" ? name : `${path}.${name}`;
    if (!field.description) throw new Error(`${place} has no description: give it one in its schema`);
    const otherwise = schema.required?.includes(name)
      ? "required"
      : field.default === undefined
        ? "none"
        : code(field.default);
    return row(code(name), typeOf(field, place), otherwise, field.description);
  });
  const heading = path === "" ? [] : ["", `### ${path}`, ""];
  const head = ["| field | type | if left out | meaning |", "|---|---|---|---|"];
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const place = path === "" ? name : `${path}.${name}`;
    if (ELSEWHERE[place]) return [];
    const forms = field.oneOf ?? field.anyOf;
    if (forms?.every(({ properties }) => properties)) return variants(forms, place);
    const object = field.items ?? field;
    return object.properties ? tables(object, place) : [];
  });
  return [...heading, ...head, ...own, ...inner];
}

/** The table of an object that is one of several, told by their `type`. */
function variants(forms: Schema[], path: string): string[] {
  const rows = forms.map(({ properties = {}, description = "" }) => {
    const { type, ...others } = properties;
    const said = Object.entries(others).map(([name, field]) => {
      const otherwise = field.default === undefined ? "" : `; ${code(field.default)} if left out`;
      return `${code(name)}: ${typeOf(field, path)}${otherwise}`;
    });
    return row(code(type?.const), said.join(", "), description);
  });
  return ["", `### ${path}`, "", "| `type` | beside it | meaning |", "|---|---|---|", ...rows];
}

interface Operation {
  summary: string;
  security?: Record<string, unknown>[];
  parameters: { name: string; in: string; schema: Schema }[];
  requestBody?: unknown;
  responses: Record<string, unknown>;
}

const WHO: Record<string, string> = { admin: "you", vendor: "a vendor" };

function routes(): string[] {
  const { paths } = openApi() as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary, security = [], parameters, responses }]) => {
      const asked = parameters
        .filter((parameter) => parameter.in === "query")
        .map(({ name, schema }) => {
          return schema.enum ? `${code(name)} (${schema.enum.map(code).join(", ")})` : code(name);
        });
      const who = security
        .flatMap((one) => Object.keys(one))
        .map((name) => WHO[name] ?? name)
        .join(", ");
      const status = Object.keys(responses)
        .filter((one) => one !== "default")
        .join(", ");
      return row(code(`${method.toUpperCase()} ${path}`), who || "anybody", summary, asked.join(", "), status);
    }),
  );
}

/** The whole page. */
export function referencePage(): string {
  const site = z.toJSONSchema(siteSchema, { io: "input", unrepresentable: "any" }) as Schema;
  return `${[
    "# Reference",
    "",
    "<!-- Made from the schemas by `npm run docs`, which overwrites any change made here by hand. -->",
    "",
    "## The site document",
    "",
    "You save the document with `PUT /v1/sites/TRACKING_ID` and read it with `GET`. Calljoin saves it whole or not at all, and the answer names each mistake",
    "and its place. A tracking id, and each `name` of a vendor, webhook or goal, has 1 to 64 letters, digits, `.`, `_` or `-`, and begins with a letter or a",
    "digit.",
    "",
    ...tables(site, ""),
    "",
    "## Routes",
    "",
    "**You** send `Authorization: Bearer ADMIN_TOKEN`. **A vendor** sends its own token, in the same header or as `?token=`. `/openapi.json` describes every body",
    "and answer. Times are epoch milliseconds. A refusal is [problem+json](https://www.rfc-editor.org/rfc/rfc9457), and its `errors` say what is wrong and where.",
    "The collector also refuses a parameter that a route does not know.",
    "",
    "| route | who | what | parameters | answer |",
    "|---|---|---|---|---|",
    ...routes(),
  ].join("\n")}\n`;
}
