/** The page's single-key shortcuts. */
import { copy } from "./announce.ts"
import { moveBy } from "./cursor.ts"
import { close, opened } from "./opened.ts"
import { shortcuts } from "./preferences.ts"
import { togglePause } from "./state.ts"
import { tab } from "./tab.ts"

/** The shortcuts, as the help lists them. */
export const keys: ReadonlyArray<readonly [key: string, does: string]> = [
  ["↑ ↓ or k j", "Move up and down the list"],
  ["Home End", "Go to the newest and the oldest event"],
  ["Enter", "Open the event; press again to move into it"],
  ["Escape", "Close the event"],
  ["/", "Search"],
  ["p", "Pause or resume"],
  ["c", "Copy the open event as JSON"],
  ["?", "Show these shortcuts"]
]

/** The actions of the page that shortcuts use. */
export interface Places {
  readonly focusSearch: () => void
  readonly focusList: () => void
  readonly showHelp: () => void
}

const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select")

/** Copies the open event. */
export const copyOpened = (): void => {
  const detail = opened.peek()?.detail
  if (detail !== undefined) void copy(JSON.stringify(detail, undefined, 2), "Event")
}

/** Listens for the keys. */
export const listen = (places: Places): void => {
  const step = (by: number) => {
    places.focusList()
    moveBy(by)
  }
  const byLetter: Readonly<Record<string, () => void>> = {
    "/": places.focusSearch,
    "?": places.showHelp,
    c: copyOpened,
    j: () => step(1),
    k: () => step(-1),
    p: togglePause
  }
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (document.querySelector("dialog[open]") !== null) return
    if (takesText(event.target)) return
    if (event.key === "Escape" && opened.peek() !== undefined && tab.peek() !== "explore") {
      close()
      places.focusList()
    } else if (shortcuts.peek() && Object.hasOwn(byLetter, event.key)) {
      byLetter[event.key]!()
    } else return
    event.preventDefault()
  })
}
