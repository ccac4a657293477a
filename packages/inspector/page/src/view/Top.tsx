/** The page's header: the connection to the service, and the list's actions. */
import { announce, announcement, copy } from "../announce.ts"
import { amount, count, counted } from "../format.ts"
import { scheme, schemes } from "../preferences.ts"
import { clear, connectionState, counts, rows, ticks, togglePause } from "../state.ts"
import { latest, perSecond } from "../ticks.ts"
import { focusList } from "./EventList.tsx"

const words = {
  connecting: "Connecting",
  connected: "Connected",
  reconnecting: "Reconnecting",
  locked: "Token required",
  stopped: "Stopped"
} as const

const Status = ({ onWake }: { readonly onWake: () => void }) => {
  const state = connectionState.value
  const reason = state._tag === "reconnecting" || state._tag === "stopped" ? state.reason : undefined
  return (
    <div class="status" data-state={state._tag}>
      <p role="status" aria-label="Connection" title={reason}>
        <span class="status-dot" aria-hidden="true" />
        {words[state._tag]}
        {reason !== undefined && <span class="status-reason">: {reason}</span>}
      </p>
      {reason !== undefined && (
        <button type="button" class="link" onClick={onWake}>
          Try now
        </button>
      )}
    </div>
  )
}

const Counts = () => {
  const last = ticks.value.at(-1)
  if (last === undefined) return null
  const rate = latest(perSecond(ticks.value.slice(-2), ({ tracked }) => tracked)) ?? 0
  return (
    <p class="counts">
      <span>
        <b>{amount(rate)}</b> per second
      </span>
      <span>
        <b>{count(last.tracked)}</b> tracked
      </span>
      {last.notShown > 0 && (
        <span title="Too many events arrived per second: these were only counted.">
          <b>{count(last.notShown)}</b> not listed
        </span>
      )}
    </p>
  )
}

const copyList = () =>
  void copy(JSON.stringify(rows.peek().toReversed(), undefined, 2), counted(rows.peek().length, "event"))

const nextScheme = () => {
  scheme.value = schemes[(schemes.indexOf(scheme.peek()) + 1) % schemes.length]!
  announce(`Colour scheme: ${scheme.value}`)
}

/** The header. */
export const Top = (props: { readonly onWake: () => void; readonly onHelp: () => void }) => (
  <header class="top">
    <h1>
      Trackmap <span>inspector</span>
    </h1>
    <Status onWake={props.onWake} />
    <Counts />
    <div class="controls" role="group" aria-label="Controls">
      <button type="button" class={counts.value.paused ? "on" : undefined} aria-keyshortcuts="p" onClick={togglePause}>
        {counts.value.paused ? "Resume" : "Pause"}
      </button>
      <button
        type="button"
        onClick={() => {
          clear()
          announce("List cleared")
          focusList()
        }}
      >
        Clear
      </button>
      <button type="button" title="Copy the listed events as JSON" onClick={copyList}>
        Copy list
      </button>
      <button type="button" title="Colour scheme" aria-label={`Colour scheme: ${scheme.value}`} onClick={nextScheme}>
        <svg class="icon" viewBox="0 0 12 12" aria-hidden="true">
          <circle cx="6" cy="6" r="4.5" />
          <path class="half" d="M6 1.5a4.5 4.5 0 0 1 0 9z" />
        </svg>
        <span class="controls-word">{scheme.value}</span>
      </button>
      <button type="button" aria-label="Keys" title="Keys (?)" aria-haspopup="dialog" onClick={props.onHelp}>
        ?
      </button>
    </div>
  </header>
)

/** A brief confirmation of the last action. */
export const Announcement = () => (
  <p class="announcement" role="status" aria-label="Done" data-shown={announcement.value !== ""}>
    {announcement.value}
  </p>
)
