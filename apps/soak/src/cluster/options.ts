/** The stream of a run. */
export const stream = "TRACKING"

/** Where the stream is. Each relay may die, and then others get its messages. */
export const options = (servers: ReadonlyArray<string>) => ({ servers, stream, ackWait: "5 seconds" as const })
