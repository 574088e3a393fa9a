/** grpc.health.v1.Health: whether calls are answered now. */
import { EventEmitter, once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { health, wire } from "@grep11/proto";

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = health.HealthCheckResponse_ServingStatus;
type Status = typeof SERVING | typeof NOT_SERVING | typeof SERVICE_UNKNOWN;

/** The service names that have a status; the empty one stands for the server. */
const SERVICES: ReadonlySet<string> = new Set(["", wire.Crypto.typeName]);

/** The health service of one server. */
export class HealthService {
  readonly #ready: () => boolean;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #stopped = false;

  constructor(ready: () => boolean) {
    this.#ready = ready;
  }

  /** Whether the server is serving calls now. */
  get serving(): boolean {
    return this.#status("") === SERVING;
  }

  /** Wakes those who watch. */
  refresh(): void {
    this.#changes.emit("change");
  }

  /** NOT_SERVING from now on, and an end to all watching. */
  stop(): void {
    this.#stopped = true;
    this.refresh();
  }

  #status(service: string): Status {
    if (!SERVICES.has(service)) return SERVICE_UNKNOWN;
    return !this.#stopped && this.#ready() ? SERVING : NOT_SERVING;
  }

  /** The handlers of the service. Errors: NOT_FOUND for an unknown service in Check. */
  implementation(): ServiceImpl<typeof health.Health> {
    return {
      check: ({ service }) => {
        const status = this.#status(service);
        if (status === SERVICE_UNKNOWN) throw new ConnectError("unknown service", Code.NotFound);
        return { status };
      },
      watch: ({ service }, { signal }) => this.#watch(service, signal),
    };
  }

  async *#watch(service: string, signal: AbortSignal): AsyncGenerator<health.HealthCheckResponse> {
    let last: Status | undefined;
    while (!signal.aborted) {
      const status = this.#status(service);
      if (status !== last) yield create(health.HealthCheckResponseSchema, { status });
      last = status;
      if (this.#stopped) return;
      // A change between the two statements above is seen at the next turn: nothing awaits in between but the yield.
      if (this.#status(service) === status) await once(this.#changes, "change", { signal }).catch(() => undefined);
    }
  }
}
