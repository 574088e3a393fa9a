/** Builds a valid {@link Config} from YAML and environment variables, or reports what is wrong with them. */
import { nearest } from "@grep11/command-line";
import { isMap, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { ConfigError } from "./config-error.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { type Config, configSchema } from "./schema.ts";
import { keysAt, settings } from "./settings.ts";
import { getIn, setIn, treeOf } from "./tree.ts";

/** A valid configuration, with properties of the text that it was parsed from. */
export interface LoadedConfig extends Config {
  /** The paths of keys that IBM's server uses and this server ignores. */
  readonly ignored: readonly string[];
  /** Whether the file contains a private key itself, not just the path of one. */
  readonly hasPrivateKey: boolean;
}

const PRIVATE_KEY = ["ep11crypto", "connection", "tls", "keyfilebytes"];

/**
 * Parses and validates a configuration. Complaints call the text `source`. Unknown keys are errors, except under `logging`, where
 * they have no effect. A key without a value (YAML null) counts as absent. Under `logging` and `ep11crypto`, as in IBM's server,
 * empty text counts as absent too, and the case of keys is ignored. Errors: ConfigError.
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
  const { path } = issue;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key${suggestion(key, path)}` }));
  if (issue.code === "invalid_union") {
    // The user meant the alternative of the union that complains about a part of the value, not about the whole value.
    const alternatives = issue.errors.map((issues) => issues.flatMap(complaintsOf));
    const meant = alternatives.find((complaints) => complaints.some((inside) => inside.path.length > 0));
    if (meant !== undefined) return meant.map((inside) => ({ ...inside, path: [...path, ...inside.path] }));
  }
  return [{ path, message: expectation(issue) }];
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

/** Describes in users' terms what the schema expected. The result does not contain the value, which can be a key. */
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

/** Suggests which key was probably meant: a similar key in the same mapping, or the same key elsewhere in the schema. */
function suggestion(key: string, path: readonly PropertyKey[]): string {
  const meant = nearest(key, keysAt(path) ?? []);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  const elsewhere = settings().find((setting) => setting.path.includes(key))?.path;
  if (elsewhere === undefined) return "";
  const parent = elsewhere.slice(0, elsewhere.indexOf(key));
  return parent.length === 0 ? "; it belongs at the top level" : `; it belongs under ${parent.join(".")}`;
}
