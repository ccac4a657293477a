/** The selected tab, in windows too narrow for everything. */
import { signal } from "@preact/signals"

/** The tabs. The outbox is there if the service has one. */
export type Tab = "events" | "plan" | "health" | "outbox"

/** The selected tab. */
export const tab = signal<Tab>("events")
