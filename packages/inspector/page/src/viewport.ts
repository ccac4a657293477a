/** The available space. */
import { computed, signal } from "@preact/signals"

const matches = (query: string) => {
  const list = matchMedia(query)
  const matching = signal(list.matches)
  list.addEventListener("change", () => (matching.value = list.matches))
  return matching
}

const medium = matches("(min-width: 760px)")
const wide = matches("(min-width: 1400px)")

/** Narrow: one thing at a time. Medium: the list, and one thing next to it. Wide: everything. */
export const room = computed(() => (wide.value ? "wide" : medium.value ? "medium" : "narrow"))
