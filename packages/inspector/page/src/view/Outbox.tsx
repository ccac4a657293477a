/** The outbox: the progress of each sink, and the dead letters. */
import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { type LetterDetail, type LetterSummary, masked, type OutboxSink } from "../../../src/internal/protocol.ts"
import { copy } from "../announce.ts"
import { count, counted, duration, moment } from "../format.ts"
import { type Again, makeLetters } from "../letters.ts"
import { open as openEvent } from "../opened.ts"
import { ask } from "../service.ts"
import { eventNames, hello, outboxState, summaryOf } from "../state.ts"
import { stateNames } from "../story.ts"
import { tab } from "../tab.ts"
import { State } from "./Icon.tsx"
import { Json } from "./Json.tsx"

const letters = makeLetters(ask)

/** The time between two looks at the letters: one that is lost again leaves their number as it was. */
const between = 5_000

const progress: ReadonlyArray<readonly [title: string, about: string, read: (sink: OutboxSink) => string]> = [
  [
    "Waiting",
    "An estimate of the messages that no relay has claimed yet",
    ({ depth }) => (depth === 0 ? "0" : `≈ ${count(depth)}`)
  ],
  ["Oldest", "The age of the oldest message that is not done", ({ oldest }) => (oldest === 0 ? "–" : duration(oldest))],
  ["Claims", "The claims of relays that are not done", ({ claims }) => count(claims)],
  ["Parked", "The messages that are set aside, and sent later", ({ parked }) => count(parked)],
  ["Dead", "The dead letters, which are sent only if you send them again", ({ dead }) => count(dead)]
]

