/**
 * Measures every workload on every server variant. Each round measures all variants in turn, so that drift affects them alike.
 */
import { WORKLOADS, type Workload } from "grep11";
import type { Plan } from "../plan.ts";
import { type MatrixRow, SERVERS, type ServerFigures, type ServerName } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { loadTarget, type Testbed, TOKEN } from "../testbed.ts";
import { wireWorkload } from "../wire-calls.ts";

const CONCURRENCY = 64;
/** How many calls run at the same time in workloads whose calls carry a lot of data. */
const CONCURRENCY_OF_PARTS = 4;
const CONNECTIONS = 4;
const SERVER_NAMES = Object.keys(SERVERS) as ServerName[];

/** The measurements of one round on one server. */
interface Round {
  readonly cpu: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly clientLoad: number;
}

/** Measures all workloads and returns their rows. Calls `onRow` with each row when it is ready. */
export async function measureMatrix(
  testbed: Testbed,
  plan: Plan,
  onRow: (row: MatrixRow) => void,
): Promise<MatrixRow[]> {
  const rows: MatrixRow[] = [];
  // Lets the JIT compilers and heaps of all servers settle before the first row.
  await warmUp(testbed, plan);
  for (const workload of WORKLOADS) {
    const row = await measureWorkload(testbed, plan, workload);
    onRow(row);
    rows.push(row);
  }
  return rows;
}

async function warmUp(testbed: Testbed, { longSeconds: seconds }: Plan): Promise<void> {
  const { requests: calls, responses } = await wireWorkload(
    WORKLOADS.find(({ name }) => name === "mixed")!,
    testbed.hsm,
  );
  await testbed.floor.invoke("reply", responses);
  for (const server of SERVER_NAMES) {
    const load = { calls, concurrency: CONCURRENCY, connections: CONNECTIONS, seconds, tokens: [TOKEN] };
    await loadTarget(testbed.loader, testbed.servers[server], load);
  }
}

async function measureWorkload(testbed: Testbed, plan: Plan, workload: Workload): Promise<MatrixRow> {
  const { requests, responses } = await wireWorkload(workload, testbed.hsm);
  await testbed.floor.invoke("reply", responses);
  const concurrency = workload.partBytes === undefined ? CONCURRENCY : CONCURRENCY_OF_PARTS;
  const rounds: Record<ServerName, Round[]> = { own: [], node: [], grpcJs: [], floor: [] };
  const engine: number[] = [];
  const primitive: number[] = [];
  const { name, title } = workload;
  async function measure(server: ServerName, seconds: number): Promise<Round> {
    const plan = { calls: requests, concurrency, connections: CONNECTIONS, seconds, tokens: [TOKEN] };
    const result = await loadTarget(testbed.loader, testbed.servers[server], plan);
    return {
      cpu: result.cpu,
      callsPerSecond: result.succeeded / result.seconds,
      p50Ms: result.latency.p50,
      p99Ms: result.latency.p99,
      clientLoad: result.clientCpuMicroseconds / (result.seconds * 1e6),
    };
  }
  for (const server of SERVER_NAMES) await measure(server, plan.warmUpSeconds);
  await testbed.inProcess.invoke("workload", { name, seconds: plan.sliceSeconds });
  for (let round = 0; round < plan.rounds; round++) {
    for (const server of SERVER_NAMES) rounds[server].push(await measure(server, plan.seconds));
    const alone = await testbed.inProcess.invoke("workload", { name, seconds: plan.sliceSeconds });
    engine.push(alone.engineUs);
    if (alone.primitiveUs !== undefined) primitive.push(alone.primitiveUs);
  }
  const servers = Object.fromEntries(SERVER_NAMES.map((server) => [server, figuresOf(rounds[server])]));
  return {
    name,
    title,
    concurrency,
    servers: servers as Record<ServerName, ServerFigures>,
    engine: spreadOf(engine),
    primitive: primitive.length === 0 ? undefined : spreadOf(primitive),
  };
}

function figuresOf(rounds: readonly Round[]): ServerFigures {
  const spread = (figure: keyof Round) => spreadOf(rounds.map((round) => round[figure]));
  return {
    cpu: spread("cpu"),
    callsPerSecond: spread("callsPerSecond"),
    p50Ms: spread("p50Ms"),
    p99Ms: spread("p99Ms"),
    clientLoad: spread("clientLoad"),
  };
}
