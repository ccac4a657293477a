/** An event as the server keeps it. */
export interface Event {
  readonly uuid: string
  readonly event: string
  readonly distinct_id: string
  readonly timestamp: string
  readonly properties: Readonly<Record<string, any>>
}

/** An event that the server did not keep, and PostHog's tag for the reason. */
export interface Dropped {
  readonly event: unknown
  readonly details: string
}
