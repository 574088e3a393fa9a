/**
 * Defines the members of a parameter structure. A field says where the member is in the wire form, how its raw form (a 32-bit
 * number or bytes) is converted to a value and back, and how people write it. EP11's wire form of a structure begins with its
 * numbers in the order of the members, each as 32 bits big-endian, with a length in place of each pointer. The byte strings
 * follow in the same order.
 */
import * as ck from "@grep11/cryptoki";

/** The wire form of a member; undefined for an optional byte string that is absent. */
export type Raw = number | Uint8Array | undefined;
/** Members by name. */
export type Named<T> = Readonly<Record<string, T>>;

/**
 * Where a member is in the wire form:
 * - `number`: a number among the leading ones,
 * - `trailer`: a number after the byte strings that precede it,
 * - `counted` or `counted-bits`: a byte string whose length in bytes or bits is among the numbers,
 * - `rest`: the bytes that follow all others,
 * - a number: a byte string of this length in bytes, which is not in the wire form,
 * - `input`: nowhere, because other members are computed from it.
 */
export type Place = "number" | "trailer" | "counted" | "counted-bits" | "rest" | "input" | number;

/** How a member is written as text. A `key` is a sealed key and a `secret` is a password; neither is given as text. */
export type TextKind = "hex" | "number" | "flag" | "choice" | "key" | "secret";

/** How people write a member. */
export interface Text {
  readonly kind: TextKind;
  /** The name before `=`; by default the name of the member. */
  readonly key?: string;
  /** The names of a `choice`. */
  readonly names?: readonly string[];
  /** The value that is used if people omit the member, although programs must give it. */
  readonly fallback?: unknown;
  /**
   * The length in bytes of an IV that people may omit. An omitted IV is chosen at random and sent in front of the
   * ciphertext.
   */
  readonly carried?: number;
}

/** The definition of a {@link Field}. */
export interface FieldSpec<V, I> {
  readonly place: Place;
  /** The name of the member in documents; by default the words of its name. */
  readonly label?: string;
  /** The limits or possible values, as documents show them. */
  readonly form?: string;
  /** How people write the member. If this is absent, people cannot write the member. */
  readonly text?: Text;
  /**
   * Converts `raw` to the value. If this function is absent, the member is not part of the value. Errors:
   * CKR_MECHANISM_PARAM_INVALID.
   */
  read?(raw: Raw, label: string): V;
  /**
   * Returns the raw form of `value`. A computed member is derived from the raw forms of the other members (`raws`) and from the
   * caller's input (`input`) instead.
   */
  write?(value: I, raws: Named<Raw>, input: Named<unknown>, label: string): Raw;
  /** Whether `raw` is consistent with the other members. Only used if there is no `read`. */
  accepts?(raw: Raw, raws: Named<Raw>): boolean;
  /** The default of an input that is not given: a value, or a function of the other inputs. */
  readonly fallback?: unknown;
}

/**
 * A member of a structure. Reading it returns a `V`, which is `never` if the member is not part of the value. Writing it takes an
 * `I`, which is `never` if the member is computed, and which may be omitted if `Optional` is true.
 */
export class Field<V, I = V, Optional extends boolean = false> {
  declare readonly optionality: Optional;
  readonly spec: FieldSpec<V, I>;

  constructor(spec: FieldSpec<V, I>) {
    this.spec = spec;
  }

  /** Returns the same member, but optional. `fallback` is a value, or a function of the other inputs. */
  optional<T = Named<unknown>>(fallback?: I | ((input: T) => I)): Field<V, I, true> {
    return new Field<V, I, true>({ ...this.spec, fallback });
  }

  /** Returns the same member without a text form. */
  withoutText(): Field<V, I, Optional> {
    const { text: _text, ...spec } = this.spec;
    return new Field(spec);
  }

  /** Returns the same member with another label, form or text. */
  with({ text, ...rest }: Pick<FieldSpec<V, I>, "label" | "form"> & { text?: Partial<Text> }): Field<V, I, Optional> {
    const own = this.spec.text;
    return new Field({ ...this.spec, ...rest, ...(own && text ? { text: { ...own, ...text } } : {}) });
  }
}

/** Throws CKR_MECHANISM_PARAM_INVALID unless `condition` holds. */
export function requireThat(condition: boolean, detail: string): asserts condition {
  if (!condition) throw ck.CkError.mechanismParamInvalid(detail);
}

/** A number from `min` to `max`. The wire form contains it multiplied by `unit`. */
export function number(min = 0, max = 0xffffffff, unit = 1): Field<number> {
  const range = min === max ? `${min * unit}` : `${min * unit} to ${max * unit}`;
  return new Field<number>({
    place: "number",
    ...(min > 0 || max < 0xffffffff ? { form: range } : {}),
    text: { kind: "number" },
    read(raw, label) {
      const value = Number(raw) / unit;
      requireThat(Number.isInteger(value) && value >= min && value <= max, `${label} must be ${range}`);
      return value;
    },
    write: (value) => value * unit,
  });
}

