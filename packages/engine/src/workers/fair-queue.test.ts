import { expect, test } from "vitest";
import { FairQueue, type QueuedJob } from "./fair-queue.ts";

interface NamedJob extends QueuedJob {
  readonly name: string;
}

function queueOf(...names: string[]): FairQueue<NamedJob> {
  const queue = new FairQueue<NamedJob>();
  for (const name of names) queue.push({ name, share: name[0]!, expectedMs: 10 });
  return queue;
}

function drain(queue: FairQueue<NamedJob>, mayRun = (_share: string) => true): string {
  const names: string[] = [];
  for (;;) {
    const job = queue.take(mayRun);
    if (job === undefined) return names.join(" ");
    names.push(job.name);
  }
}

test.each([
  [["a1", "a2", "a3"], "a1 a2 a3"],
  [["a1", "a2", "a3", "b1", "b2"], "a1 b1 a2 b2 a3"],
  [["a1", "a2", "a3", "a4", "b1", "c1", "c2"], "a1 b1 c1 a2 c2 a3 a4"],
])("%s is served in turns: %s", (names, order) => {
  const queue = queueOf(...names);
  expect(queue.length).toBe(names.length);
  expect(drain(queue)).toBe(order);
  expect(queue.length).toBe(0);
});

test("a share that may not run keeps its turn and its order", () => {
  const queue = queueOf("a1", "a2", "b1", "b2");
  expect(drain(queue, (share) => share !== "a")).toBe("b1 b2");
  expect(queue.lengthOf("a")).toBe(2);
  expect(drain(queue)).toBe("a1 a2");
});

test("a new share gets its turn after those that are waiting", () => {
  const queue = queueOf("a1", "a2", "a3");
  expect(queue.take(() => true)?.name).toBe("a1");
  queue.push({ name: "b1", share: "b", expectedMs: 10 });
  expect(drain(queue)).toBe("a2 b1 a3");
});

test("the work before a new job is that of its own share and the turns of the others", () => {
  const queue = queueOf("a1", "a2", "a3", "a4", "b1");
  expect(queue.expectedMsBefore("a")).toBe(50);
  expect(queue.expectedMsBefore("b")).toBe(30);
  expect(queue.expectedMsBefore("c")).toBe(20);
  drain(queue);
  expect(queue.expectedMsBefore("a")).toBe(0);
});

test("a job can be removed from any place", () => {
  const queue = queueOf("a1");
  const job = { name: "a2", share: "a", expectedMs: 10 };
  queue.push(job);
  queue.push({ name: "a3", share: "a", expectedMs: 10 });
  queue.remove(job);
  queue.remove(job);
  expect(queue.expectedMsBefore("b")).toBe(10);
  expect(drain(queue)).toBe("a1 a3");
});
