/** An event in one sink: its requests, attempts and receipt. */
import type { AttemptDetail, SinkDetail } from "../../../src/internal/protocol.ts"
import { clock, counted, duration } from "../format.ts"
import { receiptSentence, stateNames } from "../story.ts"
import { State } from "./Icon.tsx"
import { Json } from "./Json.tsx"

const Attempt = ({ attempt, since }: { readonly attempt: AttemptDetail; readonly since: number }) => (
  <li data-good={attempt.result.toLowerCase() === "delivered"}>
    <div class="attempt-head">
      <span class="attempt-result">{attempt.result}</span>
      <span class="quiet">
        <time title={clock(attempt.at)}>+{duration(Math.max(0, attempt.at - since))}</time>
        {` · took ${duration(attempt.milliseconds)} · batch of ${counted(attempt.messages, "message")}`}
      </span>
    </div>
    {attempt.reason !== undefined && <p class="wrap">{attempt.reason}</p>}
    {attempt.retryAfter !== undefined && (
      <p class="quiet">The vendor asked to wait {duration(attempt.retryAfter)} before the next attempt.</p>
    )}
  </li>
)

/** One sink. `at` is when the event happened. */
export const Sink = ({ at, detail }: { readonly detail: SinkDetail; readonly at: number }) => {
  const { attempts, records, sink, state } = detail
  return (
    <section class="sink" aria-label={`Sink ${sink}`}>
      <header>
        <h4 title={sink}>{sink}</h4>
        <State name={state} word={stateNames[state]} />
      </header>
      <p class="wrap">{receiptSentence(detail, at)}</p>
      {attempts.length > 0 && (
        <ol class="attempts" aria-label={`Attempts of ${sink}`}>
          {attempts.map((attempt, index) => (
            <Attempt key={index} attempt={attempt} since={at} />
          ))}
        </ol>
      )}
      {records.length === 0 ? (
        <p class="quiet">
          {state === "skipped" || state === "dropped"
            ? "Nothing was sent."
            : "The sink creates the request when it sends the event."}
        </p>
      ) : (
        records.map(({ record, to }, index) => (
          <div key={index}>
            <p class="to">{to}</p>
            <Json label={`Record ${String(index + 1)} for ${sink}`} value={record} />
          </div>
        ))
      )}
    </section>
  )
}
