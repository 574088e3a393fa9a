/** Targets of the server as a whole: P5, P7, P9 and P10. */
import { count, ms, percent, ratio, us } from "../report/numbers.ts";
import type { Peers, ProcessesRow, Start } from "../results.ts";
import { atLeast, atMost, type Condition, type Target, unmeasured } from "./verdict.ts";

/** After the first 25,000 calls, memory may grow at most by this factor. */
const MOST_GROWTH = 1.1;
/**
 * With one client, an operation is compared only if it takes SoftHSM2 and Kryoptic more than this many microseconds.
 */
const COMPARED_US = 40;

export const P5: Target<"tailLatency"> = {
  id: "P5",
  target:
    "while 8 clients ask for RSA-4096 pairs, or 48 KWP encryptions of 2 MB run: p99 of another principal's P-256 signatures at most 3 times idle",
  section: "tailLatency",
  conditions: ([idle, ...loaded]) =>
    loaded.map(({ title, p99Ms, done, refused }) => {
      const [without, under] = [idle!.p99Ms.median, p99Ms.median];
      const jobs = `${title} (${count(done.median)} done, ${count(refused.median)} refused in a round)`;
      return atMost(`${jobs}: ${ms(under)}, idle ${ms(without)} (${ratio(under / without)})`, under, 3 * without);
    }),
};

export const P7: Target<"processes"> = {
  id: "P7",
  target: "two processes on two cores: at least 1.8 times one, where the load generator is not the limit",
  section: "processes",
  conditions(processes) {
    const leastLimited = [...processes].sort((a, b) => a.clientLoad - b.clientLoad)[0]!;
    return processes.map((row) => {
      const gain = row.two.median / row.one.median;
      const text = describeProcesses(row, gain);
      return row === leastLimited ? atLeast(text, gain, 1.8) : { text: `${text}, not judged`, share: 0 };
    });
  },
};

function describeProcesses({ title, one, two, clientLoad, evenness }: ProcessesRow, gain: number): string {
  return `${title}: ${count(one.median)} and ${count(two.median)}/s (${ratio(gain)}; load generator ${percent(clientLoad)} of a core, the less busy process ${percent(evenness)} of the other)`;
}

export const P9: readonly Target<"peers">[] = [
  {
    id: "P9",
    target:
      "at equal concurrency, CPU per call, p50 and p99 below those of OpenBao Transit and Craton HSM on every shared operation",
    section: "peers",
    conditions: () => [unmeasured("OpenBao Transit and Craton HSM", "the benchmark has no client for them")],
  },
  {
    id: "P9",
    target:
      "SoftHSM2 and Kryoptic behind p11-kit: less CPU per call with 16 clients on all operations, with one client on whatever costs them more than 40 µs",
    section: "peers",
    conditions: ({ rows, missing }: Peers): readonly Condition[] => [
      ...rows.flatMap(({ title, inFlight, own, peers }) =>
        Object.entries(peers)
          .filter(([, { cpu }]) => inFlight > 1 || cpu.median > COMPARED_US)
          .map(([name, { cpu }]) => {
            const factor = own.cpu.median / cpu.median;
            const numbers = `${us(own.cpu.median)}, ${name} ${us(cpu.median)} (${ratio(factor)})`;
            return atMost(`${title}, ${inFlight} in flight: ${numbers}`, factor, 1);
          }),
      ),
      ...missing.map((text) => ({ text: `not measured: ${text}`, share: undefined })),
    ],
  },
];

export const P10: Target<"start"> = {
  id: "P10",
  target:
    "start to first response at most 6 times node -e 0; grep11 random 8 at most 3 times node -e 0; at most 100 MiB idle and 150 MiB after 25,000 calls, flat from there (at most 1.1 times)",
  section: "start",
  conditions({ nodeMs, serverMs, cliMs, idleMiB, loadedMiB }: Start) {
    const startOf = (name: string, { median }: Start["nodeMs"], limit: number) => {
      const factor = median / nodeMs.median;
      return atMost(`${name} ${ms(median)} (${ratio(factor)})`, factor, limit);
    };
    const [first, ...later] = loadedMiB;
    const growth = Math.max(...later) / first!;
    return [
      startOf(`node -e 0 ${ms(nodeMs.median)}, server`, serverMs, 6),
      startOf("grep11 random 8", cliMs, 3),
      atMost(`${Math.round(idleMiB)} MiB idle`, idleMiB, 100),
      atMost(`${Math.round(first!)} MiB after 25,000 calls`, first!, 150),
      atMost(`after every further 25,000 ${later.map(Math.round).join(", ")} MiB`, growth, MOST_GROWTH),
    ];
  },
};
