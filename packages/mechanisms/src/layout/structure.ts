/**
 * Defines parameters that are structures. They can have EP11's wire form (docs/reference/ep11.md#standard-parameters) or be
 * messages of GREP11.
 */
import type * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { type Field, type FieldSpec, lengthOf, type Named, NOTHING, type Raw, requireThat } from "./field.ts";
import { type Member, Parameter } from "./parameter.ts";

// biome-ignore lint/suspicious/noExplicitAny: fields of all types; ValueOf and InputOf have the types
type Fields = Named<Field<any, any, boolean>>;

type Flat<T> = { readonly [K in keyof T]: T[K] };
type Never<T> = [T] extends [never] ? true : false;

/** The value that reading a structure of fields `F` returns. */
export type ValueOf<F extends Fields> = Flat<{
  [K in keyof F as F[K] extends Field<infer V, infer _I, boolean>
    ? Never<V> extends true
      ? never
      : K
    : never]: F[K] extends Field<infer V, infer _I, boolean> ? V : never;
}>;

type InputKeys<F extends Fields, Optional extends boolean> = {
  [K in keyof F]: F[K] extends Field<infer _V, infer I, Optional> ? (Never<I> extends true ? never : K) : never;
}[keyof F];

/** The input for writing a structure of fields `F`. */
export type InputOf<F extends Fields> = Flat<
  { [K in InputKeys<F, false>]: F[K] extends Field<infer _V, infer I, boolean> ? I : never } & {
    [K in InputKeys<F, true>]?: F[K] extends Field<infer _V, infer I, boolean> ? I : never;
  }
>;

type Structured = Exclude<ck.MechanismParameter, Uint8Array>;

/** Options of a structure. */
export interface StructureOptions {
  /** The equivalent message of GREP11: its type, and the name that each member has in the message. */
  readonly message?: { readonly type: Structured["type"]; readonly members: Named<string> };
  /**
   * Whether the wire form is accepted; true by default. It is not accepted if IBM has not published the order of the members.
   */
  readonly wire?: boolean;
  /** The maximum length of the wire form in bytes. */
  readonly maxBytes?: number;
}

/** Members whose name in messages differs from that in {@link ck.MechanismParameter}. */
const MESSAGE_NAMES: Named<string> = { deriveType: "Type", ecsgType: "Type" };
/** Abbreviations that documents write in capitals. */
const ACRONYMS: Named<string> = { iv: "IV", aad: "AAD", aes: "AES", kdf: "KDF", mgf: "MGF", prf: "PRF", mac: "MAC" };

/** Creates a parameter from `fields`, which are in the order of the wire form. */
export function structure<F extends Fields>(
  fields: F,
  { message, wire: hasWireForm = true, maxBytes }: StructureOptions = {},
): Parameter<ValueOf<F>, InputOf<F>> {
  const messageMembers = Object.entries(message?.members ?? {});
  const entries = Object.entries(fields).map(([name, { spec }]) => ({ name, spec, label: spec.label ?? words(name) }));

  function read(parameter: ck.MechanismParameter | undefined): ValueOf<F> {
    if (parameter === undefined || parameter instanceof Uint8Array) {
      requireThat(hasWireForm, `the parameter must be a ${message?.type}`);
      const size = parameter?.length ?? 0;
      requireThat(maxBytes === undefined || size <= maxBytes, `the parameter must have at most ${maxBytes} bytes`);
      return readRaws(rawsOfWire(entries, parameter ?? new Uint8Array(0)));
    }
    requireThat(parameter.type === message?.type, `the parameter must be ${message ? `a ${message.type}` : "bytes"}`);
    return readRaws(rawsOfMessage(parameter));
  }

  function readRaws(raws: Named<Raw>): ValueOf<F> {
    const value: Record<string, unknown> = {};
    for (const { name, spec, label } of entries) {
      const raw = raws[name] ?? ("fallback" in spec ? NOTHING : undefined);
      if (spec.read !== undefined) value[name] = spec.read(raw, label);
      else if (spec.accepts !== undefined && raw !== undefined)
        requireThat(spec.accepts(raw, raws), `${label} does not fit the other members`);
    }
    return value as ValueOf<F>;
  }

  function rawsOfInput(given: Named<unknown>): Named<Raw> {
    const input: Record<string, unknown> = { ...given };
    for (const { name, spec } of entries) {
      if (input[name] !== undefined) continue;
      input[name] = typeof spec.fallback === "function" ? spec.fallback(input) : spec.fallback;
    }
    const raws: Record<string, Raw> = {};
    // A member that is computed from other members is written after them.
    for (const { name, spec, label } of entries.toSorted((a, b) => rank(a.spec) - rank(b.spec)))
      raws[name] = spec.write?.(input[name], raws, input, label);
    return raws;
  }

  function rawsOfMessage(parameter: Structured): Record<string, Raw> {
    const given = parameter as unknown as Named<Raw | boolean>;
    const raws: Record<string, Raw> = {};
    for (const [name, member] of messageMembers) {
      const raw = given[member];
      raws[name] = typeof raw === "boolean" ? Number(raw) : raw;
    }
    return raws;
  }

  function write(input: Named<unknown>): ck.MechanismParameter {
    const raws = rawsOfInput(input);
    if (message === undefined) return wireOf(entries, raws);
    const members = messageMembers.map(([name, member]) => {
      const raw = raws[name];
      return [member, fields[name]!.spec.text?.kind === "flag" ? raw === 1 : raw] as const;
    });
    return {
      type: message.type,
      ...Object.fromEntries(members.filter(([, raw]) => raw !== undefined)),
    } as unknown as Structured;
  }

  return new Parameter<ValueOf<F>, InputOf<F>>({
    form: formOf(entries, message, hasWireForm),
    members: entries.flatMap(memberOf),
    read,
    write,
    writeMembers: write,
    encode(parameter) {
      requireThat(hasWireForm, "the parameter has no wire form");
      const raws = rawsOfMessage(parameter);
      for (const { name, spec, label } of entries)
        if (raws[name] === undefined && spec.read === undefined) raws[name] = spec.write?.(undefined, raws, {}, label);
      return wireOf(entries, raws);
    },
  });
}

