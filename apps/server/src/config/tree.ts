/**
 * Converts a YAML document to the values that the schema expects. IBM's server reads its file with Go's viper, which treats keys
 * without a value as absent, ignores the case of keys, and converts each scalar to the type of its setting.
 */
import { type Document, isMap, isScalar } from "yaml";
import { IBM_SECTIONS } from "./environment.ts";
import { keysAt, kindOf, settings, valueFrom } from "./settings.ts";

/** A mapping whose values the schema has not checked yet. */
interface Tree {
  [key: string]: unknown;
}

const ADDRESS = "ep11crypto.connection.address";

/** Settings for which 0 means the default, as in gRPC. */
const ZERO_IS_ABSENT = /^ep11crypto\.connection\.keepalive\./;

/**
 * Returns the values of `document` (a mapping or empty) without the keys that have no effect, and the paths of those keys as
 * `ignored`.
 */
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
    else if (isPlain(value) && kindOf(setting) !== "other" && typeof value !== kindOf(setting))
      setIn(tree, path, valueFrom(sourceOf(document, path) ?? String(value), setting));
  }
  return { tree, ignored };
}

/**
 * Converts a list of addresses to comma-separated text. YAML also parses an unquoted `[::1]` as a list, and `[::]` as a list that
 * contains a mapping.
 */
function joinAddresses(values: readonly unknown[]): string {
  return values.map((value) => (isTree(value) && Object.keys(value).join() === ":" ? "::" : String(value))).join(",");
}

/** Returns `mapping` without keys that have no value. Keys in the sections of IBM's file get the schema's spelling. */
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

/** Returns the source text of a scalar, because 01.10 is a domain, not the number 1.1. */
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

function isPlain(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** Returns the value at `path`, or undefined if there is none. */
export function getIn(tree: Tree, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), tree);
}

/** Sets the value at `path`, and creates the mappings that lead to it. */
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
