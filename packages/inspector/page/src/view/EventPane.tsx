/** The open event: a summary, the origin of its values, the requests of each sink, and the receipts. */
import { useSignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import type { EventDetail } from "../../../src/internal/protocol.ts"
import { copy } from "../announce.ts"
import { clock } from "../format.ts"
import { copyOpened } from "../keyboard.ts"
import { close, opened } from "../opened.ts"
import { hello, summaryOf } from "../state.ts"
import { howItCame, whatBecame } from "../story.ts"
import { room } from "../viewport.ts"
import { focusList } from "./EventList.tsx"
import { Graph } from "./Graph.tsx"
import { Icon } from "./Icon.tsx"
import { Json } from "./Json.tsx"
import { Keys } from "./Keys.tsx"
import { Sink } from "./Sink.tsx"

const Violations = ({ detail }: { readonly detail: EventDetail }) => (
  <section aria-labelledby="violations-heading">
    <h3 id="violations-heading">Violations of the plan</h3>
    <ul class="violations">
      {detail.violations.map(({ actual, expected, path }, index) => (
        <li key={index}>
          <code class="key">{path}</code>
          <dl>
            <dt>Expected</dt>
            <dd>{expected}</dd>
            <dt>Came</dt>
            <dd>{actual}</dd>
          </dl>
        </li>
      ))}
    </ul>
  </section>
)

const Story = ({ detail }: { readonly detail: EventDetail }) => {
  const highlighted = useSignal<string | undefined>(undefined)
  const isMessageOpen = useSignal(false)
  return (
    <>
      <div class="story">
        <p>{howItCame(detail)}</p>
        <p>{whatBecame(detail)}</p>
      </div>
      {detail.nodes.length > 0 && (
        <section aria-labelledby="graph-heading">
          <h3 id="graph-heading">Origin</h3>
          <p class="quiet hint">The entities with keys in the event. Select one to mark its keys below.</p>
          <Graph detail={detail} highlighted={highlighted} />
        </section>
      )}
      <section aria-labelledby="keys-heading" class="keys-section">
        <h3 id="keys-heading">Keys</h3>
        <Keys detail={detail} highlighted={highlighted} />
      </section>
      {detail.violations.length > 0 && <Violations detail={detail} />}
      <section aria-labelledby="sinks-heading">
        <h3 id="sinks-heading">Sinks</h3>
        {detail.sinks.map((sink) => (
          <Sink key={sink.sink} detail={sink} at={detail.summary.at} />
        ))}
      </section>
      <section aria-labelledby="message-heading">
        <h3 id="message-heading">
          <button
            type="button"
            class="fold"
            aria-expanded={isMessageOpen.value}
            onClick={() => (isMessageOpen.value = !isMessageOpen.value)}
          >
            Full message
          </button>
        </h3>
        {isMessageOpen.value && <Json label="Message" value={detail.message} />}
      </section>
    </>
  )
}

/** Shown when no event is open. */
const NoneOpen = () => (
  <div class="empty">
    <p class="empty-title">No event is open.</p>
    <p>
      Select one in the list to see where each key came from, and how it was delivered. With the keyboard: <kbd>↓</kbd>{" "}
      and <kbd>Enter</kbd>.
    </p>
  </div>
)

/** The open event. */
export const EventPane = () => {
  const now = opened.value
  const heading = useRef<HTMLHeadingElement>(null)
  const isNarrow = room.value === "narrow"
  const id = now?.messageId
  useLayoutEffect(() => {
    heading.current?.closest(".scroll")?.scrollTo(0, 0)
    // When the event replaces the list, move the focus to it.
    if (isNarrow) heading.current?.focus({ preventScroll: true })
  }, [id, isNarrow])
  if (now === undefined) return <NoneOpen />

  const { detail, messageId, state } = now
  const summary = detail?.summary ?? summaryOf(messageId)
  const isOfBefore = detail !== undefined && now.run !== hello.value?.run
  return (
    <article class="event" aria-labelledby="event-heading">
      <header class="event-head">
        <button
          type="button"
          class="icon-button"
          aria-label={isNarrow ? "Back to the list" : "Close the event"}
          title={isNarrow ? "Back to the list" : "Close the event (Escape)"}
          onClick={() => {
            close()
            requestAnimationFrame(focusList)
          }}
        >
          <Icon name={isNarrow ? "back" : "close"} />
        </button>
        <h2 id="event-heading" ref={heading} tabindex={-1} title={summary?.name}>
          {summary?.name ?? "Event"}
        </h2>
        <button type="button" title="Copy event as JSON (c)" disabled={detail === undefined} onClick={copyOpened}>
          Copy as JSON
        </button>
      </header>
      <dl class="facts">
        {summary !== undefined && (
          <>
            <div>
              <dt>When</dt>
              <dd title={new Date(summary.at).toISOString()}>{clock(summary.at)}</dd>
            </div>
            <div>
              <dt>Who</dt>
              <dd>{summary.actor ?? "unknown"}</dd>
            </div>
            <div>
              <dt>Type</dt>
              <dd>{summary.type}</dd>
            </div>
          </>
        )}
        <div>
          <dt>Message id</dt>
          <dd>
            <code>{messageId}</code>
            <button type="button" class="link" onClick={() => void copy(messageId, "Message id")}>
              Copy<span class="sr"> message id</span>
            </button>
          </dd>
        </div>
      </dl>
      {(isOfBefore || (state === "gone" && detail !== undefined)) && (
        <p class="note">The service no longer has this event. This is its last known state.</p>
      )}
      {detail !== undefined ? (
        <Story key={messageId} detail={detail} />
      ) : state === "gone" ? (
        <p class="note">The service no longer has this event: newer ones have replaced it.</p>
      ) : state === "failed" ? (
        <p class="note">The event could not be loaded. The page will retry once the service responds.</p>
      ) : (
        <p class="empty">Loading the event…</p>
      )}
    </article>
  )
}
