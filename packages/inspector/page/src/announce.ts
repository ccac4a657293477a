/** Brief confirmations, shown for a moment and read out. */
import { signal } from "@preact/signals"

/** The last confirmation. */
export const announcement = signal("")

let timer: ReturnType<typeof setTimeout> | undefined

/** Confirms an action. */
export const announce = (text: string): void => {
  announcement.value = text
  clearTimeout(timer)
  timer = setTimeout(() => (announcement.value = ""), 2_500)
}

/** Copies a text. Pages that are neither on https nor from this machine have only the old API. */
export const copy = async (text: string, what: string): Promise<void> => {
  try {
    await navigator.clipboard.writeText(text)
    announce(`${what} copied`)
  } catch {
    announce(copyBySelection(text) ? `${what} copied` : "The browser did not allow copying")
  }
}

const copyBySelection = (text: string): boolean => {
  const focused = document.activeElement
  const area = document.createElement("textarea")
  area.value = text
  area.className = "sr"
  document.body.append(area)
  area.select()
  const done = document.execCommand("copy")
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return done
}
