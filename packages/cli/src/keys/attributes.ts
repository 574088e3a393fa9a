/** Converts attributes to text and JSON, and back. */
import { nearest, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { parseHex } from "../terminal/output.ts";

/** The attributes whose values are numbers with names, and functions that convert between the two. */
const NAMED: ReadonlyMap<number, [nameOf: (value: number) => string, numberOf: (name: string) => number | undefined]> =
  new Map([
    [ck.CKA_CLASS, [ck.ckoName, ck.ckoNumber]],
    [ck.CKA_KEY_TYPE, [ck.ckkName, ck.ckkNumber]],
    [ck.CKA_KEY_GEN_MECHANISM, [ck.ckmName, ck.ckmNumber]],
  ]);

/** Converts attributes to JSON. Bytes become hexadecimal text; attributes, classes, key types and mechanisms become names. */
export function attributesToJson(template: ck.Template): Record<string, boolean | number | string> {
  const named = [...template].map(([attribute, value]) => {
    if (value instanceof Uint8Array) return [ck.ckaName(attribute), toHex(value)];
    const naming = NAMED.get(attribute);
    return [ck.ckaName(attribute), typeof value === "number" && naming !== undefined ? naming[0](value) : value];
  });
  return Object.fromEntries(named);
}

/** Converts the result of {@link attributesToJson} back. Errors: UsageError. */
export function attributesFromJson(json: unknown): ck.Template {
  if (typeof json !== "object" || json === null) throw new UsageError("the key file's attributes are not an object");
  return new Map(Object.entries(json).map(([name, value]) => parseAttribute(name, String(value), "hex")));
}

/**
 * Parses `CKA_NAME=VALUE`, where CKA_ can be omitted. The value is `true` or `false`, a number or its name, or bytes as text or
 * 0xHEX, depending on the attribute. Errors: UsageError.
 */
export function parseAttributeText(text: string): [number, ck.AttributeValue] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`an attribute is written CKA_NAME=VALUE, not ${text}`);
  return parseAttribute(text.slice(0, equals), text.slice(equals + 1), "text");
}

/** Returns the number of the attribute `name`, which may lack the prefix CKA_. Errors: UsageError. */
export function parseAttributeName(name: string): number {
  const attribute = ck.ckaNumber(name);
  if (attribute !== undefined) return attribute;
  const meant = nearest(`CKA_${name.replace(/^CKA_/i, "")}`, ck.ckaNames());
  throw new UsageError(`${name} is not an attribute${meant === undefined ? "" : `; did you mean ${meant}?`}`);
}

function parseAttribute(name: string, value: string, bytesAs: "hex" | "text"): [number, ck.AttributeValue] {
  const attribute = parseAttributeName(name);
  return [attribute, parseValue(attribute, value, bytesAs)];
}

function parseValue(attribute: number, value: string, bytesAs: "hex" | "text"): ck.AttributeValue {
  switch (ck.attributeKind(attribute)) {
    case "boolean":
      if (value !== "true" && value !== "false") throw new UsageError(`${ck.ckaName(attribute)} is true or false`);
      return value === "true";
    case "integer": {
      const number = NAMED.get(attribute)?.[1](value) ?? (/^\d+$/.test(value) ? Number(value) : undefined);
      if (number === undefined) throw new UsageError(`${ck.ckaName(attribute)} is a number, not ${value}`);
      return number;
    }
    case "bytes":
      if (bytesAs === "hex" || value.startsWith("0x")) return parseHex(value, ck.ckaName(attribute));
      return new TextEncoder().encode(value);
  }
}
