/** The selected tab, in windows too narrow for everything. */
import { signal } from "@preact/signals"

/** The tabs. The outbox and Explore are there if the service has an outbox and a warehouse. */
export type Tab = "events" | "explore" | "plan" | "health" | "outbox"

/** The selected tab. */
export const tab = signal<Tab>("events")
