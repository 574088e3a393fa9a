/** Parses YAML and environment variables into a valid {@link Config}, or reports what to correct. */
import { nearest } from "@grep11/command-line";
import { isMap, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { ConfigError } from "./config-error.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { type Config, configSchema } from "./schema.ts";
import { keysAt, settings } from "./settings.ts";
import { getIn, setIn, treeOf } from "./tree.ts";

/** A valid configuration, and properties of the text that it was parsed from. */
export interface LoadedConfig extends Config {
  /** Paths of keys that IBM's server uses and this one ignores. */
  readonly ignored: readonly string[];
  /** Whether the text contains a private key inline. */
  readonly hasPrivateKey: boolean;
}

const PRIVATE_KEY = ["ep11crypto", "connection", "tls", "keyfilebytes"];

/**
 * Parses and validates a configuration. `source` is the name of the text in complaints. Unknown keys are errors, in the file and
 * in the environment, except under `logging`, where they have no effect. A key without a value (YAML null) counts as absent. As
 * in IBM's server, empty text under `logging` and `ep11crypto` also counts as absent, and key names there are case-insensitive.
 * Errors: {@link ConfigError}.
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
    // The alternative of the union that the user meant is the one whose issue is inside the value.
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

/** Describes what the schema expected, in terms that users know. Never contains the value, which can be a key. */
function expectation(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too) /.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case "too_small":
      return issue.origin === "string" ? "expected non-empty text" : `expected at least ${issue.minimum}`;
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

/** Suggests the key that was probably meant: a similar one in the same mapping, or one with the same name elsewhere. */
function suggestion(key: string, path: readonly PropertyKey[]): string {
  const meant = nearest(key, keysAt(path) ?? []);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  const elsewhere = settings().find((setting) => setting.path.includes(key))?.path;
  if (elsewhere === undefined) return "";
  const parent = elsewhere.slice(0, elsewhere.indexOf(key));
  return parent.length === 0 ? "; it belongs at the top level" : `; it belongs under ${parent.join(".")}`;
}
