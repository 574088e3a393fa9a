/**
 * Members of a parameter structure. A field knows where it is in the wire form, how its raw form (a number of 32 bits or
 * bytes) becomes a value and back, and how people write it. EP11's wire form of a structure: its numbers in the order of the
 * members, each as 32 bits big-endian, with lengths in place of pointers, then the byte strings in the same order.
 */
import * as ck from "@grep11/cryptoki";

/** What the wire has of a member; undefined: an optional byte string that is absent. */
export type Raw = number | Uint8Array | undefined;
/** Members by name. */
export type Named<T> = Readonly<Record<string, T>>;

/**
 * Where a member is: a number among the leading ones; a number after the byte strings before it (`trailer`); a byte string
 * whose length in bytes or bits is among the numbers; the bytes that no length claims (`rest`); a byte string of a fixed
 * length, without a number; nowhere, because other members are computed from it (`input`).
 */
export type Place = "number" | "trailer" | "counted" | "counted-bits" | "rest" | "input" | number;

/** How a member is written as text. `key` is a sealed key and `secret` a password: these are not text themselves. */
export type TextKind = "hex" | "number" | "flag" | "choice" | "key" | "secret";

/** What people write for a member. */
export interface Text {
  readonly kind: TextKind;
  /** The name before `=`; by default that of the member. */
  readonly key?: string;
  /** The names of a `choice`. */
  readonly names?: readonly string[];
  /** What stands for a value that is not written, where programs have to give one. */
  readonly fallback?: unknown;
  /** Length in bytes of an IV that is drawn at random when it is not written, and travels in front of the ciphertext. */
  readonly carried?: number;
}

/** What {@link Field} is made of. */
export interface FieldSpec<V, I> {
  readonly place: Place;
  /** What documents call it; by default the words of its name. */
  readonly label?: string;
  /** Its limits or values, for documents. */
  readonly form?: string;
  /** Without it, people do not write the member. */
  readonly text?: Text;
  /** The value of `raw`. Absent: the member is not part of the value. Errors: CKR_MECHANISM_PARAM_INVALID. */
  read?(raw: Raw, label: string): V;
  /** The raw form of `value`, or of the other members: their raw forms and what the caller gave. */
  write?(value: I, raws: Named<Raw>, input: Named<unknown>, label: string): Raw;
  /** Whether `raw` goes with the other members; by default it equals what `write` makes of them. Only without `read`. */
  accepts?(raw: Raw, raws: Named<Raw>): boolean;
  /** What stands for an input that is not given: a value, or a function of the other inputs. */
  readonly fallback?: unknown;
}

/**
 * A member: reading gives a `V` (never: it is not part of the value), writing takes an `I` (never: it is computed), which
 * may be left out where `Optional`.
 */
export class Field<V, I = V, Optional extends boolean = false> {
  declare readonly optionality: Optional;
  readonly spec: FieldSpec<V, I>;

  constructor(spec: FieldSpec<V, I>) {
    this.spec = spec;
  }

  /** The same member, which may be left out; `fallback` is a value, or a function of the other inputs. */
  optional<T = Named<unknown>>(fallback?: I | ((input: T) => I)): Field<V, I, true> {
    return new Field<V, I, true>({ ...this.spec, fallback });
  }

  /** The same member, which people do not write. */
  withoutText(): Field<V, I, Optional> {
    const { text: _text, ...spec } = this.spec;
    return new Field(spec);
  }

  /** The same member with another label, form or text. */
  with({ text, ...rest }: Pick<FieldSpec<V, I>, "label" | "form"> & { text?: Partial<Text> }): Field<V, I, Optional> {
    const own = this.spec.text;
    return new Field({ ...this.spec, ...rest, ...(own && text ? { text: { ...own, ...text } } : {}) });
  }
}

/** Throws CKR_MECHANISM_PARAM_INVALID unless `condition` holds. */
export function requireThat(condition: boolean, detail: string): asserts condition {
  if (!condition) throw ck.CkError.mechanismParamInvalid(detail);
}

/** A number of `min` to `max`, which the wire has times `unit`. */
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

/** One of `values`. */
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

/** One of the names of `numbers`, with its number. `form` says in documents which numbers these are; by default it lists them. */
export function choice<N extends string>(numbers: Readonly<Record<N, number>>, form?: string): Field<N> {
  return choices(Object.entries(numbers) as [N, number][], form);
}

/** As {@link choice}, where several numbers may mean one name; the first of them is written. */
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

/** 0 or 1. */
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

/** A byte string of `length` bytes, without its length on the wire. */
export function fixed(length: number): Field<Uint8Array> {
  return bytes(length, length, length);
}

/** The sealed bytes of a key; none: empty. */
export function sealedKey(): Field<Uint8Array, ck.KeyArgument> {
  const { place, read } = bytes().spec;
  return new Field({ place, read: read!, text: { kind: "key" }, write: ck.sealedBytes });
}

/** A password of at most `max` bytes. */
export function password(max: number): Field<Uint8Array> {
  return bytes(0, max).with({ text: { kind: "secret" } });
}

/** A member that says what others say, such as a length in another unit. */
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

/** A value on the wire that is computed from inputs. */
export function computed<V, T>(
  place: Place,
  read: (raw: Raw, label: string) => V,
  write: (input: T) => Raw,
): Field<V, never> {
  return new Field<V, never>({ place, read, write: (_value, _raws, input) => write(input as T) });
}

/** The number of bytes of a raw form. */
export function lengthOf(raw: Raw): number {
  return raw instanceof Uint8Array ? raw.length : 0;
}

/** No bytes. */
export const NOTHING: Uint8Array = new Uint8Array(0);
