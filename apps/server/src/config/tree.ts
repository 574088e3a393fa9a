/**
 * The values of a YAML document as the schema wants them. IBM's server reads its file with Go's viper, which takes empty
 * keys for absent ones, does not distinguish capital letters in keys, and makes of every scalar what the setting wants.
 */
import { type Document, isMap, isScalar } from "yaml";
import { IBM_SECTIONS } from "./environment.ts";
import { keysAt, kindOf, settings, valueFrom } from "./settings.ts";

/** A mapping whose values the schema has not checked yet. */
export interface Tree {
  [key: string]: unknown;
}

const ADDRESS = "ep11crypto.connection.address";

/** 0 means the default for these, as it does for gRPC. */
const ZERO_IS_ABSENT = /^ep11crypto\.connection\.keepalive\./;

/** The values of `document`, a mapping or empty; and the paths of keys that have no effect, which are not among them. */
export function treeOf(document: Document): { tree: Tree; ignored: string[] } {
  const ignored: string[] = [];
  const tree = given((document.toJS() ?? {}) as Tree, [], ignored);
  for (const setting of settings()) {
    const { path } = setting;
    const value = getIn(tree, path);
    const isIbm = IBM_SECTIONS.includes(path[0] as string);
    if (path.join(".") === ADDRESS && Array.isArray(value)) setIn(tree, path, listed(value));
    else if (isIbm && (value === "" || (Number(value) === 0 && ZERO_IS_ABSENT.test(path.join(".")))))
      setIn(tree, path, undefined);
    else if (isPlain(value) && kindOf(setting) !== "other" && typeof value !== kindOf(setting))
      setIn(tree, path, valueFrom(sourceOf(document, path) ?? String(value), setting));
  }
  return { tree, ignored };
}

/**
 * A list of addresses as the text that the schema takes. YAML takes an address in brackets for a list too, and `[::]`, without
 * quotes, for one of a mapping.
 */
function listed(values: readonly unknown[]): string {
  return values.map((value) => (isTree(value) && Object.keys(value).join() === ":" ? "::" : String(value))).join(",");
}

/** `mapping` without keys that have no value, and in the sections of IBM's file with keys in the schema's spelling. */
function given(mapping: Tree, path: readonly string[], ignored: string[]): Tree {
  const known = keysAt(path) ?? [];
  const tree: Tree = {};
  for (const [key, value] of Object.entries(mapping)) {
    const isIbm = IBM_SECTIONS.includes(path[0] ?? key.toLowerCase());
    const name = isIbm ? (known.find((word) => word.toLowerCase() === key.toLowerCase()) ?? key) : key;
    const at = [...path, name];
    // Levels of other packages, and whatever else IBM's server knows of logging: nothing depends on it.
    if (path[0] === "logging" && !known.includes(name)) ignored.push(at.join("."));
    else if (value !== null) tree[name] = isTree(value) && keysAt(at) ? given(value, at, ignored) : value;
  }
  return tree;
}

/** How a scalar is written: 01.10 is a domain, not the number 1.1. */
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

/** What is at `path`, if anything. */
export function getIn(tree: Tree, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), tree);
}

/** Puts `value` at `path`; mappings on the way are made. */
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
