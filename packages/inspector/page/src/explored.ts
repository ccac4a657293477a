/** The tab Explore of this page, and its address. */
import { effect } from "@preact/signals"
import { readAddress, writeAddress } from "./explore/asking.ts"
import { makeExplore } from "./explore/explore.ts"
import { opened } from "./opened.ts"
import { ask } from "./service.ts"
import { tab } from "./tab.ts"

/** The tab's state. */
export const explore = makeExplore(ask)

const isOurs = () => (history.state as { readonly inspector?: boolean } | null)?.inspector === true

/** Whether the address is a question's. */
const isHere = () => readAddress(location.hash) !== undefined

/** The address outside the tab: that of the open event, if there is one. */
const outside = (): string => {
  const id = opened.peek()?.messageId
  return id === undefined ? location.pathname + location.search : `#event=${encodeURIComponent(id)}`
}

const read = () => {
  const found = readAddress(location.hash)
  if (found === undefined) {
    if (tab.peek() === "explore") tab.value = "events"
    return
  }
  explore.goTo(found)
  tab.value = "explore"
}

/** Keeps the question in the address while the tab is selected, so that reloading, going back and sending a link keep it. */
export const keepExplored = (): void => {
  addEventListener("popstate", read)
  read()
  effect(() => {
    const isSelected = tab.value === "explore"
    const address = writeAddress(explore.asking.value, explore.sql.value)
    if (isSelected && location.hash !== address) {
      if (isOurs() || isHere()) history.replaceState(history.state, "", address)
      else history.pushState({ inspector: true }, "", address)
    } else if (!isSelected && isHere()) history.replaceState(history.state, "", outside())
  })
}
