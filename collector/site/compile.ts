/**
 * An entity's value is JavaScript, "exactly as it stands on the site" (contract 2). It becomes ordinary code of the site's script, so that
 * nothing is evaluated in the browser; therefore it has to be proved one expression before it is saved.
 */
import { type Expression, parse, parseExpressionAt, tokenizer, tokTypes } from "acorn";
import type { Entity, Site } from "../wire/site";
import { compileBridge } from "./bridges";
import { quote } from "./quote";

/** What browsers of the last years read: one newer token would cost the older ones the whole script. */
const SYNTAX = { ecmaVersion: 2022, sourceType: "script" } as const;

/** Why a value cannot be an entity's, or null where it can. */
export function faultOfValue({ type, value }: Pick<Entity, "type" | "value">): string | null {
  let expression: Expression;
  try {
    expression = parseExpressionAt(value, 0, SYNTAX);
    if (tokenizer(value.slice(expression.end), SYNTAX).getToken().type !== tokTypes.eof) {
      return `must be one JavaScript expression: something follows it at character ${expression.end + 1}`;
    }
    // And as it will stand in the script: a comment or a bracket must not reach what comes after it.
    if (!isOneReturn(readerOf(value))) return "must be one JavaScript expression";
  } catch (error) {
    return `must be one JavaScript expression: ${(error as Error).message}`;
  }
  if (type === "simple" && !isLiteral(expression) && !isPath(expression)) {
    return 'must be a literal ("gold", 42) or a variable\'s path (dataLayer[0].user.id); anything else is of type "expression"';
  }
  return null;
}

/** The code of a function that reads a value. The line break ends a comment that the value may close with. */
export function readerOf(value: string): string {
  return `function(){return(${value}\n)}`;
}

/** The site's setup as code, for `sdk/script.ts`; it stands in the page's global scope, as what is typed into the console does. */
export function compileSetup(trackingId: string, document: Site): string {
  const entities = document.entities.map(
    ({ name, type, scope, value }) =>
      `{name:${quote(name)},type:${quote(type)},scope:${quote(scope)},value:${readerOf(value)}}`,
  );
  const bridges = document.vendors.flatMap(({ bridge }) => (bridge ? [compileBridge(bridge)] : []));
  const gpc = document.global_privacy_control === "denied";
  const members = [
    `site:${quote(trackingId)}`,
    // What is not said is not served: a site without entities has to fit into 5,000 bytes.
    ...(document.consent === "required" ? ['consent:"required"'] : []),
    `gpc:${gpc}`,
    `entities:[${entities.join(",\n")}]`,
    `bridges:[${bridges.join(",\n")}]`,
  ];
  return `{${members.join(",")}}`;
}

function isOneReturn(code: string): boolean {
  const { body } = parse(`(${code})`, SYNTAX);
  const [statement, ...more] = body;
  if (more.length > 0 || statement?.type !== "ExpressionStatement") return false;
  const { expression } = statement;
  return (
    expression.type === "FunctionExpression" &&
    expression.body.body.length === 1 &&
    expression.body.body[0]?.type === "ReturnStatement"
  );
}

function isLiteral(node: Expression): boolean {
  if (node.type === "Literal") return ["string", "number", "boolean"].includes(typeof node.value);
  if (node.type === "TemplateLiteral") return node.expressions.length === 0;
  return node.type === "UnaryExpression" && node.operator === "-" && isLiteral(node.argument);
}

function isPath(node: Expression): boolean {
  if (node.type === "Identifier" || node.type === "ThisExpression") return true;
  if (node.type === "ChainExpression") return isPath(node.expression);
  if (node.type !== "MemberExpression" || node.object.type === "Super") return false;
  const step = node.property;
  return isPath(node.object) && (node.computed ? step.type !== "PrivateIdentifier" && isLiteral(step) : true);
}
