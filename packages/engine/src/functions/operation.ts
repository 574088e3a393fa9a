import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import { type OperationState, openState, sealState } from "../blobs/state-blob.ts";
import type { Context } from "../context.ts";
import type { FamilyMethod, RunningState } from "../mechanisms/family.ts";
import { OUTDATED } from "../mechanisms/key-properties.ts";
import { requireShape } from "../mechanisms/resolve.ts";
import type { MechanismRow, Shape } from "../mechanisms/row.ts";
import { type Key, NO_KEY } from "../objects/key.ts";
import * as openKey from "./open-key.ts";
import { type Inputs, type Method, perform } from "./perform.ts";
import { reportState } from "./report.ts";

/** Describes encryption, decryption, signing or verification. */
export interface KeyedFunction {
  readonly operation: "encrypt" | "decrypt" | "sign" | "verify";
  /** The method that creates the first running state. */
  readonly init: InitMethod;
  /** CKF_* that the mechanism must offer. */
  readonly flag: number;
  /** CKA_* that the key must have. */
  readonly usage: number;
  readonly side: openKey.KeySide;
}

type Options = ck.CallOptions | undefined;

type InitMethod = FamilyMethod & `${string}Init`;
/** Methods that continue a running state. */
type PartMethod = FamilyMethod & `${string}${"Update" | "Final"}`;
/** Methods whose first arguments are a key of type `K` and a parameter. */
type MethodWith<K> = {
  [M in FamilyMethod]: [K, unknown] extends [Parameters<Method<M>>[0], Parameters<Method<M>>[1]] ? M : never;
}[FamilyMethod];
/** The arguments after the key and the parameter. */
type AfterParameter<M extends FamilyMethod> = Inputs<M> extends [unknown, unknown, ...infer Rest] ? Rest : never;
/** The arguments after the key, the parameter and the running state. */
type AfterState<M extends FamilyMethod> = AfterParameter<M> extends [RunningState, ...infer Rest] ? Rest : never;

/** A mechanism with its key and parameter, which have been checked. */
export class Operation<K extends Key | undefined = Key> {
  readonly context: Context;
  readonly row: MechanismRow;
  readonly key: K;
  readonly parameter: unknown;
  readonly options: Options;

  constructor(context: Context, row: MechanismRow, key: K, parameter: unknown, options: Options) {
    this.context = context;
    this.row = row;
    this.key = key;
    this.parameter = parameter;
    this.options = options;
  }

  /** Runs `method` here or on a worker thread. Errors: those of perform. */
  run<M extends MethodWith<K>>(method: M, ...inputs: AfterParameter<M>): Promise<ReturnType<Method<M>>> {
    const { context, row, key, parameter, options } = this;
    return perform(context, row, method, key, [key, parameter, ...inputs] as unknown as Inputs<M>, options);
  }

  /** Runs `use` subject to the limit of failures, because failures may reveal something about the key. */
  limited<T>(this: Operation, use: () => Promise<T>): Promise<T> {
    return this.context.failures.run(this.key, this.options, use);
  }
}

/** An operation in parts. The caller holds its sealed state; any engine that has the master key can continue it. */
export class ResumedOperation extends Operation {
  readonly #state: OperationState;
  readonly #init: InitMethod;

  constructor(
    context: Context,
    row: MechanismRow,
    parameter: unknown,
    options: Options,
    state: OperationState,
    init: InitMethod,
  ) {
    super(context, row, state.key ?? NO_KEY, parameter, options);
    this.#state = state;
    this.#init = init;
  }

