/** Tests that the number of calls that wait for admission is limited, because they hold memory. */
import { expect, it } from "vitest";
import { createDouble } from "../../test/ep11-double.ts";
import { envelope, RawGrpc } from "../../test/raw-grpc.ts";
import { createTestServer } from "../../test/server.ts";
import { MOST_WAITING } from "../limits/misuse.ts";

const RANDOM = envelope(Buffer.from([8, 1]));
const GOOD = { authorization: "Bearer good" };

const connect = (port: number, localAddress: string) => new RawGrpc(`http://127.0.0.1:${port}`, { localAddress });

const statusOf = ({ headers, trailers }: Awaited<ReturnType<RawGrpc["call"]>>) =>
  ({ ...headers, ...trailers })["grpc-status"];

it("calls that wait for admission are limited for one network, and do not affect another", async () => {
  let verifying = 0;
  const bearer = (token: string) => {
    if (token === "good") return { name: "alice" };
    verifying += 1;
    return new Promise<undefined>(() => undefined);
  };
  const server = createTestServer({ ep11: createDouble().ep11, maxConnections: 100 });
  const { port } = await server.listen({ port: 0, bearer });
  const bystander = connect(port, "127.0.0.9");
  expect(statusOf(await bystander.call("GenerateRandom", RANDOM, GOOD))).toBe("0");
  const attackers = Array.from({ length: 22 }, () => connect(port, "127.0.0.2"));
  const statuses: unknown[] = [];
  for (const attacker of attackers) {
    for (let call = 0; call < 100; call += 1) {
      const response = attacker.call("GenerateRandom", RANDOM, { authorization: "Bearer slow" });
      response.then((one) => statuses.push(statusOf(one))).catch(() => undefined);
    }
  }
  await expect
    .poll(() => [verifying, statuses.length], { timeout: 10_000 })
    .toEqual([MOST_WAITING, 2_200 - MOST_WAITING]);
  expect(new Set(statuses)).toEqual(new Set(["8"]));
  expect(statusOf(await bystander.call("GenerateRandom", RANDOM, GOOD))).toBe("0");
  for (const attacker of attackers) attacker.close();
  await expect.poll(() => server.inFlight).toBe(0);
  const late = connect(port, "127.0.0.2");
  expect(statusOf(await late.call("GenerateRandom", RANDOM, GOOD))).toBe("0");
  for (const client of [bystander, late]) client.close();
  await server.close({ graceMs: 0 });
});
