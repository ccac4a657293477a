/** A bar for each group, the largest first. */
import type { Shape } from "../../explore/shape.ts"
import { count, measured } from "../../format.ts"

type BarsShape = Extract<Shape, { readonly _tag: "Bars" }>

/** The bars. The table below has the same values, so screen readers skip them. */
export const Bars = ({ shape, title }: { readonly shape: BarsShape; readonly title: string }) => {
  const { bars, left } = shape
  const most = bars.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0) || 1
  return (
    <figure class="chart explore-chart">
      <figcaption>
        <span class="chart-title wrap">{title}</span>
      </figcaption>
      <ol class="bars" aria-hidden="true">
        {bars.map(({ name, value }, index) => (
          <li key={index} title={name}>
            <bdi class="bar-name">{name === "" ? "(empty)" : name}</bdi>
            <span class="bar-space">
              <span
                class={value < 0 ? "bar bar-negative" : "bar"}
                style={{ width: `${((Math.abs(value) / most) * 100).toFixed(2)}%` }}
              />
            </span>
            <span class="number">{measured(value)}</span>
          </li>
        ))}
      </ol>
      {left > 0 && (
        <p class="quiet">
          The {bars.length} largest groups are drawn. The table has {count(left)} more.
        </p>
      )}
    </figure>
  )
}
