/** The user's preferences in this browser. */
import { effect, signal } from "@preact/signals"
import { kept } from "./kept.ts"

/** The colour schemes, in the order of the button. */
export const schemes = ["system", "light", "dark"] as const

/** A colour scheme. */
export type Scheme = (typeof schemes)[number]

const keptScheme = kept("local", "trackmap-inspector-scheme")
const keptShortcuts = kept("local", "trackmap-inspector-shortcuts")

/** The colour scheme. */
export const scheme = signal<Scheme>(schemes.find((one) => one === keptScheme.read()) ?? "system")

/** Whether single letters are shortcuts. People who dictate may want to turn them off. */
export const shortcuts = signal(keptShortcuts.read() !== "off")

/** Applies and stores the preferences. */
export const keepPreferences = (): void => {
  effect(() => {
    document.documentElement.style.colorScheme = scheme.value === "system" ? "light dark" : scheme.value
    keptScheme.write(scheme.value)
  })
  effect(() => keptShortcuts.write(shortcuts.value ? "on" : "off"))
}
