import { type Attributes, type HrTime, ValueType } from "@opentelemetry/api"
import { emptyResource } from "@opentelemetry/resources"
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer
} from "@opentelemetry/sdk-metrics"
import * as Options from "@trackmap/core/Options"
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import { timeOf } from "./attributes.ts"
import { scope } from "./scope.ts"

type Snapshot = ReturnType<typeof Metric.snapshotUnsafe>[number]
type Counter = Extract<Snapshot, { readonly type: "Counter" }>
type Counted = Pick<Metric.HistogramState, "count" | "sum"> & { readonly buckets: ReadonlyArray<number> }

/** A service may have its own Effect metrics, which it exports elsewhere. */
const isOurs = ({ id }: Snapshot): boolean => id.startsWith("trackmap.")

/** The attributes of a metric, without its unit. */
const attributesOf = ({ attributes: { unit: _, ...attributes } = {} }: Snapshot): Attributes => attributes

const now = (): HrTime => timeOf(BigInt(Date.now()) * 1_000_000n)

/** The number of values in each bucket. Effect counts those below each boundary. */
const countsOf = ({ buckets, count }: Metric.HistogramState): ReadonlyArray<number> => {
  const below = [...buckets.map(([, count]) => count), count]
  return below.map((count, index) => count - (below[index - 1] ?? 0))
}

/** The counts since the last export. After somebody clears a registry, counting starts from zero. */
class Deltas {
  #last = new Map<string, Counted>()
  #next = new Map<string, Counted>()

  since(key: string, counted: Counted): Counted {
    const last = this.#last.get(key)
    this.#next.set(key, counted)
    if (last === undefined || last.count > counted.count) return counted
    return {
      count: counted.count - last.count,
      sum: counted.sum - last.sum,
      buckets: counted.buckets.map((count, index) => count - last.buckets[index]!)
    }
  }

  /** Forgets the series that are no longer there. */
  exported(): void {
    this.#last = this.#next
    this.#next = new Map()
  }
}

/** The counts of each series since the start, or since the last export. */
class Producer implements MetricProducer {
  readonly #deltas: Deltas | undefined
  #since = now()

  constructor(deltas: Deltas | undefined) {
    this.#deltas = deltas
  }

  get #temporality(): AggregationTemporality {
    return this.#deltas === undefined ? AggregationTemporality.CUMULATIVE : AggregationTemporality.DELTA
  }

  #counted(snapshot: Snapshot, counted: Counted): Counted {
    const { id } = snapshot
    return this.#deltas?.since(JSON.stringify([id, Object.entries(attributesOf(snapshot)).sort()]), counted) ?? counted
  }

  #sum(snapshot: Counter): number {
    return this.#counted(snapshot, { count: Number(snapshot.state.count), sum: 0, buckets: [] }).count
  }

  #histogram(snapshot: Snapshot, state: Metric.HistogramState): Histogram {
    const { buckets, count, sum } = this.#counted(snapshot, {
      ...state,
      count: state.count,
      sum: state.sum,
      buckets: countsOf(state)
    })
    return {
      buckets: { boundaries: state.buckets.map(([boundary]) => boundary), counts: [...buckets] },
      count,
      sum,
      // The least and the greatest are those since the start.
      ...(this.#deltas === undefined && { min: state.min, max: state.max })
    }
  }

  #metric(snapshots: ReadonlyArray<Snapshot>, endTime: HrTime): MetricData | undefined {
    const [{ attributes, description = "", id, type }] = snapshots as [Snapshot]
    const descriptor = { name: id, description, unit: attributes?.["unit"] ?? "", valueType: ValueType.INT }
    const points = <A>(valueOf: (snapshot: any) => A): Array<DataPoint<A>> =>
      snapshots.map((snapshot) => ({
        startTime: this.#since,
        endTime,
        attributes: attributesOf(snapshot),
        value: valueOf(snapshot)
      }))
    const aggregationTemporality = this.#temporality
    switch (type) {
      case "Counter":
        return {
          dataPointType: DataPointType.SUM,
          descriptor,
          aggregationTemporality,
          isMonotonic: true,
          dataPoints: points((one: Counter) => this.#sum(one))
        }
      case "Gauge":
        return {
          dataPointType: DataPointType.GAUGE,
          descriptor: { ...descriptor, valueType: ValueType.DOUBLE },
          aggregationTemporality: AggregationTemporality.CUMULATIVE,
          dataPoints: points(({ state }) => Number(state.value))
        }
      case "Histogram":
        return {
          dataPointType: DataPointType.HISTOGRAM,
          descriptor: { ...descriptor, valueType: ValueType.DOUBLE },
          aggregationTemporality,
          dataPoints: points((one) => this.#histogram(one, one.state))
        }
      default:
        return undefined
    }
  }

  collect: MetricProducer["collect"] = async () => {
    const endTime = now()
    const byName = Map.groupBy(Metric.snapshotUnsafe(Context.empty()).filter(isOurs), ({ id }) => id)
    const metrics = [...byName.values()].flatMap((snapshots) => this.#metric(snapshots, endTime) ?? [])
    if (this.#deltas !== undefined) {
      this.#deltas.exported()
      this.#since = endTime
    }
    return {
      errors: [],
      resourceMetrics: {
        // A reader uses its meter provider's resource, and ignores that of its producers.
        resource: emptyResource(),
        scopeMetrics: metrics.length === 0 ? [] : [{ scope, metrics }]
      }
    }
  }
}

interface ProducerOptions {
  readonly temporality?: "cumulative" | "delta" | undefined
}

export const producer = (options: ProducerOptions = {}): MetricProducer => {
  const { temporality } = Options.check("OpenTelemetry.metricProducer", options, { temporality: true })
  return new Producer(temporality === "delta" ? new Deltas() : undefined)
}
