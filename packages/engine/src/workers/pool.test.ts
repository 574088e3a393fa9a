import * as ck from "@grep11/cryptoki";
import { afterEach, expect, test } from "vitest";
import { ckr } from "../../test/keys.ts";
import { type JobOptions, type PoolOptions, WorkerPool } from "./pool.ts";

const pools: WorkerPool[] = [];

function poolOf(options: PoolOptions) {
  const pool = new WorkerPool(new URL("../../test/pool-worker.ts", import.meta.url), options);
  pools.push(pool);
  return (task: string, argument?: unknown, jobOptions: JobOptions = {}) =>
    pool.run({ mechanism: 0, method: "digest", args: [task, argument] }, jobOptions);
}

/** Returns the `workerData` of a pool whose task "hold" runs until `release` is called, and `release`. */
function holder() {
  const workerData = new Int32Array(new SharedArrayBuffer(4));
  const release = () => {
    Atomics.store(workerData, 0, 1);
    Atomics.notify(workerData, 0);
  };
  return { workerData, release };
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

test("plain data is copied there and back; the caller's is not changed", async () => {
  const run = poolOf({ threads: 1, queue: 9 });
  const key = Uint8Array.from({ length: 40 }, (_, index) => index);
  const value = {
    key: key.subarray(3, 7),
    template: new Map<number, unknown>([
      [1, true],
      [2, key.subarray(1)],
    ]),
    none: undefined,
    list: [1, "two", null],
  };
  const result = (await run("echo", value)) as typeof value;
  expect(result).toEqual(value);
  expect(result.key.buffer.byteLength).toBe(4);
  expect(key[39]).toBe(39);
});

test("errors keep their type and details", async () => {
  const run = poolOf({ threads: 1, queue: 9 });
  const refusal = await run("refuse").catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ck.CkError);
  expect(refusal).toMatchObject({ rv: ck.CKR_DATA_INVALID, detail: "as asked", retry: true });
  const failure = await run("fail").catch((error: unknown) => error);
  expect(failure).toMatchObject({ rv: ck.CKR_GENERAL_ERROR, retry: false, cause: { message: "a bug" } });
});

test("work spreads over the threads and waits when they are busy", async () => {
  const run = poolOf({ threads: 2, queue: 9 });
  const ids = await Promise.all([run("sleep", 40), run("sleep", 40), run("thread"), run("thread")]);
  expect(new Set(ids).size).toBe(2);
});

test("too much waiting work is refused with `retry`", async () => {
  const run = poolOf({ threads: 1, queue: 2 });
  const accepted = [run("sleep", 50), run("echo", 1), run("echo", 2)];
  await expect(run("echo", 3)).rejects.toMatchObject({ rv: ck.CKR_DEVICE_MEMORY, retry: true });
  await expect(Promise.all(accepted.slice(1))).resolves.toEqual([1, 2]);
  await expect(run("echo", 4)).resolves.toBe(4);
});

test("one principal runs and waits within its limits, and does not delay another", async () => {
  const { workerData, release } = holder();
  const run = poolOf({ threads: 2, queue: 9, perPrincipal: { running: 1, queued: 1 }, workerData });
  const order: string[] = [];
  const note = (name: string) => () => order.push(name);
  const first = run("hold", undefined, { principal: "a" }).then(note("a1"));
  const second = run("thread", undefined, { principal: "a" }).then(note("a2"));
  await expect(run("thread", undefined, { principal: "a" })).rejects.toThrow(ckr(ck.CKR_DEVICE_MEMORY));
  await run("thread", undefined, { principal: "b" }).then(note("b"));
  await run("thread").then(note("nobody"));
  release();
  await Promise.all([first, second]);
  expect(order).toEqual(["b", "nobody", "a1", "a2"]);
});

test("one caller uses all threads except one, so that another is served meanwhile", async () => {
  const { workerData, release } = holder();
  const run = poolOf({ threads: 3, queue: 20, threadsPerCaller: 2, workerData });
  const order: string[] = [];
  const alice = Array.from({ length: 6 }, () =>
    run("hold", undefined, { principal: "alice" }).then(() => order.push("alice")),
  );
  const bob = await run("thread", undefined, { principal: "bob" });
  expect(order).toEqual([]);
  expect(bob).toBeTypeOf("number");
  release();
  await Promise.all(alice);
});

test.each([
  ["two of three threads", { threads: 3, threadsPerCaller: 2 }],
  ["all threads", { threads: 2 }],
])("of %s, one caller with many jobs has only an equal share while another is active", async (_, threads) => {
  const run = poolOf({ ...threads, queue: 20 });
  await Promise.all(["alice", "bob", "carol"].map((peer) => run("sleep", 100, { peer })));
  const began = performance.now();
  const alice = Array.from({ length: 6 }, () => run("sleep", 100, { principal: "alice" }));
  await run("thread", undefined, { principal: "bob" });
  await Promise.all(alice);
  // If calls ran two at a time, they would take 300 ms. After the first two, they run one at a time.
  expect(performance.now() - began).toBeGreaterThan(450);
});

