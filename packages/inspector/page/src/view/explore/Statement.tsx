/** The box for a statement, and the tables that it can read. */
import type { ShownTable } from "../../../../src/internal/protocol.ts"
import { explore } from "../../explored.ts"
import { counted } from "../../format.ts"

const Tables = ({ tables }: { readonly tables: ReadonlyArray<ShownTable> }) => (
  <details class="schema">
    <summary>{counted(tables.length, "table")}</summary>
    <ul>
      {tables.map(({ columns, hidden, name }) => (
        <li key={name}>
          <details>
            <summary>
              <code class="key">{name}</code> <span class="quiet">{counted(columns.length, "column")}</span>
            </summary>
            <p class="schema-columns">
              {columns.map((column) => (
                <span key={column.name}>
                  <code class="key">{column.name}</code> <span class="quiet">{column.kind}</span>
                </span>
              ))}
            </p>
            {hidden > 0 && (
              <p class="quiet">
                {counted(hidden, "more column")}: not shown, because {hidden === 1 ? "it has" : "they have"} or can have
                personal data.
              </p>
            )}
          </details>
        </li>
      ))}
    </ul>
  </details>
)

const box = "statement"

/** Focuses the box when it is there. */
export const focusStatement = (): void => void requestAnimationFrame(() => document.getElementById(box)?.focus())

/** The statement. */
export const Statement = ({ tables }: { readonly tables: ReadonlyArray<ShownTable> }) => {
  const text = explore.sql.value ?? ""
  return (
    <form
      class="statement"
      onSubmit={(event) => {
        event.preventDefault()
        void explore.select()
      }}
    >
      <label class="pick-label" for={box}>
        One SELECT. It can only read, and quotes names: <code>SELECT count(*) FROM "events"</code>
      </label>
      <textarea
        id={box}
        rows={6}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        value={text}
        maxLength={20_000}
        aria-keyshortcuts="Control+Enter"
        onInput={(event) => (explore.sql.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          void explore.select()
        }}
      />
      <div class="statement-run">
        <button type="submit" disabled={text.trim() === ""} title="Run (Ctrl+Enter)">
          Run
        </button>
        <Tables tables={tables} />
      </div>
    </form>
  )
}
