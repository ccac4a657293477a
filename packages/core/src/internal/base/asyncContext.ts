interface Resource {
  readonly runInAsyncScope: <This, Args extends ReadonlyArray<any>, A>(
    f: (this: This, ...args: Args) => A,
    self: This,
    ...args: Args
  ) => A
  readonly emitDestroy: () => unknown
}
type Builtin = (name: string) => { readonly AsyncResource?: new (type: string) => Resource } | undefined

/** It is not imported, because not every platform has it. Effect finds it in the same way for its fibers. */
const find = () => {
  const { process: node } = globalThis as { readonly process?: { readonly getBuiltinModule?: Builtin } }
  return node?.getBuiltinModule?.("node:async_hooks")?.AsyncResource
}
const AsyncResource = find()

/** A function that runs in the asynchronous context of when it was bound, whoever calls it. */
export interface Bound<in A, out B> {
  readonly call: (argument: A) => B
  /** It is not called any more. */
  readonly release: () => void
}

const nothing = (): void => {}

/** Binds a function to the current asynchronous context (`AsyncLocalStorage`), where the platform has one. */
export const bind = <A, B>(f: (argument: A) => B): Bound<A, B> => {
  if (AsyncResource === undefined) return { call: f, release: nothing }
  const resource = new AsyncResource("@trackmap/core/Call")
  return {
    call: (argument) => resource.runInAsyncScope(f, undefined, argument),
    release: () => void resource.emitDestroy()
  }
}
