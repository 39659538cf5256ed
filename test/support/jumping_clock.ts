/** The clock of all JavaScript of this process is another one until the function is called that it returns. */
export function jump(milliseconds: number): () => void {
  const Real = globalThis.Date;
  globalThis.Date = new Proxy(Real, {
    construct: (target, given: unknown[]) =>
      Reflect.construct(target, given.length === 0 ? [target.now() + milliseconds] : given) as Date,
    get: (target, key): unknown =>
      key === 'now' ? () => target.now() + milliseconds : Reflect.get(target, key),
  });
  return () => {
    globalThis.Date = Real;
  };
}
