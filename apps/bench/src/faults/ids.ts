/** The number of events that each client tracks. */
export const count = 500

/** Events in a batch, for all clients that batch. The last batch is not full, so that only closing sends it. */
export const batch = 60

/** The id of an event: a UUID, which all vendors accept. */
export const idsOf = (index: number): string => `0190a0b0-0000-7000-8000-${index.toString(16).padStart(12, "0")}`
