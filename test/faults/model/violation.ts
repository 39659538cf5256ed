/** What the model is there to find. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function violated(message: string): never {
  throw new Violation(message);
}
