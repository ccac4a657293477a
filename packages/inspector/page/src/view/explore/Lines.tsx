/** Lines over time, with a cursor that the pointer and the arrow keys move. */
import { area, line } from "d3-shape"
import { useSignal } from "@preact/signals"
import { useMemo } from "preact/hooks"
import type { Shape } from "../../explore/shape.ts"
import { type Every, short, written } from "../../explore/zone.ts"
import { count, counted, measured } from "../../format.ts"
import { ends, linear } from "../../scale.ts"

type LinesShape = Extract<Shape, { readonly _tag: "Lines" }>

const width = 1_000
const height = 240

/** Some times, evenly. */
const ticksOf = (times: ReadonlyArray<number>): ReadonlyArray<number> => {
  const step = Math.ceil(times.length / 6)
  return times.filter((_, index) => index % step === Math.min(times.length - 1, step) >> 1)
}

/** A value with nothing on its sides is no line: it is drawn as a point. */
const alone = (values: ReadonlyArray<number | undefined>): ReadonlyArray<number> =>
  values.flatMap((value, index) =>
    value !== undefined && values[index - 1] === undefined && values[index + 1] === undefined ? [index] : []
  )

/** The paths of the lines, which a cursor does not change. */
const pathsOf = ({ lines, times }: LinesShape) => {
  type Value = number | undefined
  const first = times[0]!
  const last = times.at(-1)!
  const [bottom, top] = ends(lines.flatMap(({ values }) => values))
  const scale = linear([first, last], [0, width])
  // A single time is in the middle.
  const x = (at: number) => (first === last ? width / 2 : scale(at))
  const y = linear([bottom, top], [height - 2, 2])
  const path = line<Value>()
    .defined((value) => value !== undefined)
    .x((_, index) => x(times[index]!))
    .y((value) => y(value!))
    .digits(1)
  const below = area<Value>()
    .defined((value) => value !== undefined)
    .x((_, index) => x(times[index]!))
    .y0(y(0))
    .y1((value) => y(value!))
    .digits(1)
  const drawn = lines.map(({ name, values }, mark) => (
    <g key={name} data-mark={mark} class="series">
      {lines.length === 1 && <path class="series-area" d={below(values) ?? ""} />}
      <path class="series-line" d={path(values) ?? ""} />
      {alone(values).map((index) => (
        <path
          key={index}
          class="series-point"
          d={`M${x(times[index]!).toFixed(1)} ${y(values[index]!).toFixed(1)}h0`}
        />
      ))}
    </g>
  ))
  return { bottom, top, x, y, drawn }
}

/** The index of the time that is nearest to another. */
const nearest = (times: ReadonlyArray<number>, at: number): number => {
  let found = 0
  for (const [index, one] of times.entries()) {
    if (Math.abs(one - at) < Math.abs(times[found]! - at)) found = index
  }
  return found
}

/** The lines of a question, or of a statement whose first column is a time. */
export const Lines = (props: {
  readonly shape: LinesShape
  readonly title: string
  readonly every: Every
  readonly zone: string
  /** Whether the values of a line have a total. */
  readonly isSum: boolean
}) => {
  const { every, isSum, shape, title, zone } = props
  const { left, lines, times } = shape
  const at = useSignal<number | undefined>(undefined)
  const first = times[0]!
  const last = times.at(-1)!
  const { bottom, drawn, top, x, y } = useMemo(() => pathsOf(shape), [shape])
  const now = at.value === undefined ? undefined : Math.min(at.value, times.length - 1)
  const textAt = (index: number): string =>
    `${written(times[index]!, every, zone)}: ${lines
      .map(({ name, values }) => {
        const value = values[index]
        return `${name === "" ? "" : `${name} `}${value === undefined ? "nothing" : measured(value)}`
      })
      .join(", ")}`
  const move = (to: number) => (at.value = Math.max(0, Math.min(times.length - 1, to)))
  return (
    <figure class="chart explore-chart">
      <figcaption>
        <span class="chart-title wrap">{title}</span>
        <span class="quiet">{now === undefined ? "" : written(times[now]!, every, zone)}</span>
      </figcaption>
      <div class="plot">
        <span class="axis" aria-hidden="true">
          <span>{measured(top)}</span>
          <span>{measured(bottom)}</span>
        </span>
        <div
          class="plot-area"
          role="slider"
          tabindex={0}
          aria-label={`${title}, over ${counted(times.length, every)}`}
          aria-valuemin={1}
          aria-valuemax={times.length}
          aria-valuenow={(now ?? times.length - 1) + 1}
          aria-valuetext={textAt(now ?? times.length - 1)}
          onPointerMove={(event) => {
            const { left, width } = event.currentTarget.getBoundingClientRect()
            const time = first + ((event.clientX - left) / width) * (last - first)
            move(nearest(times, time))
          }}
          onPointerLeave={() => (at.value = undefined)}
          onBlur={() => (at.value = undefined)}
          onKeyDown={(event) => {
            const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key]
            if (by !== undefined) move((now ?? (by > 0 ? -1 : times.length)) + by)
            else if (event.key === "Home") move(0)
            else if (event.key === "End") move(times.length - 1)
            else return
            event.preventDefault()
          }}
        >
          <svg viewBox={`0 0 ${String(width)} ${String(height)}`} preserveAspectRatio="none" aria-hidden="true">
            <path
              class="grid"
              d={[2, height / 2, height - 2].map((at) => `M0 ${String(at)}H${String(width)}`).join("")}
            />
            {bottom < 0 && <path class="grid grid-zero" d={`M0 ${y(0).toFixed(1)}H${String(width)}`} />}
            {drawn}
            {now !== undefined && <path class="plot-cursor" d={`M${x(times[now]!).toFixed(1)} 0V${String(height)}`} />}
          </svg>
        </div>
      </div>
      <div class="ticks" aria-hidden="true">
        {ticksOf(times).map((time) => {
          const left = `${(x(time) / (width / 100)).toFixed(2)}%`
          return (
            <span key={time} style={{ left, translate: `-${left}` }}>
              {short(time, every, zone)}
            </span>
          )
        })}
      </div>
      <ul class="legend explore-legend" aria-label={now !== undefined ? "Values" : isSum ? "Totals" : "Groups"}>
        {lines.map(({ name, total, values }, mark) => {
          const value = now !== undefined ? values[now] : isSum ? total : undefined
          return (
            <li key={name} class="legend-item" title={name}>
              <svg class="legend-mark" viewBox="0 0 18 6" aria-hidden="true">
                <g data-mark={mark} class="series">
                  <path class="series-line" d="M0 3H18" />
                </g>
              </svg>
              <bdi class="legend-name">{name === "" ? title : name}</bdi>
              {(isSum || now !== undefined) && <b>{value === undefined ? "–" : measured(value)}</b>}
            </li>
          )
        })}
      </ul>
      {left > 0 && (
        <p class="quiet">
          The {lines.length} largest groups are drawn. The table has {count(left)} more.
        </p>
      )}
    </figure>
  )
}
