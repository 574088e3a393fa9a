/** Implements grpc.health.v1.Health, which reports whether calls are served now. */
import { EventEmitter, once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { health } from "@grep11/proto";

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = health.HealthCheckResponse_ServingStatus;
type Status = typeof SERVING | typeof NOT_SERVING | typeof SERVICE_UNKNOWN;

/** The health service of one server. */
export class HealthService {
  readonly #ready: () => boolean;
  /** The names of services that have a status. The empty name means the whole server. */
  readonly #names: ReadonlySet<string>;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #stopped = false;

  /** `services` are the full names of the services, such as "grep11.Crypto". */
  constructor(ready: () => boolean, services: Iterable<string>) {
    this.#ready = ready;
    this.#names = new Set(["", ...services]);
  }

  /** Whether the server is serving calls now. */
  get serving(): boolean {
    return this.#status("") === SERVING;
  }

  /** Sends the new status to watchers if it has changed. */
  refresh(): void {
    this.#changes.emit("change");
  }

  /** Sets the status to NOT_SERVING permanently and ends all watches. */
  stop(): void {
    this.#stopped = true;
    this.refresh();
  }

  #status(service: string): Status {
    if (!this.#names.has(service)) return SERVICE_UNKNOWN;
    return !this.#stopped && this.#ready() ? SERVING : NOT_SERVING;
  }

  /** Returns the handlers of the service. Check throws NOT_FOUND for an unknown service. */
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
      // The status can only have changed during `yield`. If it has, there is no need to wait for the next change.
      if (this.#status(service) === status) await once(this.#changes, "change", { signal }).catch(() => undefined);
    }
  }
}
