import type { Name } from "./contestants.ts"
import { count } from "./ids.ts"
import type { Outcome } from "./trial.ts"
import type { Trouble } from "./troubles.ts"

const closing = ({ close }: Outcome): string => (close === null ? "hangs" : (close / 1000).toFixed(1))

/** The facts that the figures do not show. */
const remarks = (outcome: Outcome): string =>
  [
    outcome.accepted + outcome.reported + outcome.silent === outcome.tracked ? "" : "DOES NOT ADD UP",
    outcome.ended === null ? "" : `ended by ${outcome.ended}`,
    outcome.unnamed === 0 ? "" : `errors that name no event: ${outcome.unnamed}`,
    outcome.mistaken === 0 ? "" : `accepted, but reported as lost: ${outcome.mistaken}`,
    outcome.unknown === 0 ? "" : `never tracked: ${outcome.unknown}`
  ]
    .filter((remark) => remark !== "")
    .join("; ")

const aligned = (lines: ReadonlyArray<ReadonlyArray<string>>, isNumeric: (column: number) => boolean): string => {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const rendered = lines.map((line) =>
    line
      .map((cell, i) => (isNumeric(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd()
  )
  return [rendered[0]!, widths.map((width) => "-".repeat(width)).join("  "), ...rendered.slice(1)].join("\n")
}

/** A line for each client under each fault. */
export const table = (troubles: ReadonlyArray<Trouble>, outcomes: ReadonlyArray<Outcome>): string => {
  const titles = ["fault", "client", "accepted", "reported", "silent", "sum", "twice", "close, s", "remarks"]
  const lines = troubles.flatMap(({ name, title }) =>
    outcomes
      .filter(({ fault }) => fault === name)
      .map((outcome, i) => [
        i === 0 ? title : "",
        outcome.client,
        String(outcome.accepted),
        String(outcome.reported),
        String(outcome.silent),
        String(outcome.accepted + outcome.reported + outcome.silent),
        String(outcome.twice),
        closing(outcome),
        remarks(outcome)
      ])
  )
  return aligned([titles, ...lines], (column) => column >= 2 && column <= 7)
}

/** A line for each fault: how many events each client lost, and in brackets how many of these silently. */
export const matrix = (
  troubles: ReadonlyArray<Trouble>,
  clients: ReadonlyArray<Name>,
  outcomes: ReadonlyArray<Outcome>
): string => {
  const titles = [`lost of ${count} (of these, silently)`, ...clients]
  const lines = troubles.map(({ lost = 0, name, title }) => [
    lost === 0 ? title : `${title} (${lost} cannot arrive)`,
    ...clients.map((client) => {
      const outcome = outcomes.find((one) => one.fault === name && one.client === client)
      if (outcome === undefined) return "–"
      const words = outcome.silent === 0 ? "" : ` (${outcome.silent})`
      return `${outcome.reported + outcome.silent}${words}${outcome.close === null ? ", hangs" : ""}`
    })
  ])
  return aligned([titles, ...lines], () => false)
}
