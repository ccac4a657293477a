/** The keyboard shortcuts. */
import type { Ref } from "preact"
import { keys } from "../keyboard.ts"
import { shortcuts } from "../preferences.ts"

/** A dialog that lists the keyboard shortcuts. */
export const Help = ({ dialog }: { readonly dialog: Ref<HTMLDialogElement> }) => (
  <dialog ref={dialog} class="help" aria-labelledby="help-heading">
    <h2 id="help-heading">Keyboard shortcuts</h2>
    <dl>
      {keys.map(([key, does]) => (
        <div key={key}>
          <dt>
            {key.split(" ").map((part) =>
              part === "or" ? (
                " or "
              ) : (
                <kbd key={part} class={part.length > 1 ? "kbd-word" : undefined}>
                  {part}
                </kbd>
              )
            )}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
    <label class="check">
      <input
        type="checkbox"
        checked={shortcuts.value}
        onChange={(event) => (shortcuts.value = event.currentTarget.checked)}
      />
      Enable single-character shortcuts
    </label>
    <form method="dialog">
      <button type="submit">Close</button>
    </form>
  </dialog>
)
