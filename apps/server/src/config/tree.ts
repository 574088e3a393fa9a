/**
 * Converts a YAML document to the values that the schema expects. It treats IBM's sections as IBM's server does, which uses the
 * Go library viper: keys without a value are absent, the case of keys is ignored, and scalars are converted to the setting's
 * type.
 */
import { type Document, isMap, isScalar } from "yaml";
import { IBM_SECTIONS } from "./environment.ts";
import { keysAt, kindOf, settings, valueFrom } from "./settings.ts";

/** A mapping that the schema has not checked yet. */
interface Tree {
  [key: string]: unknown;
}

const PRIMITIVES = ["string", "number", "boolean"];
const ADDRESS = "ep11crypto.connection.address";

/** Matches the settings for which 0 means the default, as in gRPC. */
const ZERO_IS_ABSENT = /^ep11crypto\.connection\.keepalive\./;

/** Returns the values of `document`, which is a mapping or empty, and the paths of the keys that have no effect. */
export function treeOf(document: Document): { tree: Tree; ignored: string[] } {
  const ignored: string[] = [];
  const tree = normalise((document.toJS() ?? {}) as Tree, [], ignored);
  for (const setting of settings()) {
    const { path } = setting;
    const value = getIn(tree, path);
    const isIbm = IBM_SECTIONS.includes(path[0] as string);
    if (path.join(".") === ADDRESS && Array.isArray(value)) setIn(tree, path, joinAddresses(value));
    else if (isIbm && (value === "" || (Number(value) === 0 && ZERO_IS_ABSENT.test(path.join(".")))))
      setIn(tree, path, undefined);
    else if (PRIMITIVES.includes(typeof value) && kindOf(setting) !== "other" && typeof value !== kindOf(setting))
      setIn(tree, path, valueFrom(sourceOf(document, path) ?? String(value), setting));
  }
  return { tree, ignored };
}

/** Converts a list of addresses to comma-separated text. YAML parses `[::1]` as a list, and `[::]` as a list of a mapping. */
function joinAddresses(values: readonly unknown[]): string {
  return values.map((value) => (isTree(value) && Object.keys(value).join() === ":" ? "::" : String(value))).join(",");
}

/** Returns `mapping` without keys that have no value. Keys in IBM's sections get the spelling of the schema. */
function normalise(mapping: Tree, path: readonly string[], ignored: string[]): Tree {
  const known = keysAt(path) ?? [];
  const tree: Tree = {};
  for (const [key, value] of Object.entries(mapping)) {
    const isIbm = IBM_SECTIONS.includes(path[0] ?? key.toLowerCase());
    const name = isIbm ? (known.find((spelling) => spelling.toLowerCase() === key.toLowerCase()) ?? key) : key;
    const at = [...path, name];
    // IBM's other logging settings, such as the levels of its packages, have no equivalent here.
    if (path[0] === "logging" && !known.includes(name)) ignored.push(at.join("."));
    else if (value !== null) tree[name] = isTree(value) && keysAt(at) ? normalise(value, at, ignored) : value;
  }
  return tree;
}

/** Returns the source text of a scalar. YAML would parse the domain 01.10 as the number 1.1. */
function sourceOf(document: Document, path: readonly string[]): string | undefined {
  let node: unknown = document.contents;
  for (const key of path) {
    if (!isMap(node)) return undefined;
    node = node.items.find((pair) => String(pair.key).toLowerCase() === key.toLowerCase())?.value;
  }
  return isScalar(node) ? node.source : undefined;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function getIn(tree: Tree, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), tree);
}

/** Sets the value at `path`. Creates the mappings that lead to it if they are missing. */
export function setIn(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const next = tree[key];
  const child: Tree = isTree(next) ? next : {};
  tree[key] = child;
  setIn(child, rest, value);
}
