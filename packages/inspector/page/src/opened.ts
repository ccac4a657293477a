/** The event that is open. */
import { effect, signal, untracked } from "@preact/signals"
import type { EventDetail } from "../../src/internal/protocol.ts"
import { ask as askService } from "./service.ts"
import { hello, summaryOf } from "./state.ts"

/** The page's knowledge of the open event. */
export interface Opened {
  readonly messageId: string
  /** The run of the service that it belongs to. */
  readonly run: string | undefined
  /** Its last known details. */
  readonly detail: EventDetail | undefined
  readonly state: "loading" | "loaded" | "gone" | "failed"
}

/** The event that is open. */
export const opened = signal<Opened | undefined>(undefined)

/** The address contains the open event, as `#event=…`, so that reloading and going back keep it. */
const inAddress = (): string | undefined => {
  const found = /^#event=(.+)$/.exec(location.hash)
  try {
    return found === null ? undefined : decodeURIComponent(found[1]!)
  } catch {
    return undefined
  }
}

const show = (messageId: string | undefined) => {
  if (opened.peek()?.messageId === messageId) return
  opened.value =
    messageId === undefined ? undefined : { messageId, run: hello.peek()?.run, detail: undefined, state: "loading" }
}

/** Whether the page has added this address to the history: it adds one entry, not one per event. */
const isOurs = () => (history.state as { readonly inspector?: boolean } | null)?.inspector === true

/** Opens an event. */
export const open = (messageId: string): void => {
  if (opened.peek()?.messageId === messageId) return
  const address = `#event=${encodeURIComponent(messageId)}`
  if (isOurs()) history.replaceState(history.state, "", address)
  else history.pushState({ inspector: true }, "", address)
  show(messageId)
}

/** Closes the open event. */
export const close = (): void => {
  if (opened.peek() === undefined) return
  history.replaceState(history.state, "", location.pathname + location.search)
  show(undefined)
}

/** While somebody moves through the list quickly, the page loads only the event where they stop. */
const settle = 60
/** The minimum time between two requests for an event that changes often. */
const between = 250
/** The time before a retry. */
const again = 2_000

/** Keeps the open event up to date. */
export const keepOpened = (): void => {
  addEventListener("popstate", () => show(inAddress()))
  show(inAddress())

  let request: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let current: string | undefined
  let askedAt = 0

  const ask = async (messageId: string) => {
    const mine = (request = new AbortController())
    askedAt = Date.now()
    const set = (change: Partial<Opened>) => {
      const before = opened.peek()
      if (!mine.signal.aborted && before?.messageId === messageId) opened.value = { ...before, ...change }
    }
    try {
      const response = await askService(`events/${encodeURIComponent(messageId)}`, { signal: mine.signal })
      if (response.ok) {
        const detail = (await response.json()) as EventDetail
        set({ detail, run: hello.peek()?.run, state: "loaded" })
      } else {
        set({ state: response.status === 404 ? "gone" : "failed" })
      }
    } catch {
      set({ state: "failed" })
    }
    if (request === mine) request = undefined
    // It changed during the request.
    if (!mine.signal.aborted) look()
  }

  const look = () => {
    const now = opened.peek()
    if (now === undefined || request !== undefined || now.state === "gone") return
    const revision = untracked(() => summaryOf(now.messageId)?.revision)
    const stale =
      now.state === "loading" ||
      now.state === "failed" ||
      (revision !== undefined && revision > (now.detail?.summary.revision ?? -1))
    if (!stale) return
    clearTimeout(timer)
    const pause = now.state === "failed" ? again : between
    const wait = now.state === "loading" ? settle : Math.max(0, askedAt + pause - Date.now())
    timer = setTimeout(() => {
      if (request === undefined && opened.peek()?.messageId === now.messageId) void ask(now.messageId)
    }, wait)
  }

  effect(() => {
    const now = opened.value
    if (now?.messageId !== current) {
      current = now?.messageId
      clearTimeout(timer)
      request?.abort()
      request = undefined
    }
    if (now !== undefined) void summaryOf(now.messageId)?.revision
    look()
  })
}
