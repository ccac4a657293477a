/** Events that each client tracks. */
export const count = 500

/** Events in a batch, for all who batch: some are left for the last one, that only closing sends. */
export const batch = 60

/** The id of an event: a UUID, which is what all vendors take. */
export const idsOf = (index: number): string => `0190a0b0-0000-7000-8000-${index.toString(16).padStart(12, "0")}`
