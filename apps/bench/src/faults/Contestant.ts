/** What a client tells of what became of events. */
export interface Reports {
  /** An error, a callback or a receipt says that this event, or the batch that it is in, is lost. */
  readonly lost: (id: string) => void
  /** An error that names no event. */
  readonly error: () => void
}

/** A client that has been set up. */
export interface Client {
  readonly track: (id: string) => void
  /** As its own documentation says. */
  readonly close: () => Promise<unknown>
}

/** What a service does with a client, from its first event to its end. */
export interface Service {
  readonly url: string
  readonly reports: Reports
  readonly run: (track: (id: string) => unknown) => Promise<void>
  readonly closing: () => void
  readonly closed: () => void
}

/** Runs a service as the client's documentation has it. */
export type Contestant = (service: Service) => void

/** A service that makes a client, and closes it at its end. */
export const closing =
  (open: (url: string, reports: Reports) => Client): Contestant =>
  (service) => {
    const client = open(service.url, service.reports)
    void (async () => {
      await service.run(client.track)
      service.closing()
      await client.close()
      service.closed()
    })()
  }

export const names = [
  "trackmap-segment",
  "trackmap-promises",
  "trackmap-mixpanel",
  "analytics-node",
  "posthog-node",
  "rudder-sdk-node",
  "mixpanel"
] as const
export type Name = (typeof names)[number]

/** Each is imported in its own process alone. */
export const contestants: Readonly<Record<Name, () => Promise<{ readonly contestant: Contestant }>>> = {
  "trackmap-segment": () => import("./contestants/trackmapSegment.ts"),
  "trackmap-promises": () => import("./contestants/trackmapPromises.ts"),
  "trackmap-mixpanel": () => import("./contestants/trackmapMixpanel.ts"),
  "analytics-node": () => import("./contestants/analyticsNode.ts"),
  "posthog-node": () => import("./contestants/posthogNode.ts"),
  "rudder-sdk-node": () => import("./contestants/rudderSdkNode.ts"),
  mixpanel: () => import("./contestants/mixpanel.ts")
}

/** Who speaks to Mixpanel. */
export const isMixpanel = (name: Name): boolean => name.endsWith("mixpanel")
