/** Lists the settings of the schema, and converts values that are given as text to their types. */
import type { z } from "zod";
import { configSchema } from "./schema.ts";

export interface Setting {
  /** The path of the setting, such as ["ep11crypto", "connection", "port"]. */
  readonly path: string[];
  readonly description: string;
  readonly schema: z.core.$ZodType;
}

/** Returns all settings, in the order of the schema. */
export function settings(): Setting[] {
  return leaves(configSchema, []);
}

/** Returns the keys that the mapping at `path` may have, or undefined if the schema has no mapping there. */
export function keysAt(path: readonly PropertyKey[]): string[] | undefined {
  let at = unwrapped(configSchema);
  for (const key of path) {
    const next = shapeOf(at)?.[String(key)];
    if (next === undefined) return undefined;
    at = unwrapped(next);
  }
  const shape = shapeOf(at);
  return shape && Object.keys(shape);
}

/** The texts that YAML 1.1 or Go's strconv.ParseBool accepts as booleans. */
const BOOLEANS = new Map<string, boolean>([
  ...["true", "t", "yes", "on", "1"].map((text) => [text, true] as const),
  ...["false", "f", "no", "off", "0"].map((text) => [text, false] as const),
]);

/** Returns the primitive type of a setting, or "other" for lists, unions and the like. */
export function kindOf({ schema }: Setting): "boolean" | "number" | "string" | "other" {
  const { type } = unwrapped(schema)._zod.def;
  return type === "enum" ? "string" : type === "boolean" || type === "number" || type === "string" ? type : "other";
}

/** Converts `text` to the type of the setting. Text that cannot be converted is returned, so that the schema rejects it. */
export function valueFrom(text: string, setting: Setting): unknown {
  const kind = kindOf(setting);
  if (kind === "boolean") return BOOLEANS.get(text.toLowerCase()) ?? text;
  return kind === "number" && /^\d+$/.test(text) ? Number(text) : text;
}

function leaves(schema: z.core.$ZodType, path: string[]): Setting[] {
  const shape = shapeOf(unwrapped(schema));
  if (shape === undefined) return [{ path, schema, description: (schema as z.ZodType).description ?? "" }];
  return Object.entries(shape).flatMap(([key, child]) => leaves(child, [...path, key]));
}

function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const { def } = schema._zod;
  return def.type === "object" ? (def as z.core.$ZodObjectDef).shape : undefined;
}

/** Returns the schema inside defaults, optionals and transformations. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const def = schema._zod.def as { type: string; innerType?: z.core.$ZodType; in?: z.core.$ZodType };
  const inner = def.innerType ?? (def.type === "pipe" ? def.in : undefined);
  return inner === undefined ? schema : unwrapped(inner);
}
