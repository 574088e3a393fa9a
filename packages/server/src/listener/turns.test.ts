/** Tests that a connection with many requests lets other connections proceed. */
import { expect, it } from "vitest";
import { type Interrupted, Turns } from "./turns.ts";

/** A connection that has sent `requests` requests at once. */
class Sender implements Interrupted {
  readonly #turns: Turns;
  left: number;

  constructor(turns: Turns, requests: number) {
    this.#turns = turns;
    this.left = requests;
  }

  readOn(): void {
    for (let begun = 1; this.left > 0; begun += 1) {
      this.left -= 1;
      if (!this.#turns.count(begun)) break;
    }
    if (this.left > 0) this.#turns.interrupt(this);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it("a turn has a bounded number of requests, and every connection at least one", async () => {
  const turns = new Turns();
  const senders = Array.from({ length: 200 }, () => new Sender(turns, 100));
  for (const sender of senders) sender.readOn();
  const begun = () => senders.reduce((sum, { left }) => sum + 100 - left, 0);
  // The first sender begins all of its 100 requests, and the second one the other 28 of the turn. Each of the other 198
  // senders may still begin one.
  expect(begun()).toBe(100 + 28 + 198);
  expect(senders.every(({ left }) => left < 100)).toBe(true);
  const before = begun();
  await turn();
  expect(begun() - before).toBeLessThanOrEqual(128 + 8);
});

it("all requests begin in the end, and a connection with one request does not wait for those with many", async () => {
  const turns = new Turns();
  const senders = Array.from({ length: 50 }, () => new Sender(turns, 1_000));
  for (const sender of senders) sender.readOn();
  const bystander = new Sender(turns, 1);
  bystander.readOn();
  expect(bystander.left).toBe(0);
  const late = new Sender(turns, 20);
  late.readOn();
  for (let count = 0; late.left > 0; count += 1) {
    expect(count).toBeLessThan(30);
    await turn();
  }
  expect(senders.every(({ left }) => left > 0)).toBe(true);
  while (senders.some(({ left }) => left > 0)) await turn();
});
