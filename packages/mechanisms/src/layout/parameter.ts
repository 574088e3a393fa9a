/** The parameter of a mechanism: from one description what an engine reads, what a client writes, and what documents say. */
import type * as ck from "@grep11/cryptoki";
import { lengthOf, type Named, requireThat, type Text } from "./field.ts";

/** A member as people write it. */
export interface Member extends Text {
  readonly name: string;
  readonly key: string;
  /** Whether it may be left out. */
  readonly optional: boolean;
}

/** What a {@link Parameter} is made of. */
export interface ParameterSpec<V, I> {
  /** A description of its wire form for documents, where ‖ means concatenation. */
  readonly form: string;
  /** What people may write. */
  readonly members: readonly Member[];
  /** Errors: CKR_MECHANISM_PARAM_INVALID. */
  read(parameter: ck.MechanismParameter | undefined): V;
  /** Errors: CKR_MECHANISM_PARAM_INVALID. */
  write(input: I): ck.MechanismParameter | undefined;
  /** As `write`, from members by name. */
  writeMembers(members: Named<unknown>): ck.MechanismParameter | undefined;
  /** Errors: CKR_MECHANISM_PARAM_INVALID. */
  encode(parameter: ck.MechanismParameter | undefined): Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** A mechanism's parameter: `V` is what an engine reads, `I` what a client writes. */
export class Parameter<V, I = V> implements ParameterSpec<V, I> {
  readonly form: string;
  readonly members: readonly Member[];
  readonly #spec: ParameterSpec<V, I>;

  constructor(spec: ParameterSpec<V, I>) {
    this.form = spec.form;
    this.members = spec.members;
    this.#spec = spec;
  }

  /** The value of what a client sent. Errors: CKR_MECHANISM_PARAM_INVALID. */
  read(parameter: ck.MechanismParameter | undefined): V {
    return this.#spec.read(parameter);
  }

  /** What a client sends for `input`. Errors: CKR_MECHANISM_PARAM_INVALID. */
  write(input: I): ck.MechanismParameter | undefined {
    return this.#spec.write(input);
  }

  /** As {@link write}, from members by name, such as text gives. */
  writeMembers(members: Named<unknown>): ck.MechanismParameter | undefined {
    return this.#spec.writeMembers(members);
  }

  /** `parameter`, which has been read, as bytes that read as the same value; empty for none. */
  encode(parameter: ck.MechanismParameter | undefined): Uint8Array {
    if (parameter === undefined || parameter instanceof Uint8Array) return parameter ?? NOTHING;
    return this.#spec.encode(parameter);
  }

  /** The same with `value` in place of what is read, which may throw CKR_MECHANISM_PARAM_INVALID. */
  map<W>(value: (read: V) => W): Parameter<W, I> {
    return this.#with({ read: (parameter) => value(this.read(parameter)) });
  }

  /** The same, where `condition` must hold of the value. */
  require(condition: (value: V) => boolean, detail: string): Parameter<V, I> {
    return this.map((value) => {
      requireThat(condition(value), detail);
      return value;
    });
  }

  /** The same, where clients always write `members`. */
  fixing<const M extends Partial<I>>(members: M): Parameter<V, Omit<I, keyof M>> {
    const write = (input: object) => this.writeMembers({ ...input, ...members });
    return new Parameter<V, Omit<I, keyof M>>({
      ...this.#spec,
      members: this.members.filter(({ name }) => !(name in members)),
      write,
      writeMembers: write,
    });
  }

  /** The same, where no parameter means `value`; clients send none if `isNone`. */
  orNone<N>(value: N, isNone: (input: Named<unknown>) => boolean = () => false): Parameter<V | N, I> {
    return this.#with({
      form: `none, or ${this.form}`,
      read: (parameter) => (isAbsent(parameter) ? value : this.read(parameter)),
      write: (input) => (isNone(input as Named<unknown>) ? undefined : this.write(input)),
      writeMembers: (members) => (isNone(members) ? undefined : this.writeMembers(members)),
    });
  }

  /** The same, which also has a short form: bytes for which `read` gives a value. */
  orBytes(form: string, read: (bytes: Uint8Array) => V | undefined): Parameter<V, I> {
    return this.#with({
      form: `${this.form}; or ${form}`,
      read: (parameter) => (parameter instanceof Uint8Array ? read(parameter) : undefined) ?? this.read(parameter),
    });
  }

  #with<W>(changes: Partial<ParameterSpec<W, I>> & Pick<ParameterSpec<W, I>, "read">): Parameter<W, I> {
    return new Parameter<W, I>({ ...this.#spec, ...changes });
  }
}

/** No parameter at all. */
export const none: Parameter<undefined, void> = new Parameter({
  form: "none",
  members: [],
  read(parameter) {
    requireThat(isAbsent(parameter), "this mechanism takes no parameter");
    return undefined;
  },
  write: () => undefined,
  writeMembers: () => undefined,
  encode: () => NOTHING,
});

/** A byte string of `min` to `max` bytes that people write as `key`. `None` is undefined where clients may leave it out. */
export function byteString<None = never>(
  { key, carried, form = key }: { key: string; carried?: number; form?: string },
  min: number,
  max = min,
): Parameter<Uint8Array, Uint8Array | None> {
  const wanted = min === max ? `${min} bytes` : "at least one byte";
  return new Parameter<Uint8Array, Uint8Array | None>({
    form: min === max ? `${form} (${min})` : form,
    members: [{ name: key, key, kind: "hex", optional: true, ...(carried === undefined ? {} : { carried }) }],
    read(parameter) {
      const fits = parameter instanceof Uint8Array && parameter.length >= min && parameter.length <= max;
      requireThat(fits, `the parameter must be ${wanted}`);
      return parameter;
    },
    write: (bytes) => (bytes instanceof Uint8Array ? bytes : undefined),
    writeMembers: (members) => members[key] as Uint8Array | undefined,
    encode: () => NOTHING,
  });
}

/** Whether a request has no parameter: nothing, or no bytes. */
function isAbsent(parameter: ck.MechanismParameter | undefined): boolean {
  return parameter === undefined || (parameter instanceof Uint8Array && lengthOf(parameter) === 0);
}
