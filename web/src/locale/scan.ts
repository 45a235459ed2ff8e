/** For the tests: what the sources say through `t`, and what they say without it. */

import { parse } from "svelte/compiler";

export interface Use {
  key: string;
  /** The values it is given; `other` is the English plural. */
  values: string[];
  other: string | undefined;
  where: string;
}

interface Node {
  type: string;
  [name: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** Calls `visit` for every node, with those above it; it says whether to go on below. */
function walk(node: unknown, visit: (node: Node, above: readonly Node[]) => boolean, above: readonly Node[] = []): void {
  if (Array.isArray(node)) for (const one of node) walk(one, visit, above);
  else if (isNode(node)) {
    if (!visit(node, above)) return;
    const below = [...above, node];
    for (const [name, value] of Object.entries(node)) if (name !== "loc" && name !== "metadata") walk(value, visit, below);
  } else if (typeof node === "object" && node !== null && !(node instanceof RegExp)) {
    for (const value of Object.values(node)) if (Array.isArray(value)) walk(value, visit, above);
  }
}

/** Any module or component as one tree. */
export function tree(name: string, source: string): Node {
  const component = name.endsWith(".svelte") ? source : `<script lang="ts">\n${source}\n</script>`;
  return parse(component, { modern: true }) as unknown as Node;
}

function isT(node: Node): boolean {
  return node.type === "CallExpression" && isNode(node["callee"]) && node["callee"]["name"] === "t";
}

const literal = (node: unknown): string | undefined =>
  isNode(node) && node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined;

/** Every `t(…)`; what is no plain literal comes with an empty key. */
export function uses(name: string, root: Node): Use[] {
  const found: Use[] = [];
  walk(root, (node) => {
    if (!isT(node)) return true;
    const [text, values] = node["arguments"] as unknown[];
    const properties = isNode(values) ? ((values["properties"] ?? []) as Node[]) : [];
    const names = properties.flatMap((one) => (isNode(one["key"]) ? [String(one["key"]["name"])] : []));
    const other = properties.find((one) => isNode(one["key"]) && one["key"]["name"] === "other");
    // What is given as a name or spread cannot be compared.
    const open = values !== undefined && (!isNode(values) || values.type !== "ObjectExpression" || names.length < properties.length);
    found.push({
      key: literal(text) ?? "",
      values: open ? ["*"] : names.filter((one) => one !== "other"),
      other: literal(other?.["value"]),
      where: name,
    });
    return true;
  });
  return found;
}

const SPOKEN = new Set(["aria-label", "aria-valuetext", "title", "placeholder", "alt", "label", "text", "data-label"]);
const LETTERS = /\p{L}{2}/u;
/** In an expression what stands in these is no result of it: it is compared, called or looked up. */
const NO_RESULT = new Set(["CallExpression", "BinaryExpression", "MemberExpression", "ArrowFunctionExpression"]);

const cooked = (node: Node): string =>
  literal(node) ?? (node.type === "TemplateElement" ? String((node["value"] as { cooked: string }).cooked) : "");

/** Text that a component shows, or says to a screen reader, without `t`. */
export function raw(root: Node): string[] {
  const found: string[] = [];
  walk(root["fragment"], (node, above) => {
    if (isT(node) || NO_RESULT.has(node.type) || /Directive$|^ConstTag$/.test(node.type)) return false;
    if (node.type === "Attribute" && !SPOKEN.has(String(node["name"]))) return false;
    if (node.type === "RegularElement" && node["name"] === "kbd") return false;
    if (node.type === "ImportExpression") return false;
    const text = node.type === "Text" ? String(node["data"]) : /Block$/.test(above.at(-1)?.type ?? "") ? "" : cooked(node);
    if (LETTERS.test(text)) found.push(text.trim());
    return true;
  });
  return found;
}

const WORDS = /\p{L}{2,}[,:;.…]? \p{L}/u;
/** Names of an object's fields that hold what is shown. */
const SHOWN = new Set(["name", "title", "label", "detail", "short", "note", "why"]);
const SIGNS = /sans-serif|^(\w+[-/:]\w+[ ;,]*)+$|rgb\(|hsl\(|codecs=|prefers-color|^(dark light|not all)$|^[MLAZ \d.-]+$/;

/** Text of two words or more in scripts, wherever it goes, without `t`. */
export function loose(root: Node): string[] {
  const found: string[] = [];
  for (const script of [root["instance"], root["module"]])
    walk(script, (node) => {
      if (isT(node) || node.type === "ImportDeclaration" || node.type === "TSLiteralType") return false;
      const text = cooked(node);
      if (WORDS.test(text) && !SIGNS.test(text)) found.push(text);
      const field = node.type === "Property" && isNode(node["key"]) && SHOWN.has(String(node["key"]["name"]));
      if (field && LETTERS.test(literal(node["value"]) ?? "")) found.push(literal(node["value"]) ?? "");
      return true;
    });
  return found;
}
