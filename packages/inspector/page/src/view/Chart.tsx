/** A small chart of the last two minutes. */
import { area, line } from "d3-shape"
import { amount } from "../format.ts"
import { ceiling, linear } from "../scale.ts"
import { highest, latest, type Point, span } from "../ticks.ts"

/** One line of a chart. */
export interface Series {
  readonly name: string
  readonly points: ReadonlyArray<Point>
  /** The colour and dashes: the same for one sink everywhere. */
  readonly mark: number
  /** Whether it is a thinner line that accompanies a main line. */
  readonly minor?: boolean
}

const width = 400
const height = 72

/** The number of marks: colours and dashes. */
export const marks = 6

const Line = (props: {
  readonly series: Series
  readonly x: (at: number) => number
  readonly y: (value: number) => number
  readonly filled: boolean
}) => {
  const { filled, series, x, y } = props
  const shown = series.points.filter((point) => point.value === undefined || x(point.at) >= -width / 60)
  const path = line<Point>()
    .defined(({ value }) => value !== undefined)
    .x(({ at }) => x(at))
    .y(({ value }) => y(value!))
    .digits(1)(shown)
  const below = area<Point>()
    .defined(({ value }) => value !== undefined)
    .x(({ at }) => x(at))
    .y0(height)
    .y1(({ value }) => y(value!))
    .digits(1)(shown)
  return (
    <g data-mark={series.mark} class={series.minor === true ? "series minor" : "series"}>
      {filled && <path class="series-area" d={below ?? ""} />}
      <path class="series-line" d={path ?? ""} />
    </g>
  )
}

/** A chart, with its title, current values and maximum as text. */
export const Chart = (props: {
  readonly title: string
  readonly series: ReadonlyArray<Series>
  readonly until: number
  readonly write?: (value: number) => string
}) => {
  const { series, title, until, write = amount } = props
  const most = highest(series.map(({ points }) => points))
  const top = ceiling(most)
  const x = linear([until - span, until], [0, width])
  const y = linear([0, top], [height - 1, 2])
  const now = series.map(({ name, points }) => {
    const value = latest(points)
    return { name, text: value === undefined ? "–" : write(value) }
  })
  const summary = `${title} in the last two minutes. Now: ${now
    .map(({ name, text }) => `${name} ${text === "–" ? "no data" : text}`)
    .join(", ")}. Highest: ${write(most)}.`
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="legend">
          {series.map((one, index) => (
            <span key={one.name} class="legend-item" title={one.name}>
              {series.length > 1 && (
                <svg class="legend-mark" viewBox="0 0 18 6" aria-hidden="true">
                  <g data-mark={one.mark} class={one.minor === true ? "series minor" : "series"}>
                    <path class="series-line" d="M0 3H18" />
                  </g>
                </svg>
              )}
              {series.length > 1 && <span class="legend-name">{one.name}</span>}
              <b>{now[index]!.text}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div class="plot">
        <span class="axis" aria-hidden="true">
          <span>{write(top)}</span>
          <span>0</span>
        </span>
        <svg
          viewBox={`0 0 ${String(width)} ${String(height)}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={summary}
        >
          <path
            class="grid"
            d={`M0 2H${String(width)}M0 ${String(height / 2)}H${String(width)}M0 ${String(height - 1)}H${String(width)}`}
          />
          {series.map((one) => (
            <Line key={one.name} series={one} x={x} y={y} filled={series.length === 1} />
          ))}
        </svg>
      </div>
      <div class="axis-x" aria-hidden="true">
        <span>2 min ago</span>
        <span>now</span>
      </div>
    </figure>
  )
}