/** A number that must be one of `values`. */
export function oneOf<N extends number>(...values: readonly N[]): Field<N> {
  const requireValue = (raw: Raw, label: string): N => {
    const value = values.find((each) => each === raw);
    requireThat(value !== undefined, `${label} must be one of ${values.join(", ")}`);
    return value;
  };
  return new Field<N>({
    place: "number",
    form: values.join(", "),
    text: { kind: "number" },
    read: requireValue,
    write: (value, _raws, _input, label) => requireValue(value, label),
  });
}

/**
 * One of the names in `numbers`; the wire form contains its number. `form` describes the numbers in documents, which otherwise
 * list them.
 */
export function choice<N extends string>(numbers: Readonly<Record<N, number>>, form?: string): Field<N> {
  return choices(Object.entries(numbers) as [N, number][], form);
}

/** As {@link choice}, but a name may have several numbers. Writing uses the first of them. */
export function choices<N extends string>(entries: readonly (readonly [name: N, number: number])[], form?: string) {
  const byNumber = new Map(entries.map(([name, number]) => [number, name]));
  const byName = new Map(entries.toReversed());
  return new Field<N>({
    place: "number",
    form: form ?? entries.map(([name, number]) => `${number} ${name}`).join(", "),
    text: { kind: "choice", names: [...new Set(entries.map(([name]) => name))] },
    read(raw, label) {
      const name = byNumber.get(Number(raw));
      requireThat(name !== undefined, `${label} is unknown`);
      return name;
    },
    write(name, _raws, _input, label) {
      const number = byName.get(name);
      requireThat(number !== undefined, `${label} is unknown`);
      return number;
    },
  });
}

/** A boolean, which is 0 or 1 in the wire form. */
export function flag(): Field<boolean> {
  return new Field<boolean>({
    place: "number",
    form: "0 or 1",
    text: { kind: "flag" },
    read(raw, label) {
      requireThat(raw === 0 || raw === 1, `${label} must be 0 or 1`);
      return raw === 1;
    },
    write: Number,
  });
}

/** A byte string of `min` to `max` bytes, at `place`. */
export function bytes(min = 0, max = Number.POSITIVE_INFINITY, place: Place = "counted"): Field<Uint8Array> {
  const range = lengthRange(min, max);
  return new Field<Uint8Array>({
    place,
    ...(range === "" ? {} : { form: range }),
    text: { kind: "hex" },
    read(raw, label) {
      requireLength(raw, label);
      return raw;
    },
    write(value, _raws, _input, label) {
      if (value !== undefined) requireLength(value, label);
      return value;
    },
  });

  function requireLength(raw: Raw, label: string): asserts raw is Uint8Array {
    const fits = raw instanceof Uint8Array && raw.length >= min && raw.length <= max;
    requireThat(fits, `${label} must have ${range} bytes`);
  }
}

function lengthRange(min: number, max: number): string {
  if (min === max) return `${min}`;
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? "" : `at least ${min}`;
  return min === 0 ? `at most ${max}` : `${min} to ${max}`;
}

/** A byte string of `length` bytes. The wire form does not contain its length. */
export function fixed(length: number): Field<Uint8Array> {
  return bytes(length, length, length);
}

/** The sealed bytes of a key; empty if there is no key. */
export function sealedKey(): Field<Uint8Array, ck.KeyArgument> {
  const { place, read } = bytes().spec;
  return new Field({ place, read: read!, text: { kind: "key" }, write: ck.sealedBytes });
}

/** A password of at most `max` bytes. */
export function password(max: number): Field<Uint8Array> {
  return bytes(0, max).with({ text: { kind: "secret" } });
}

/**
 * A member that repeats what other members say, such as a length in another unit. By default it must equal what `write` returns.
 */
export function implied(
  write: (raws: Named<Raw>, input: Named<unknown>) => Raw,
  accepts: (raw: Raw, raws: Named<Raw>) => boolean = (raw, raws) => raw === write(raws, {}),
): Field<never, never> {
  return new Field<never, never>({ place: "number", accepts, write: (_, raws, input) => write(raws, input) });
}

/** A number that is always the same, such as a version. */
export function constant(value: number, place: "number" | "trailer" = "number"): Field<never, never> {
  return new Field<never, never>({ place, form: `${value}`, write: () => value, accepts: (raw) => raw === value });
}

/** A member of the wire form that is computed from inputs. */
export function computed<V, T>(
  place: Place,
  read: (raw: Raw, label: string) => V,
  write: (input: T) => Raw,
): Field<V, never> {
  return new Field<V, never>({ place, read, write: (_value, _raws, input) => write(input as T) });
}

/** Returns how many bytes a raw form has. */
export function lengthOf(raw: Raw): number {
  return raw instanceof Uint8Array ? raw.length : 0;
}

/** An empty byte string. */
export const NOTHING: Uint8Array = new Uint8Array(0);
