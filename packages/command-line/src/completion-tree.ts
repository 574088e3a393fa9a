/** Represents all possible command lines as a tree: each word leads from a node to a child node. */
import { allCommands, commonFlags, type Flag, type Flags, optionKinds, type Program } from "./program.ts";

export interface Node {
  /** The words on the path from the root to this node, each preceded by a slash: "", "/key", "/key/gen". */
  readonly path: string;
  /** The words that can come next, each with its description. */
  readonly words: ReadonlyMap<string, string>;
  /** The options of the command that the path calls. */
  readonly flags: Flags;
  /** The arguments of that command as the help shows them; empty if it takes none. */
  readonly args: string;
}

/** Returns whether arguments at this node can be file names. */
export function takesFiles({ args }: Node): boolean {
  return /\bFILE\b/.test(args);
}

/** The values that an option takes. "nothing": it is a switch. "anything": completion cannot suggest a value. */
export type Taken = { readonly words: readonly string[] } | "nothing" | "file" | "folder" | "anything";

export function takenBy(flag: Flag): Taken {
  if (flag.kind === "switch") return "nothing";
  if (flag.kind === "choice") return { words: flag.choices };
  if (flag.kind === "text" && flag.suggestions !== undefined) return { words: flag.suggestions };
  return flag.value === "FILE" ? "file" : flag.value === "DIR" ? "folder" : "anything";
}

/** Returns all nodes of the tree, starting with the root. */
function nodesOf(program: Program): readonly Node[] {
  const nodes = new Map<string, Node & { words: Map<string, string> }>();
  const at = (path: string) => {
    const node = nodes.get(path) ?? { path, words: new Map(), flags: {}, args: "" };
    nodes.set(path, node);
    return node;
  };
  const lead = (words: readonly string[], summary: string) => {
    words.forEach((word, depth) => {
      const isLast = depth === words.length - 1;
      const { words: next } = at(path(words.slice(0, depth)));
      if (isLast || !next.has(word)) next.set(word, isLast ? summary : `${word} ...`);
    });
  };
  at("");
  for (const command of allCommands(program)) {
    const words = command.name === "" ? [] : command.name.split(" ");
    lead(words, command.summary);
    if (words.length > 0) lead(["help", ...words], command.summary);
    const node = at(path(words));
    for (const choice of command.argChoices ?? []) node.words.set(choice, "");
    const flags = { ...command.flags, ...commonFlags(program) };
    nodes.set(node.path, { ...node, flags, args: command.args ?? "" });
  }
  for (const { name, title } of program.topics) lead(["help", name], title);
  const root = at("");
  root.words.set("help", "explain a command or a topic");
  nodes.set("", {
    ...root,
    flags: { ...root.flags, ...commonFlags(program), version: { kind: "switch", help: "print the version" } },
  });
  return [...nodes.values()];
}

/**
 * Returns what the scripts of all shells need: the nodes; `inner`, the paths of all nodes but the root; and the options that can
 * precede the command, with their dashes, as `switches` and as options that take a value (`valued`).
 */
export function treeOf(program: Program) {
  const nodes = nodesOf(program);
  const inner = nodes.map((node) => node.path).filter((path) => path !== "");
  const leading = (wanted: "switch" | "value") =>
    [...optionKinds(program)].flatMap(([name, kind]) => (kind === wanted ? [`--${name}`] : []));
  return { nodes, inner, switches: leading("switch"), valued: leading("value") };
}

function path(words: readonly string[]): string {
  return words.map((word) => `/${word}`).join("");
}

/** Returns the options of all nodes, each with the paths of the nodes that have it. Options that are equal share one entry. */
export function optionsOf(nodes: readonly Node[]): readonly { name: string; flag: Flag; paths: readonly string[] }[] {
  const groups = new Map<string, { name: string; flag: Flag; paths: string[] }>();
  for (const { path, flags } of nodes) {
    for (const [name, flag] of Object.entries(flags)) {
      const key = JSON.stringify([name, flag]);
      const group = groups.get(key) ?? { name, flag, paths: [] };
      group.paths.push(path);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

/** Quotes `text` for shells of the Bourne family. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
