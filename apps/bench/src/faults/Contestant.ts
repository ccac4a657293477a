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