test.each<[name: string, alice: JobOptions, bob: JobOptions]>([
  ["principals", { principal: "alice" }, { principal: "bob" }],
  ["callers without credentials at two addresses", { peer: "192.0.2.1" }, { peer: "192.0.2.2" }],
  ["a principal and a peer of the same name", { principal: "alice" }, { peer: "alice" }],
  ["a principal and callers without principal and peer", { principal: "alice" }, {}],
])("%s take turns, however many calls of one are waiting", async (_, alice, bob) => {
  const run = poolOf({ threads: 1, queue: 50 });
  const order: string[] = [];
  const calls = Array.from({ length: 10 }, () => run("sleep", 5, alice).then(() => order.push("a")));
  calls.push(...Array.from({ length: 2 }, () => run("sleep", 5, bob).then(() => order.push("b"))));
  await Promise.all(calls);
  expect(order.join("")).toBe("aababaaaaaaa");
});

test("one caller can fill only its own part of the queue", async () => {
  const run = poolOf({ threads: 1, queue: 4, queuePerCaller: 2 });
  const accepted = Array.from({ length: 3 }, () => run("sleep", 20, { peer: "192.0.2.1" }));
  await expect(run("echo", 1, { peer: "192.0.2.1" })).rejects.toMatchObject({ rv: ck.CKR_DEVICE_MEMORY, retry: true });
  await expect(run("echo", 2, { peer: "192.0.2.2" })).resolves.toBe(2);
  await Promise.all(accepted);
});

test("a call that would wait longer than it may is refused at once", async () => {
  const run = poolOf({ threads: 1, queue: 50, maxWaitMs: 450 });
  // How long a call takes is known only after one of its kind has run. Calls with longer arguments are of another kind.
  const long = (principal: string, more: JobOptions = {}) => run("sleep", 100, { principal, ...more });
  const short = (principal: string, more: JobOptions = {}) => run("thread", new Uint8Array(99), { principal, ...more });
  await long("alice");
  await short("alice");
  // Alice's next call would wait 600 ms, and Bob's 200 ms. Sleeping takes longer on a busy machine.
  const waiting = Array.from({ length: 6 }, () => long("alice"));
  let isOneDone = false;
  void waiting[0]!.then(() => {
    isOneDone = true;
  });
  await expect(short("alice")).rejects.toMatchObject({ rv: ck.CKR_DEVICE_MEMORY, retry: true });
  expect(isOneDone).toBe(false);
  // Long work may wait longer, in proportion to its duration, unless its deadline is shorter.
  waiting.push(long("alice"));
  await expect(long("alice", { timeoutMs: 50 })).rejects.toMatchObject({ rv: ck.CKR_DEVICE_MEMORY, retry: true });
  // Bob takes turns with Alice and therefore waits less.
  await expect(short("bob", { timeoutMs: 1_000 })).resolves.toBeTypeOf("number");
  await Promise.all(waiting);
});

test("a cancelled call leaves the queue", async () => {
  const run = poolOf({ threads: 1, queue: 1 });
  const running = run("sleep", 60);
  const controller = new AbortController();
  const waiting = run("echo", 1, { signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toThrow(ckr(ck.CKR_IBM_REQ_TIMEOUT));
  await expect(run("echo", 1, { signal: controller.signal })).rejects.toThrow(ckr(ck.CKR_IBM_REQ_TIMEOUT));
  await expect(run("echo", 2)).resolves.toBe(2);
  await running;
});

test("a running call is not stopped by its signal", async () => {
  const run = poolOf({ threads: 1, queue: 1 });
  const controller = new AbortController();
  const running = run("sleep", 20, { signal: controller.signal });
  controller.abort();
  await expect(running).resolves.toBeTypeOf("number");
});

test("a worker that dies fails only its call and is replaced", async () => {
  const run = poolOf({ threads: 1, queue: 9 });
  const before = await run("thread");
  const dying = run("exit");
  const next = run("thread");
  await expect(dying).rejects.toMatchObject({ rv: ck.CKR_DEVICE_ERROR, retry: true });
  expect(await next).not.toBe(before);
});

test("a closed pool refuses", async () => {
  const run = poolOf({ threads: 1, queue: 9 });
  const running = expect(run("sleep", 500)).rejects.toThrow(ckr(ck.CKR_DEVICE_ERROR));
  const waiting = expect(run("echo", 1)).rejects.toThrow(ckr(ck.CKR_DEVICE_ERROR));
  await pools[0]!.close();
  await Promise.all([running, waiting]);
  await expect(run("echo", 1)).rejects.toThrow(ckr(ck.CKR_DEVICE_ERROR));
});
