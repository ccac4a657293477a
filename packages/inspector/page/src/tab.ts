/** What is shown where there is no room for all. */
import { signal } from "@preact/signals"

/** What can be shown. */
export type Tab = "events" | "plan" | "health"

/** What is shown. */
export const tab = signal<Tab>("events")
