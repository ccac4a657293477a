/** The selected tab, in windows too narrow for everything. */
import { signal } from "@preact/signals"

/** The tabs. */
export type Tab = "events" | "plan" | "health"

/** The selected tab. */
export const tab = signal<Tab>("events")
