import type { IncomingMessage } from "node:http"
import { Global, Module, type OnApplicationShutdown } from "@nestjs/common"
import { Actor } from "@trackmap/node"
import { tracking } from "./tracking.ts"

/** The actor of everything that a request tracks. Here a header names the user: use your authentication in its place. */
export const actor = ({ headers }: IncomingMessage, _res: unknown, next: () => void): void =>
  Actor.run({ userId: headers["x-user-id"]?.toString(), context: Actor.contextOf(headers) }, next)

/** Injects the tracking: `@Inject(TRACKING) tracking: Tracking.Tracking`. */
export const TRACKING = Symbol("tracking")

@Global()
@Module({ providers: [{ provide: TRACKING, useValue: tracking }], exports: [TRACKING] })
export class TrackingModule implements OnApplicationShutdown {
  /** By then, pending requests are finished and tracked. */
  onApplicationShutdown(): Promise<void> {
    return tracking.close()
  }
}