const Sinks = ({ sinks }: { readonly sinks: ReadonlyArray<OutboxSink> }) => (
  <>
    <div class="scroll-x" role="group" aria-label="Progress by sink" tabindex={0}>
      <table class="totals" aria-label="Progress by sink">
        <thead>
          <tr>
            <th scope="col">Messages</th>
            {sinks.map(({ sink }) => (
              <th key={sink} scope="col" class="number" title={sink}>
                {sink}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {progress.map(([title, about, read]) => (
            <tr key={title}>
              <th scope="row" title={about}>
                {title}
              </th>
              {sinks.map((sink) => (
                <td key={sink.sink} class="number">
                  {read(sink)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    <p class="quiet outbox-hint">The number of waiting messages is an estimate.</p>
  </>
)

const Choice = (props: {
  readonly label: string
  readonly any: string
  readonly value: string
  readonly options: ReadonlyArray<string>
  readonly onChoose: (value: string) => void
}) => {
  const { any, label, onChoose, options, value } = props
  const all = [...new Set(value === "" ? options : [...options, value])].sort((a, b) => a.localeCompare(b))
  return (
    <select
      aria-label={label}
      class={value === "" ? undefined : "chosen"}
      value={value}
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
      <option value="">{any}</option>
      {all.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  )
}

/** A letter that is open. It is loaded again if it was lost again. */
const Opened = ({ letter }: { readonly letter: LetterSummary }) => {
  const { at, created, id, sink } = letter
  const detail = useSignal<LetterDetail | undefined>(undefined)
  const problem = useSignal<string | undefined>(undefined)
  useEffect(() => {
    let isHere = true
    const load = async () => {
      const answer = await letters.read(sink, id)
      if (!isHere) return
      problem.value = "error" in answer ? answer.error : undefined
      if ("value" in answer) detail.value = answer.value
    }
    void load()
    return () => {
      isHere = false
    }
  }, [sink, id, at])
  return (
    <div class="letter-open">
      <dl class="letter-facts">
        <div>
          <dt>Tracked</dt>
          <dd title={new Date(created).toISOString()}>{moment(created, Date.now())}</dd>
        </div>
        <div>
          <dt>Message id</dt>
          <dd>
            <code>{id}</code>
            <button type="button" class="link" onClick={() => void copy(id, "Message id")}>
              Copy<span class="sr"> message id</span>
            </button>
            {summaryOf(id) !== undefined && (
              <button
                type="button"
                class="link"
                onClick={() => {
                  openEvent(id)
                  tab.value = "events"
                }}
              >
                Show event
              </button>
            )}
          </dd>
        </div>
      </dl>
      {problem.value !== undefined && <p class="problem">{problem.value}</p>}
      {detail.value === undefined ? (
        problem.value === undefined && <p class="quiet">Loading the message…</p>
      ) : detail.value.unreadable !== undefined ? (
        <p class="problem">The message cannot be read: {detail.value.unreadable}</p>
      ) : (
        <Json label="Message" value={detail.value.message} />
      )}
    </div>
  )
}

const Letter = (props: { readonly letter: LetterSummary; readonly onSend: ((again: Again) => void) | undefined }) => {
  const { letter, onSend } = props
  const { at, attempts, event, id, reason, sink, state } = letter
  const isOpen = useSignal(false)
  return (
    <li class="letter">
      <div class="letter-head">
        <h4>
          <button
            type="button"
            class="fold"
            title={event}
            aria-expanded={isOpen.value}
            onClick={() => (isOpen.value = !isOpen.value)}
          >
            <span class="letter-event">{event}</span>
          </button>
        </h4>
        {onSend !== undefined && (
          <button type="button" class="small" disabled={letters.isSending.value} onClick={() => onSend({ sink, id })}>
            Send again
            <span class="sr">
              {" "}
              {event} to {sink}
            </span>
          </button>
        )}
      </div>
      <p class="letter-line">
        <State name={state} word={stateNames[state]} />
        <span class="wrap">{sink}</span>
        <span class="quiet">{counted(attempts, "attempt")}</span>
        <time class="quiet" title={new Date(at).toISOString()}>
          {moment(at, Date.now())}
        </time>
      </p>
      {reason !== undefined && (
        <p class="letter-reason wrap">
          {reason} {reason === masked && <span class="tag tag-personal">can contain personal data</span>}
        </p>
      )}
      {isOpen.value && <Opened letter={letter} />}
    </li>
  )
}

/** What the conditions select, in words. */
const selectedWords = (sinks: ReadonlyArray<OutboxSink>): string => {
  const { event, sink } = letters.conditions.value
  const dead = sinks.filter((one) => sink === "" || one.sink === sink).reduce((sum, one) => sum + one.dead, 0)
  const what = event === "" ? counted(dead, "dead letter") : `All dead letters of ${event}`
  return sink === "" ? what : `${what} of the sink ${sink}`
}

/** Asks before many letters are sent again. */
const SendAll = (props: { readonly sinks: ReadonlyArray<OutboxSink>; readonly onSend: (again: Again) => void }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  return (
    <>
      <button
        type="button"
        class="small"
        aria-haspopup="dialog"
        disabled={letters.isSending.value}
        onClick={() => dialog.current?.showModal()}
      >
        Send all again
      </button>
      <dialog ref={dialog} class="help" aria-labelledby="send-heading">
        <h2 id="send-heading">Send all of them again?</h2>
        <p class="send-what">
          {selectedWords(props.sinks)}: the relays send them again under their old ids. Sinks that were removed are left
          out.
        </p>
        <form
          method="dialog"
          class="send-buttons"
          onSubmit={(event) => {
            if ((event.submitter as HTMLButtonElement | null)?.value !== "send") return
            const { event: name, sink } = letters.conditions.peek()
            props.onSend({ ...(sink !== "" && { sink }), ...(name !== "" && { event: name }) })
          }}
        >
          <button type="submit" value="cancel">
            Cancel
          </button>
          <button type="submit" value="send">
            Send again
          </button>
        </form>
      </dialog>
    </>
  )
}

const Letters = ({ sinks }: { readonly sinks: ReadonlyArray<OutboxSink> }) => {
  const heading = useRef<HTMLHeadingElement>(null)
  const { event, sink } = letters.conditions.value
  const listed = letters.list.value?.letters ?? []
  const dead = sinks.map((one) => `${one.sink} ${String(one.dead)}`).join("\n")
  const isReadOnly = hello.value?.outbox?.readOnly === true
  useEffect(() => {
    void letters.load()
    const timer = setInterval(() => {
      if (!document.hidden) void letters.load()
    }, between)
    return () => clearInterval(timer)
  }, [dead])
  const turn = (to: () => Promise<void>): void => {
    heading.current?.focus()
    void to()
  }
  const send = (again: Again): void => {
    // The letter goes away with its button.
    heading.current?.focus()
    void letters.sendAgain(again)
  }
  return (
    <>
      <h3 ref={heading} tabindex={-1}>
        Dead letters
      </h3>
      <p role="status" aria-label="Sent again" class={letters.said.value?.isBad === true ? "problem" : "done"}>
        {letters.said.value?.text}
      </p>
      <div class="letters-ask">
        <Choice
          label="Dead letters of a sink"
          any="Any sink"
          value={sink}
          options={[...sinks, ...listed].map((one) => one.sink)}
          onChoose={(value) => void letters.refine({ sink: value })}
        />
        <Choice
          label="Dead letters of an event"
          any="Any event"
          value={event}
          options={[...eventNames.value, ...listed.map((one) => one.event)]}
          onChoose={(value) => void letters.refine({ event: value })}
        />
        {!isReadOnly && listed.length > 0 && <SendAll sinks={sinks} onSend={send} />}
      </div>
      {letters.problem.value !== undefined && (
        <p class="problem">The dead letters could not be loaded: {letters.problem.value}</p>
      )}
      {letters.list.value === undefined ? (
        letters.problem.value === undefined && <p class="quiet">Loading the dead letters…</p>
      ) : listed.length === 0 ? (
        <p class="quiet">There are no {sink === "" && event === "" ? "" : "such "}dead letters.</p>
      ) : (
        <ol class="letters" aria-label="Dead letters">
          {listed.map((letter) => (
            <Letter key={`${letter.sink}\n${letter.id}`} letter={letter} onSend={isReadOnly ? undefined : send} />
          ))}
        </ol>
      )}
      {(letters.places.value.length > 0 || letters.list.value?.next !== undefined) && (
        <nav class="letters-pages" aria-label="Pages of dead letters">
          <button type="button" disabled={letters.places.value.length === 0} onClick={() => turn(letters.newer)}>
            Newer
          </button>
          <span class="quiet">Page {count(letters.places.value.length + 1)}</span>
          <button type="button" disabled={letters.list.value?.next === undefined} onClick={() => turn(letters.older)}>
            Older
          </button>
        </nav>
      )}
      {isReadOnly && <p class="quiet">This page only shows dead letters: sending them again is turned off.</p>}
    </>
  )
}

/** The progress of the sinks, and the dead letters. */
export const Outbox = () => {
  const state = outboxState.value
  if (state === undefined) return <p class="empty">Looking at the outbox…</p>
  return (
    <div class="outbox">
      {state.error !== undefined && <p class="problem">The outbox cannot be read: {state.error}</p>}
      {state.sinks.length > 0 ? (
        <Sinks sinks={state.sinks} />
      ) : (
        state.error === undefined && <p class="quiet">The outbox has no sinks yet: start a relay.</p>
      )}
      <Letters sinks={state.sinks} />
    </div>
  )
}