  /** Runs `method` on the running state, or on a new one before the first part. Errors: those of perform. */
  runPart<M extends PartMethod>(method: M, ...inputs: AfterState<M>): Promise<ReturnType<Method<M>>> {
    const run = (state: RunningState) => this.run(method, ...([state, ...inputs] as unknown as AfterParameter<M>));
    const { runningState } = this.#state;
    return runningState === undefined ? this.run(this.#init).then(run) : run(runningState);
  }

  sealNext(runningState: RunningState): Uint8Array {
    const { keyring, random } = this.context;
    return sealState(keyring.sealingKey(), { ...this.#state, runningState }, random);
  }

  /** Throws CKR_OPERATION_ACTIVE after a part, because a one-shot call cannot follow an Update. */
  requireNoParts(): void {
    if (this.#state.runningState === undefined) return;
    throw new ck.CkError(ck.CKR_OPERATION_ACTIVE, "the operation has had parts; end it with its Final function");
  }
}

/**
 * Begins an operation. Checks mechanism, key and parameter in the order of docs/reference/ep11.md#order-of-checks. Errors:
 * those of openKeys, resolve, requireFittingKey, requireUsage and the parameter parser.
 */
export function beginOperation(
  context: Context,
  { flag, usage, side }: KeyedFunction,
  shape: Shape,
  mech: ck.Mechanism,
  argument: ck.KeyArgument | undefined,
  options: Options,
): Operation {
  if (ck.sealedBytes(argument).length === 0) return beginKeyless(context, flag, shape, mech, options);
  const opened = openKey.openKeys(context, argument).map((entry) => entry.key);
  const row = context.mechanisms.resolve(mech.mechanism, flag);
  requireShape(row, flag, shape);
  const key = operationKey(row, opened);
  for (const each of opened) {
    openKey.requireFittingKey(row, each, side);
    openKey.requireUsage(context, each, usage);
    openKey.requireKeyLength(context, row, each);
  }
  const parameter = row.read(mech.parameter);
  requireAllowedHash(context, row, parameter);
  row.family.requireKey?.(key, parameter);
  return new Operation(context, row, key, parameter, options);
}

/** Returns the sealed state before any data. Errors: those of beginOperation. */
export function beginState(
  context: Context,
  keyed: KeyedFunction,
  mech: ck.Mechanism,
  argument: ck.KeyArgument | undefined,
  options: Options,
): Uint8Array {
  const { key, row } = beginOperation(context, keyed, "one-shot", mech, argument, options);
  return sealFirstState(context, keyed.operation, mech.mechanism, row.parameter.encode(mech.parameter), key);
}

/** `parameter` is in EP11's wire form. */
export function sealFirstState(
  context: Context,
  operation: OperationState["operation"],
  mechanism: number,
  parameter: Uint8Array,
  key: Key | undefined,
): Uint8Array {
  const expires = context.now() + context.stateLifetimeMs;
  const state = { operation, mechanism, parameter, key, runningState: undefined, expires };
  return sealState(context.keyring.sealingKey(), state, context.random);
}

/**
 * Continues an operation with a call of `shape`. Throws CKR_SAVED_STATE_INVALID, CKR_MECHANISM_INVALID if the mechanism
 * does not allow such calls, CKR_FUNCTION_CANCELED if the policy has changed, CKR_OPERATION_ACTIVE for a one-shot call
 * after a part.
 */
export function resumeOperation(
  context: Context,
  keyed: KeyedFunction,
  shape: Shape,
  sealed: Uint8Array,
  options: Options,
): ResumedOperation {
  const { keyring, keyCache } = context;
  const opened = openState(keyring, sealed, keyed.operation, context.now());
  reportState(context, sealed, opened);
  if (opened.key === undefined) throw ck.CkError.savedStateInvalid();
  const key = keyCache?.withKnownValue(opened.key, keyring.generation) ?? opened.key;
  const state = { ...opened, key };
  const row = context.mechanisms.resolve(state.mechanism, keyed.flag);
  requireShape(row, keyed.flag, shape);
  openKey.requireUsage(context, key, keyed.usage);
  const parameter = row.read(state.parameter.length === 0 ? undefined : state.parameter);
  requireAllowedHash(context, row, parameter);
  const operation = new ResumedOperation(context, row, parameter, options, state, keyed.init);
  if (shape === "one-shot") operation.requireNoParts();
  return operation;
}

/** Throws CKR_FUNCTION_CANCELED for a parameter that names SHA-1 if the policy forbids SHA-1. */
function requireAllowedHash({ policy }: Context, row: MechanismRow, parameter: unknown): void {
  if (row.signatureHash?.(parameter) !== "sha1") return;
  if (!OUTDATED.every((controlPoint) => policy.allows(controlPoint))) {
    throw ck.CkError.functionCanceled("the policy allows no signatures with SHA-1");
  }
}

/** Only the aggregation of signatures (CKM_IBM_EC_AGGREGATE) needs no key. */
function beginKeyless(context: Context, flag: number, shape: Shape, mech: ck.Mechanism, options: Options): Operation {
  openKey.requireMasterKey(context);
  const row = context.mechanisms.resolve(mech.mechanism, flag);
  if (row.keyTypes.length > 0) throw new ck.CkError(ck.CKR_KEY_HANDLE_INVALID, "the request names no key");
  requireShape(row, flag, shape);
  return new Operation(context, row, NO_KEY, row.read(mech.parameter), options);
}

/**
 * Returns the key that the operation uses. Only mechanisms that sum public keys take several keys. The operation then
 * uses one key, whose value is the concatenation of their SPKIs.
 */
function operationKey(row: MechanismRow, opened: readonly Key[]): Key {
  const [key, ...more] = opened;
  if (key === undefined || (more.length > 0 && !row.sumsPublicKeys)) throw ck.CkError.blobError();
  if (more.length === 0) return key;
  if (more.some((other) => other.keyType !== key.keyType)) {
    throw ck.CkError.keyTypeInconsistent("the public keys are of different types");
  }
  return { ...key, value: concatenate(...opened.map((entry) => entry.value)) };
}
