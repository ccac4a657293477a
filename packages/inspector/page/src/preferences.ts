/** What a person chose for this browser. */
import { effect, signal } from "@preact/signals"
import { kept } from "./kept.ts"

/** The colour schemes, in the order in which the button goes through them. */
export const schemes = ["system", "light", "dark"] as const

/** A colour scheme. */
export type Scheme = (typeof schemes)[number]

const keptScheme = kept("local", "trackmap-inspector-scheme")
const keptShortcuts = kept("local", "trackmap-inspector-shortcuts")

/** The colour scheme. */
export const scheme = signal<Scheme>(schemes.find((one) => one === keptScheme.read()) ?? "system")

/** Whether single letters do something: who dictates may not want that. */
export const shortcuts = signal(keptShortcuts.read() !== "off")

/** Applies and keeps what is chosen. */
export const keepPreferences = (): void => {
  effect(() => {
    document.documentElement.style.colorScheme = scheme.value === "system" ? "light dark" : scheme.value
    keptScheme.write(scheme.value)
  })
  effect(() => keptShortcuts.write(shortcuts.value ? "on" : "off"))
}
