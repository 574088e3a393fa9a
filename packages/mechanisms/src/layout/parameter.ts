/** Defines the parameter of a mechanism: how an engine reads it, how a client writes it, and how documents describe it. */
import type * as ck from "@grep11/cryptoki";
import { lengthOf, type Named, NOTHING, requireThat, type Text } from "./field.ts";

/** A member of a parameter, as people write it. */
export interface Member extends Text {
  readonly name: string;
  readonly key: string;
  /** Whether people may omit it. */
  readonly optional: boolean;
}

/** The definition of a {@link Parameter}. */
export interface ParameterSpec<V, I> {
  /** A description of the wire form for documents, in which ‖ means concatenation. */
  readonly form: string;
  /** The members that people may write. */
  readonly members: readonly Member[];
  /** Converts a received parameter to a value. Errors: CKR_MECHANISM_PARAM_INVALID. */
  read(parameter: ck.MechanismParameter | undefined): V;
  /** Converts an input to the parameter that a client sends. Errors: CKR_MECHANISM_PARAM_INVALID. */
  write(input: I): ck.MechanismParameter | undefined;
  /** As `write`, but takes the members by name. */
  writeMembers(members: Named<unknown>): ck.MechanismParameter | undefined;
  /** Converts a received structure to bytes; absent if the parameter has no structure. Errors: CKR_MECHANISM_PARAM_INVALID. */
  encode?(parameter: Exclude<ck.MechanismParameter, Uint8Array>): Uint8Array;
}

/** The parameter of a mechanism: an engine reads a `V`, and a client writes an `I`. */
export class Parameter<V, I = V> implements ParameterSpec<V, I> {
  readonly form: string;
  readonly members: readonly Member[];
  readonly #spec: ParameterSpec<V, I>;

  constructor(spec: ParameterSpec<V, I>) {
    this.form = spec.form;
    this.members = spec.members;
    this.#spec = spec;
  }

  read(parameter: ck.MechanismParameter | undefined): V {
    return this.#spec.read(parameter);
  }

  write(input: I): ck.MechanismParameter | undefined {
    return this.#spec.write(input);
  }

  writeMembers(members: Named<unknown>): ck.MechanismParameter | undefined {
    return this.#spec.writeMembers(members);
  }

  /** Converts `parameter`, which must be valid, to bytes with the same meaning; no bytes if it is absent. */
  encode(parameter: ck.MechanismParameter | undefined): Uint8Array {
    if (parameter === undefined || parameter instanceof Uint8Array) return parameter ?? NOTHING;
    return this.#spec.encode?.(parameter) ?? NOTHING;
  }

  /** Returns the same parameter, but `value` converts its values. `value` may throw CKR_MECHANISM_PARAM_INVALID. */
  map<W>(value: (read: V) => W): Parameter<W, I> {
    return this.#with({ read: (parameter) => value(this.read(parameter)) });
  }

  /** Returns the same parameter whose values must satisfy `condition`. */
  require(condition: (value: V) => boolean, detail: string): Parameter<V, I> {
    return this.map((value) => {
      requireThat(condition(value), detail);
      return value;
    });
  }

  /** Returns the same parameter, in which `members` have fixed values that clients need not give. */
  fixing<const M extends Partial<I>>(members: M): Parameter<V, Omit<I, keyof M>> {
    const write = (input: object) => this.writeMembers({ ...input, ...members });
    return new Parameter<V, Omit<I, keyof M>>({
      ...this.#spec,
      members: this.members.filter(({ name }) => !(name in members)),
      write,
      writeMembers: write,
    });
  }

  /**
   * Returns the same parameter, but optional. An absent parameter means `value`. Clients leave the parameter out if
   * `isNone` is true for their input.
   */
  orNone<N>(value: N, isNone: (input: Named<unknown>) => boolean = () => false): Parameter<V | N, I> {
    return this.#with({
      form: `none, or ${this.form}`,
      read: (parameter) => (isAbsent(parameter) ? value : this.read(parameter)),
      write: (input) => (isNone(input as Named<unknown>) ? undefined : this.write(input)),
      writeMembers: (members) => (isNone(members) ? undefined : this.writeMembers(members)),
    });
  }

  /** Returns the same parameter with an additional short form: the bytes for which `read` does not return undefined. */
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

/** The parameter of mechanisms that take no parameter. */
export const none: Parameter<undefined, void> = new Parameter({
  form: "none",
  members: [],
  read(parameter) {
    requireThat(isAbsent(parameter), "this mechanism takes no parameter");
    return undefined;
  },
  write: () => undefined,
  writeMembers: () => undefined,
});

/**
 * A byte string of `min` to `max` bytes. `key` is the name by which people write it. If clients may omit it, `None` must be the
 * type undefined.
 */
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
  });
}

/** Whether a request has no parameter. In requests, an empty parameter is the same as an absent parameter. */
function isAbsent(parameter: ck.MechanismParameter | undefined): boolean {
  return parameter === undefined || (parameter instanceof Uint8Array && lengthOf(parameter) === 0);
}
