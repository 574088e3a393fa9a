/** From a YAML text and environment variables to a checked {@link Config}, or to complaints a person can act on. */
import { readFile } from "node:fs/promises";
import { isMap, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type Config, configSchema } from "./schema.ts";

/** Environment variables that override the file begin with this; the rest is the path, such as EP11CRYPTO_CONNECTION_PORT. */
export const ENVIRONMENT_PREFIX = "GREP11_SERVER_";

/** A configuration that cannot be used; each complaint names where it stands, the path of the key and what is wrong. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly complaints: readonly string[];

  constructor(complaints: readonly string[]) {
    super(complaints.join("\n"));
    this.complaints = complaints;
  }
}

/**
 * Parse and check a configuration. `source` names the text in complaints. Unknown keys are complaints, in the file as in
 * the environment. Errors: {@link ConfigError}.
 */
export function parseConfig(
  text: string,
  source: string,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: "1.2", prettyErrors: false });
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map((error) => `${source}:${lines.linePos(error.pos[0]).line}: ${error.message}`),
    );
  if (document.contents !== null && !isMap(document.contents))
    throw new ConfigError([`${source}: expected keys such as ep11crypto: and grep11:`]);

  const value: Tree = (document.toJS() as Tree | null) ?? {};
  const overridden = overrideFrom(environment, value);
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;

  const where = (path: readonly PropertyKey[]): string => {
    const variable = overridden.get(path.join("."));
    if (variable !== undefined) return variable;
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
      if (node?.range !== undefined) return `${source}:${lines.linePos(node.range[0]).line}`;
    }
    return source;
  };
  throw new ConfigError(
    result.error.issues
      .flatMap(complaintsOf)
      .map(({ path, message }) => `${where(path)}: ${path.join(".")}: ${message}`),
  );
}

/** Read and check a configuration file. Errors: {@link ConfigError}; those of reading the file. */
export async function readConfigFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new ConfigError([`there is no ${path}`]) : error;
  });
  return parseConfig(text, path, environment);
}

/** The path of every setting, in the order of the schema, such as ["ep11crypto", "connection", "port"]. */
export function settingPaths(): string[][] {
  return leaves(configSchema, []).map(({ path }) => path);
}

type Tree = { [key: string]: Tree | unknown };
interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function complaintsOf(issue: z.core.$ZodIssue): Complaint[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: "unknown key" }));
  if (issue.code === "invalid_union") {
    // Of several forms, the one that was meant is the one that has something to say about a part of the value.
    const meant = issue.errors.find((issues) => issues.flatMap(complaintsOf).some(({ path }) => path.length > 0));
    if (meant !== undefined)
      return meant.flatMap(complaintsOf).map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
  }
  return [{ path: issue.path, message: issue.message }];
}

/** Put environment variables into `value`; answers which path came from which variable. */
function overrideFrom(environment: Readonly<Record<string, string | undefined>>, value: Tree): Map<string, string> {
  const settings = new Map(settingPaths().map((path) => [ENVIRONMENT_PREFIX + path.join("_").toUpperCase(), path]));
  const overridden = new Map<string, string>();
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(ENVIRONMENT_PREFIX) || text === undefined) continue;
    const path = settings.get(variable);
    if (path === undefined) throw new ConfigError([`${variable}: no setting has this name`]);
    setIn(value, path, environmentValue(text));
    overridden.set(path.join("."), variable);
  }
  return overridden;
}

/** The value of a variable: YAML when it is a number, a boolean or a list, else the text itself (PEM has colons). */
function environmentValue(text: string): unknown {
  if (!/^(\d+|true|false|\[.*\])$/s.test(text)) return text;
  return parseDocument(text).toJS();
}

function setIn(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const next = tree[key];
  const child: Tree = typeof next === "object" && next !== null ? (next as Tree) : {};
  tree[key] = child;
  setIn(child, rest, value);
}

/** One setting of the schema, for the reference documentation. */
export interface Setting {
  readonly path: string[];
  readonly description: string;
  readonly schema: z.core.$ZodType;
}

/** Every setting of the schema with its description. */
export function settings(): Setting[] {
  return leaves(configSchema, []);
}

function leaves(schema: z.core.$ZodType, path: string[]): Setting[] {
  const inner = unwrapped(schema);
  if (inner._zod.def.type !== "object") return [{ path, schema, description: (schema as z.ZodType).description ?? "" }];
  const { shape } = inner._zod.def as z.core.$ZodObjectDef;
  return Object.entries(shape).flatMap(([key, child]) => leaves(child, [...path, key]));
}

/** The schema inside defaults and optionals. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const def = schema._zod.def as { type: string; innerType?: z.core.$ZodType };
  return def.innerType !== undefined ? unwrapped(def.innerType) : schema;
}
