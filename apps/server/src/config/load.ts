/** From a YAML text and environment variables to a checked {@link Config}, or to complaints a person can act on. */
import { nearest } from "@grep11/command-line";
import { isMap, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { requirePrivate } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { type Config, configSchema } from "./schema.ts";
import { keysAt, settings } from "./settings.ts";
import { getIn, setIn, treeOf } from "./tree.ts";

/** A configuration that cannot be used; each complaint names where it stands, the path of the key and what is wrong. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly complaints: readonly string[];

  constructor(complaints: readonly string[]) {
    super(complaints.join("\n"));
    this.complaints = complaints;
  }
}

/** There is no such file. */
export class NoConfigError extends ConfigError {
  constructor(path: string) {
    super([`there is no ${path}; write a configuration, or try the program out with --dev and without one`]);
  }
}

/** A checked configuration, and the keys of its text that have no effect. */
export interface LoadedConfig extends Config {
  /** Paths of keys that IBM's server may know and this one does not need. */
  readonly ignored: readonly string[];
  /** Whether the text itself contains a private key. */
  readonly hasPrivateKey: boolean;
}

const PRIVATE_KEY = ["ep11crypto", "connection", "tls", "keyfilebytes"];

/**
 * Parse and check a configuration. `source` names the text in complaints. A key without a value (YAML null) counts as
 * absent; so does an empty text under `logging` and `ep11crypto`, as for IBM's server, which does not distinguish capital letters
 * in keys either. Unknown keys are complaints, in the file as in the environment, except under `logging`, where they decide
 * nothing. Errors: {@link ConfigError}.
 */
export function parseConfig(text: string, source: string, environment: Environment): LoadedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: "1.2", prettyErrors: false });
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map((error) => `${source}:${lines.linePos(error.pos[0]).line}: ${error.message}`),
    );
  if (document.contents !== null && !isMap(document.contents))
    throw new ConfigError([`${source}: expected keys such as ep11crypto: and grep11:`]);

  const { tree, ignored } = treeOf(document);
  const hasPrivateKey = getIn(tree, PRIVATE_KEY) !== undefined;
  const { overrides, complaints } = readEnvironment(environment);
  if (complaints.length > 0) throw new ConfigError(complaints);
  const overridden = new Map<string, string>();
  for (const { variable, path, value } of overrides) {
    setIn(tree, path, value);
    overridden.set(path.join("."), variable);
  }
  const result = configSchema.safeParse(tree);
  if (result.success) return { ...result.data, ignored, hasPrivateKey };

  const where = (path: readonly PropertyKey[]): string => {
    const variable = overridden.get(path.join("."));
    if (variable !== undefined) return variable;
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as Node | undefined;
      if (node?.range) return `${source}:${lines.linePos(node.range[0]).line}`;
    }
    return source;
  };
  throw new ConfigError(
    result.error.issues
      .flatMap(complaintsOf)
      .map(({ path, message }) => `${where(path)}: ${path.join(".")}: ${message}`),
  );
}

/**
 * Read and check a configuration file. It decides who may call, so that it is refused when everybody may write it; and like a
 * secret file when it has a private key in it. Errors: {@link ConfigError}, FileRefusedError.
 */
export async function readConfigFile(path: string, environment: Environment): Promise<LoadedConfig> {
  const { content, status } = await readTrustedFile(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new NoConfigError(path) : error;
  });
  const config = parseConfig(new TextDecoder().decode(content), path, environment);
  if (config.hasPrivateKey)
    await requirePrivate(path, status, { groupReadable: config.grep11.allowGroupReadableSecrets });
  return config;
}

interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function complaintsOf(issue: z.core.$ZodIssue): Complaint[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      message: `unknown key${suggestion(key, issue.path)}`,
    }));
  if (issue.code === "invalid_union") {
    // Of several forms, the one that was meant is the one that has something to say about a part of the value.
    const meant = issue.errors.find((issues) => issues.flatMap(complaintsOf).some(({ path }) => path.length > 0));
    if (meant !== undefined)
      return meant.flatMap(complaintsOf).map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
  }
  return [{ path: issue.path, message: expectation(issue) }];
}

const TYPES: Readonly<Record<string, string>> = {
  boolean: "true or false",
  number: "a number",
  int: "a whole number",
  string: "text",
  array: "a list",
  object: "keys with values",
  record: "keys with values",
};

/** What the schema says of a value; the words of the schema library are for programmers. Never the value: it may be a key. */
function expectation(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too) /.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case "too_small":
      return issue.origin === "string" ? "expected text, not an empty one" : `expected at least ${issue.minimum}`;
    case "too_big":
      return `expected at most ${issue.maximum}`;
    case "invalid_value":
      return `expected ${issue.values.map(String).join(", ")}`.replace(/, ([^,]*)$/, " or $1");
    case "invalid_union": {
      const forms = issue.errors.flatMap((issues) => issues.flatMap(complaintsOf));
      return `expected ${[...new Set(forms.map(({ message }) => message.replace(/^expected /, "")))].join(" or ")}`;
    }
    default:
      return issue.message;
  }
}

/** The key that was meant: one of the same mapping, or one of this name elsewhere. */
function suggestion(key: string, path: readonly PropertyKey[]): string {
  const meant = nearest(key, keysAt(path) ?? []);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  const elsewhere = settings().find((setting) => setting.path.includes(key))?.path;
  if (elsewhere === undefined) return "";
  const parent = elsewhere.slice(0, elsewhere.indexOf(key));
  return parent.length === 0 ? "; it belongs at the top" : `; it belongs under ${parent.join(".")}`;
}