/** A field with its name. */
interface Entry {
  readonly name: string;
  readonly label: string;
  readonly spec: FieldSpec<unknown, unknown>;
}

/** Returns the rank by which members are sorted for writing. Given members come before members that are computed. */
function rank({ accepts }: FieldSpec<unknown, unknown>): number {
  return accepts === undefined ? 0 : 1;
}

function isNumber({ place }: FieldSpec<unknown, unknown>): boolean {
  return place === "number" || place === "counted" || place === "counted-bits";
}

function rawsOfWire(entries: readonly Entry[], wire: Uint8Array): Named<Raw> {
  const view = new DataView(wire.buffer, wire.byteOffset, wire.byteLength);
  let at = 4 * entries.filter(({ spec }) => isNumber(spec)).length;
  requireThat(at <= wire.length, "the parameter is too short");
  let head = 0;
  const heads = entries.map(({ spec }) => (isNumber(spec) ? view.getUint32(4 * head++) : 0));
  const lengths = entries.map(({ spec }, index) => tailLength(spec, heads[index]!));
  const free = lengths.reduce((rest, length) => rest - length, wire.length - at);
  const rest = entries.findIndex(({ spec }) => spec.place === "rest");
  const fits = lengths.every(Number.isInteger) && (rest < 0 ? free === 0 : free >= 0);
  requireThat(fits, "the lengths in the parameter do not add up");
  if (rest >= 0) lengths[rest] = free;
  const raws: Record<string, Raw> = {};
  entries.forEach(({ name, spec: { place } }, index) => {
    if (place === "number") raws[name] = heads[index];
    else if (place === "trailer") raws[name] = view.getUint32(at);
    else if (place !== "input") raws[name] = wire.subarray(at, at + lengths[index]!);
    at += lengths[index]!;
  });
  return raws;
}

function tailLength({ place }: FieldSpec<unknown, unknown>, head: number): number {
  if (typeof place === "number") return place;
  if (place === "counted") return head;
  if (place === "trailer") return 4;
  return place === "counted-bits" ? head / 8 : 0;
}

function wireOf(entries: readonly Entry[], raws: Named<Raw>): Uint8Array {
  const numbers = entries
    .filter(({ spec }) => isNumber(spec))
    .map(({ name, spec: { place } }) => {
      const raw = raws[name];
      if (place === "number") return Number(raw);
      return lengthOf(raw) * (place === "counted" ? 1 : 8);
    });
  const parts = entries.map(({ name, spec: { place } }) => {
    const raw = raws[name];
    if (place === "trailer") return wireForm([Number(raw)]);
    return raw instanceof Uint8Array ? raw : new Uint8Array(0);
  });
  return wireForm(numbers, ...parts);
}

function memberOf({ name, spec }: Entry): Member[] {
  if (spec.text === undefined) return [];
  return [{ key: name, ...spec.text, name, optional: "fallback" in spec }];
}

function formOf(entries: readonly Entry[], message: StructureOptions["message"], hasWireForm: boolean): string {
  const numbers = entries
    .filter(({ spec }) => isNumber(spec))
    .map(({ label, spec: { place, form } }) => {
      if (place === "number") return `${label} (4${form === undefined ? "" : `: ${form}`})`;
      return place === "counted" ? `length of ${label} (4)` : `bits of ${label} (4)`;
    });
  const parts = entries.flatMap(({ label, spec: { place, form } }) => {
    if (place === "trailer") return [`${label} (4: ${form})`];
    return place === "number" || place === "input" ? [] : [form === undefined ? label : `${label} (${form})`];
  });
  const wire = [...numbers, ...parts].join(" ‖ ");
  if (message === undefined) return wire;
  const members = Object.entries(message.members).map(([name, member]) => {
    const form = hasWireForm ? undefined : entries.find((entry) => entry.name === name)?.spec.form;
    return `${MESSAGE_NAMES[member] ?? capital(member)}${form === undefined ? "" : ` (${form})`}`;
  });
  return `${message.type}: ${members.join(", ")}${hasWireForm ? `; or as bytes: ${wire}` : ""}`;
}

function words(name: string): string {
  const split = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).split(" ");
  return split.map((word) => ACRONYMS[word] ?? word).join(" ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
