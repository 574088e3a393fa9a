/** Every workload on every server variant: in each round each variant has its turn, so that drift hits all alike. */
import { WORKLOADS, type Workload } from "grep11";
import { type Field, loadTarget, TOKEN } from "../field.ts";
import type { Plan } from "../plan.ts";
import { type MatrixRow, SERVERS, type ServerFigures, type ServerName } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { wireWorkload } from "../wire-calls.ts";

const CONCURRENCY = 64;
/** For workloads whose calls carry a lot of data. */
const CONCURRENCY_OF_PARTS = 4;
const CONNECTIONS = 4;
const SERVER_NAMES = Object.keys(SERVERS) as ServerName[];

/** One round on one server. */
interface Round {
  readonly cpu: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly clientLoad: number;
}

/** The rows of all workloads; `onRow` sees each as it is ready. */
export async function measureMatrix(field: Field, plan: Plan, onRow: (row: MatrixRow) => void): Promise<MatrixRow[]> {
  const rows: MatrixRow[] = [];
  // Compilers and heaps of all servers settle before the first row, not in it.
  await warmUp(field, plan);
  for (const workload of WORKLOADS) {
    const row = await measureWorkload(field, plan, workload);
    onRow(row);
    rows.push(row);
  }
  return rows;
}

async function warmUp(field: Field, { longSeconds: seconds }: Plan): Promise<void> {
  const { requests: calls, answers } = await wireWorkload(WORKLOADS.find(({ name }) => name === "mixed")!, field.hsm);
  await field.floor.ask("reply", answers);
  for (const server of SERVER_NAMES) {
    const load = { calls, concurrency: CONCURRENCY, connections: CONNECTIONS, seconds, tokens: [TOKEN] };
    await loadTarget(field.loader, field.servers[server], load);
  }
}

async function measureWorkload(field: Field, plan: Plan, workload: Workload): Promise<MatrixRow> {
  const { requests, answers } = await wireWorkload(workload, field.hsm);
  await field.floor.ask("reply", answers);
  const concurrency = workload.partBytes === undefined ? CONCURRENCY : CONCURRENCY_OF_PARTS;
  const rounds: Record<ServerName, Round[]> = { fast: [], connect: [], grpcJs: [], floor: [] };
  const engine: number[] = [];
  const primitive: number[] = [];
  const { name, title } = workload;
  async function measure(server: ServerName, seconds: number): Promise<Round> {
    const plan = { calls: requests, concurrency, connections: CONNECTIONS, seconds, tokens: [TOKEN] };
    const result = await loadTarget(field.loader, field.servers[server], plan);
    return {
      cpu: result.cpu,
      callsPerSecond: result.answered / result.seconds,
      p50Ms: result.latency.p50,
      p99Ms: result.latency.p99,
      clientLoad: result.clientCpuMicroseconds / (result.seconds * 1e6),
    };
  }
  for (const server of SERVER_NAMES) await measure(server, plan.warmUpSeconds);
  await field.inProcess.ask("workload", { name, seconds: plan.sliceSeconds });
  for (let round = 0; round < plan.rounds; round++) {
    for (const server of SERVER_NAMES) rounds[server].push(await measure(server, plan.seconds));
    const alone = await field.inProcess.ask("workload", { name, seconds: plan.sliceSeconds });
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
