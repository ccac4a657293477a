/** Asks for the token that the service wants. */
import { useRef } from "preact/hooks"
import { setToken } from "../token.ts"

/** The form. `refused`: the last token was not right. */
export const TokenForm = (props: { readonly refused: boolean; readonly onToken: () => void }) => {
  const input = useRef<HTMLInputElement>(null)
  return (
    <form
      class="token"
      aria-labelledby="token-heading"
      onSubmit={(event) => {
        event.preventDefault()
        const value = input.current!.value.trim()
        if (value === "") return
        setToken(value)
        props.onToken()
      }}
    >
      <h2 id="token-heading">The service asks for a token</h2>
      <p>It is the one that the service was started with. It is kept until this tab is closed.</p>
      <label for="token">Token</label>
      <input
        ref={input}
        id="token"
        type="password"
        autocomplete="off"
        required
        aria-invalid={props.refused}
        aria-describedby={props.refused ? "token-refused" : undefined}
      />
      {props.refused && (
        <p id="token-refused" role="alert" class="token-refused">
          This token was refused.
        </p>
      )}
      <button type="submit">Connect</button>
    </form>
  )
}
