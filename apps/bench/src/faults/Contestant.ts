/** What a client reports about its events. */
export interface Reports {
  /** An error, a callback or a receipt reports the loss of this event or its batch. */
  readonly lost: (id: string) => void
  /** An error that names no event. */
  readonly error: () => void
}

/** A client that has been set up. */
export interface Client {
  readonly track: (id: string) => void
  /** As its documentation recommends. */
  readonly close: () => Promise<unknown>
}

/** A service's use of a client, from its first event to its end. */
export interface Service {
  readonly url: string
  readonly reports: Reports
  readonly run: (track: (id: string) => unknown) => Promise<void>
  readonly closing: () => void
  readonly closed: () => void
}

/** Runs a service as the client's documentation recommends. */
export type Contestant = (service: Service) => void

/** A service that makes a client, and closes it at the end. */
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
