/**
 * An entity's value is JavaScript, "exactly as it stands on the site" (contract 2). It becomes ordinary code in the
 * site's script, so the browser evaluates no text. That is why we must prove that it is one expression before we save
 * it.
 */
import { type Expression, parse, parseExpressionAt, type Token, tokenizer, tokTypes } from "acorn";
import type { Entity, Site } from "../wire/site";
import { compileBridge } from "./bridges";
import { quote } from "./quote";

/**
 * The syntax that browsers of the last years can read. A single newer token would make the whole script unreadable to
 * older ones.
 */
const SYNTAX = { ecmaVersion: 2022, sourceType: "script" } as const;

/** Safari before 16.4 cannot read a script that contains a lookbehind (https://caniuse.com/js-regexp-lookbehind). */
const LOOKBEHIND = /\(\?<[=!]/;

/** Why an entity cannot have this value, or null if it can. */
export function faultOfValue({ type, value }: Pick<Entity, "type" | "value">): string | null {
  let expression: Expression;
  try {
    // Keep the parentheses, so that `(a || b)` ends where they do.
    expression = parseExpressionAt(value, 0, { ...SYNTAX, preserveParens: true });
    if (tokenizer(value.slice(expression.end), SYNTAX).getToken().type !== tokTypes.eof) {
      return `must be a single JavaScript expression: something follows it at character ${expression.end + 1}`;
    }
    // Parse it again as it will appear in the script. A comment or a bracket must not reach the code after it.
    const tokens: Token[] = [];
    if (!isOneReturn(readerOf(value), tokens)) return "must be a single JavaScript expression";
    if (tokens.some(isLookbehind)) {
      return "must not use a lookbehind, (?<= or (?<!, because older browsers could not read the whole script";
    }
  } catch (error) {
    return `must be a single JavaScript expression: ${(error as Error).message}`;
  }
  if (isFunction(expression)) {
    return "must be a value, not a function: call it, as in (() => document.title)(), or write only its expression";
  }
  if (type === "simple" && !isLiteral(expression) && !isPath(expression)) {
    return 'must be a literal ("gold", 42) or the path of a variable (dataLayer[0].user.id); for anything else use type "expression"';
  }
  return null;
}

/** The code of a function that reads a value. The line break ends a comment at the end of the value. */
export function readerOf(value: string): string {
  return `function(){return(${value}\n)}`;
}

/**
 * An entity as code, for `sdk/setup.ts`. If the variable at the start of a path is not defined, its name may mean an
 * element with that id instead
 * (https://html.spec.whatwg.org/multipage/nav-history-apis.html#named-access-on-the-window-object). The element's own
 * `id` and `name` are not data of the page. So the code returns the element instead of following the path, and an
 * element is no value.
 */
export function compileEntity({ name, type, scope, value }: Entity): string {
  const root = type === "simple" ? rootOf(value) : null;
  const guard = root === null ? "" : `if(/(Element|Collection)]/.test({}.toString.call(${root})))return ${root}\n`;
  const reader = readerOf(value).replace("{", () => `{${guard}`);
  return `{name:${quote(name)},type:${quote(type)},scope:${quote(scope)},value:${reader}}`;
}

/** What the script is told in addition to the document. */
export interface Served {
  /** The document's version. Undefined if it was never saved. */
  version?: number | undefined;
  /** Where browsers reach the collector (`Config.publicUrl`). */
  publicUrl?: string | undefined;
}

/**
 * The site's setup as code, for `sdk/script.ts`. It runs in the page's global scope, like code typed into the browser's
 * console.
 */
export function compileSetup(trackingId: string, document: Site, { version, publicUrl }: Served = {}): string {
  const entities = document.entities.map(compileEntity);
  const bridges = document.vendors.flatMap(({ bridge }) => (bridge ? [compileBridge(bridge)] : []));
  const gpc = document.global_privacy_control === "denied";
  const members = [
    `site:${quote(trackingId)}`,
    // Leave out what is not set, to keep the script small.
    ...(version === undefined ? [] : [`version:${version}`]),
    ...(publicUrl === undefined ? [] : [`collector:${quote(publicUrl)}`]),
    ...(document.consent === "required" ? ['consent:"pending"'] : []),
    `gpc:${gpc}`,
    `entities:[${entities.join(",\n")}]`,
    `bridges:[${bridges.join(",\n")}]`,
  ];
  return `{${members.join(",")}}`;
}

function isFunction(node: Expression): boolean {
  if (node.type === "ParenthesizedExpression") return isFunction(node.expression);
  return ["ArrowFunctionExpression", "FunctionExpression", "ClassExpression"].includes(node.type);
}

function isLookbehind(token: Token & { value?: { pattern: string } }): boolean {
  if (token.type !== tokTypes.regexp) return false;
  const pattern = token.value?.pattern ?? "";
  return LOOKBEHIND.test(pattern.replace(/\\.|\[(?:\\.|[^\]\\])*\]/gs, ""));
}

/** Whether the code is a function that returns something and does nothing else. Adds its tokens to the list. */
function isOneReturn(code: string, tokens: Token[]): boolean {
  const { body } = parse(`(${code})`, { ...SYNTAX, onToken: tokens });
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

/** The variable at the start of a path: `cart` in `cart[0].id` and `window.cart.id`. Null if nothing follows it. */
function rootOf(value: string): string | null {
  const steps: Expression[] = [];
  let node: Expression = parseExpressionAt(value, 0, SYNTAX);
  while (node.type === "MemberExpression" || node.type === "ChainExpression") {
    if (node.type === "MemberExpression") steps.unshift(node);
    node = node.type === "MemberExpression" ? (node.object as Expression) : node.expression;
  }
  const isWindow =
    node.type === "ThisExpression" || /^(window|self|globalThis)$/.test(value.slice(node.start, node.end));
  const [root, next] = isWindow ? steps : [node, ...steps];
  return root && next ? value.slice(root.start, root.end) : null;
}
