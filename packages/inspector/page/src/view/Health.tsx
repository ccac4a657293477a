/** The health of the service's tracking: rate, failures, latency and buffers. */
import type { SinkTick, Tick } from "../../../src/internal/protocol.ts"
import { count, counted, duration } from "../format.ts"
import { hello, ticks } from "../state.ts"
import { gauge, lost, ofSink, perSecond } from "../ticks.ts"
import { Chart, marks } from "./Chart.tsx"

const totals: ReadonlyArray<readonly [title: string, read: (sink: SinkTick) => string]> = [
  ["Delivered", ({ delivered }) => count(delivered)],
  ["Rejected", ({ rejected }) => count(rejected)],
  ["Expired", ({ expired }) => count(expired)],
  ["Dropped", ({ dropped }) => count(dropped)],
  ["Skipped", ({ skipped }) => count(skipped)],
  ["Attempts", ({ attempts }) => count(attempts)],
  ["Buffered", ({ buffered }) => count(buffered)],
  ["Oldest", ({ buffered, oldest }) => (buffered === 0 ? "–" : duration(oldest))]
]

const Totals = ({ last }: { readonly last: Tick }) => (
  <div class="scroll-x" role="group" aria-label="Totals by sink" tabindex={0}>
    <table class="totals" aria-label="Totals by sink">
      <thead>
        <tr>
          <th scope="col">Messages</th>
          {last.sinks.map(({ sink }) => (
            <th key={sink} scope="col" class="number" title={sink}>
              {sink}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {totals.map(([title, read]) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            {last.sinks.map((sink) => (
              <td key={sink.sink} class="number">
                {read(sink)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

/** The charts, and the totals of the sinks. */
export const Health = () => {
  const all = ticks.value
  const last = all.at(-1)
  if (last === undefined) return <p class="empty">The service reports its health once a second.</p>
  const sinks = (hello.value?.sinks ?? []).map((name, index) => ({ name, mark: index % marks }))
  return (
    <div class="health">
      <div class="charts">
        <Chart
          title="Events per second"
          until={last.at}
          series={[{ name: "events", mark: 0, points: perSecond(all, ({ tracked }) => tracked) }]}
        />
        <Chart
          title="Failures per second"
          until={last.at}
          series={sinks.map(({ mark, name }) => ({
            name,
            mark,
            points: perSecond(all, (tick) => lost(ofSink(tick, name)))
          }))}
        />
        <Chart
          title="Latency"
          until={last.at}
          write={duration}
          series={sinks.flatMap(({ mark, name }) => [
            { name: `${name} p50`, mark, minor: true, points: gauge(all, (tick) => ofSink(tick, name)?.latency?.p50) },
            { name: `${name} p99`, mark, points: gauge(all, (tick) => ofSink(tick, name)?.latency?.p99) }
          ])}
        />
        <Chart
          title="Buffer depth"
          until={last.at}
          series={sinks.map(({ mark, name }) => ({
            name,
            mark,
            points: gauge(all, (tick) => ofSink(tick, name)?.buffered)
          }))}
        />
      </div>
      <p class="quiet">
        {counted(last.tracked, "event")} tracked since the start
        {last.notShown > 0 && `, ${count(last.notShown)} of them only counted, because too many arrived per second`}.
      </p>
      <Totals last={last} />
    </div>
  )
}
