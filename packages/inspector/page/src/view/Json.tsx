/** Readable JSON. */
import { copy } from "../announce.ts"

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
/** Longer JSON has no colours. */
const most = 40_000

const coloured = (text: string) => {
  if (text.length > most) return text
  const parts = []
  let last = 0
  for (const match of text.matchAll(token)) {
    const [whole, string, colon] = match
    if (match.index > last) parts.push(text.slice(last, match.index))
    const kind = string === undefined ? "number" : colon === undefined ? "string" : "name"
    parts.push(
      <span key={match.index} class={`json-${kind}`}>
        {string ?? whole}
      </span>
    )
    if (colon !== undefined) parts.push(colon)
    last = match.index + whole.length
  }
  parts.push(text.slice(last))
  return parts
}

/** A value as indented JSON, with a button that copies it. */
export const Json = ({ label, value }: { readonly label: string; readonly value: unknown }) => {
  const text = JSON.stringify(value, undefined, 2)
  return (
    <div class="json">
      <button type="button" class="small json-copy" onClick={() => void copy(text, label)}>
        Copy<span class="sr"> {label}</span>
      </button>
      <pre role="group" aria-label={label} tabindex={0}>
        {coloured(text)}
      </pre>
    </div>
  )
}
