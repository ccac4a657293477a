/** The wire format of server-sent events, as the HTML standard has it. */

/** One event of a stream. */
export interface ServerSentEvent {
  readonly event: string
  readonly data: string
  /** The last id that the stream has said: it holds until it says another. */
  readonly id: string
}

/** A parser of one stream: takes the text as it comes, in pieces of any size, and gives the events that are complete. */
export const parser = (): ((piece: string) => Array<ServerSentEvent>) => {
  let rest = ""
  let event = ""
  let data: Array<string> = []
  let id = ""
  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    const events: Array<ServerSentEvent> = []
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) events.push({ event: event || "message", data: data.join("\n"), id })
        event = ""
        data = []
        continue
      }
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line)!
      if (field === "event") event = value!
      else if (field === "data") data.push(value!)
      else if (field === "id") id = value!
    }
    return events
  }
}
